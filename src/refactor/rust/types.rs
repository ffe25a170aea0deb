//! The types of receivers, as far as what is written tells them.

use super::index::{Def, Index, MemberId};
use super::names::{ClassKind, DefinedKind, Origin, PathRef, Ty, std_method};
use super::resolve::End;
use crate::refactor::{BoundKind, Namespace, ScopeId};

/// What is known of a value's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// A type or trait of the repository.
    Def(Def, Vec<Known>),
    /// A type from elsewhere.
    Std(String, Vec<Known>),
    List(Box<Known>),
    Tuple(Vec<Known>),
    Primitive,
    Unknown,
}

/// Pointers that a member is looked up through.
const POINTERS: [&str; 9] = [
    "Box",
    "Rc",
    "Arc",
    "Ref",
    "RefMut",
    "MutexGuard",
    "RwLockReadGuard",
    "RwLockWriteGuard",
    "Cow",
];
/// Types of std with the element as their first argument.
const LISTS: [&str; 9] = [
    "Vec",
    "VecDeque",
    "HashSet",
    "BTreeSet",
    "BinaryHeap",
    "Option",
    "LinkedList",
    "Iter",
    "IntoIter",
];

impl Index<'_> {
    /// The type of a value.
    pub(super) fn type_of(&self, file: usize, origin: &Origin, depth: usize) -> Known {
        if depth > 16 {
            return Known::Unknown;
        }
        match origin {
            Origin::Unknown => Known::Unknown,
            Origin::Typed(ty) => self.known(file, ty, depth + 1),
            Origin::Variable(bound) => {
                let names = self.names(file);
                match names.bindings.get(*bound).kind {
                    BoundKind::Class => Known::Def(Def { file, bound: *bound }, Vec::new()),
                    BoundKind::Parameter | BoundKind::Variable | BoundKind::Constant => {
                        self.type_of(file, &names.origins[bound.0 as usize], depth + 1)
                    }
                    _ => Known::Unknown,
                }
            }
            Origin::SelfValue(scope) => self.type_of_self(file, *scope, depth + 1),
            Origin::Call(path) => self.called(file, path, depth + 1),
            Origin::Value(path) => self.valued(file, path, depth + 1),
            Origin::Field(of, name) => match self.type_of(file, of, depth + 1) {
                Known::Def(def, _) => {
                    let members = self.members_of(def, self.text(file, *name));
                    let mut fields = members.iter().copied();
                    let found = fields.find(|m| self.is_kind(*m, DefinedKind::Field));
                    found.map_or(Known::Unknown, |m| {
                        self.known(m.file, &self.defined(m).ty, depth + 1)
                    })
                }
                _ => Known::Unknown,
            },
            Origin::Index(of, at) => match self.type_of(file, of, depth + 1) {
                Known::Tuple(mut parts) if (*at as usize) < parts.len() => {
                    parts.swap_remove(*at as usize)
                }
                _ => Known::Unknown,
            },
            Origin::Method(of, name) => {
                let receiver = self.type_of(file, of, depth + 1);
                self.method(receiver, self.text(file, *name), depth)
            }
            Origin::Inner(of) => inner(self.type_of(file, of, depth + 1)),
            Origin::Element(of) => element(self.type_of(file, of, depth + 1)),
        }
    }

    fn method(&self, receiver: Known, name: &str, depth: usize) -> Known {
        match receiver {
            Known::Def(def, args) => {
                let found = self.members_of(def, name);
                let mut methods = found.iter().copied();
                let method = methods.find(|m| self.is_kind(*m, DefinedKind::Method));
                match method {
                    Some(m) => self.given(m, depth + 1),
                    None if matches!(name, "clone" | "as_ref" | "as_mut" | "to_owned") => {
                        Known::Def(def, args)
                    }
                    None => Known::Unknown,
                }
            }
            Known::Unknown => Known::Unknown,
            other => match std_method(name) {
                Some(true) => inner(other),
                Some(false) => other,
                None if matches!(name, "pop" | "first" | "last" | "get" | "get_mut" | "next") => {
                    match element(other) {
                        Known::Unknown => Known::Unknown,
                        found => Known::Std("Option".to_owned(), vec![found]),
                    }
                }
                None if matches!(name, "len" | "is_empty" | "to_string" | "contains") => {
                    Known::Primitive
                }
                None => Known::Unknown,
            },
        }
    }

    /// What a method gives.
    fn given(&self, method: MemberId, depth: usize) -> Known {
        let defined = self.defined(method);
        // `Self` in a trait's method is the receiver's type, which only the caller knows.
        self.known(method.file, &defined.ty, depth + 1)
    }

    fn type_of_self(&self, file: usize, scope: ScopeId, depth: usize) -> Known {
        let names = self.names(file);
        let Some(class) = names.class_of(scope) else { return Known::Unknown };
        match &names.classes[class].kind {
            ClassKind::Impl { ty, .. } => self.known(file, ty, depth + 1),
            _ => self
                .self_def(file, scope, depth)
                .map_or(Known::Unknown, |d| Known::Def(d, Vec::new())),
        }
    }

    fn called(&self, file: usize, path: &PathRef, depth: usize) -> Known {
        for found in self.path(file, path, Namespace::Value) {
            match found.end {
                End::Def(def) => {
                    let names = self.names(def.file);
                    match names.bindings.get(def.bound).kind {
                        BoundKind::Function => {
                            return self.type_of(
                                def.file,
                                &names.origins[def.bound.0 as usize],
                                depth + 1,
                            );
                        }
                        BoundKind::Class => return Known::Def(def, Vec::new()),
                        _ => return Known::Unknown,
                    }
                }
                End::Member(m) => return self.of_member(m, depth),
                _ => {}
            }
        }
        self.external_call(file, path)
    }

    /// `Vec::new()`
    fn external_call(&self, file: usize, path: &PathRef) -> Known {
        let [.., ty, name] = path.segments.as_slice() else { return Known::Unknown };
        let (ty, name) = (self.text(file, *ty), self.text(file, *name));
        let std = matches!(
            ty,
            "Vec"
                | "String"
                | "HashMap"
                | "BTreeMap"
                | "HashSet"
                | "BTreeSet"
                | "PathBuf"
                | "VecDeque"
        );
        if std && matches!(name, "new" | "with_capacity" | "from" | "default") {
            return Known::Std(ty.to_owned(), Vec::new());
        }
        Known::Unknown
    }

    fn valued(&self, file: usize, path: &PathRef, depth: usize) -> Known {
        for found in self.path(file, path, Namespace::Value) {
            match found.end {
                End::Def(def) => {
                    let names = self.names(def.file);
                    return match names.bindings.get(def.bound).kind {
                        BoundKind::Class => Known::Def(def, Vec::new()),
                        BoundKind::Constant => {
                            self.type_of(def.file, &names.origins[def.bound.0 as usize], depth + 1)
                        }
                        _ => Known::Unknown,
                    };
                }
                End::Member(m) => return self.of_member(m, depth),
                _ => {}
            }
        }
        Known::Unknown
    }

    fn of_member(&self, member: MemberId, depth: usize) -> Known {
        match self.defined(member).kind {
            DefinedKind::Variant => {
                self.owner(member).ty.map_or(Known::Unknown, |d| Known::Def(d, Vec::new()))
            }
            DefinedKind::Method | DefinedKind::Constant => self.given(member, depth),
            _ => Known::Unknown,
        }
    }

    /// A written type.
    pub(super) fn known(&self, file: usize, ty: &Ty, depth: usize) -> Known {
        if depth > 16 {
            return Known::Unknown;
        }
        match ty {
            Ty::Ref(inner) => self.known(file, inner, depth + 1),
            Ty::List(inner) => Known::List(Box::new(self.known(file, inner, depth + 1))),
            Ty::Tuple(parts) => {
                Known::Tuple(parts.iter().map(|p| self.known(file, p, depth + 1)).collect())
            }
            Ty::Primitive => Known::Primitive,
            Ty::Dyn(path) => self
                .def_of_path(file, path, depth)
                .map_or(Known::Unknown, |d| Known::Def(d, Vec::new())),
            Ty::Other => Known::Unknown,
            Ty::Path { path, args } => self.known_path(file, path, args, depth),
        }
    }

    fn known_path(&self, file: usize, path: &PathRef, args: &[Ty], depth: usize) -> Known {
        let args = |index: &Self| -> Vec<Known> {
            args.iter().map(|a| index.known(file, a, depth + 1)).collect()
        };
        let last = path.segments.last().map_or("", |s| self.text(file, *s));
        if last == "Self" && path.segments.len() == 1 {
            return match self
                .names(file)
                .class_of(path.scope)
                .map(|c| &self.names(file).classes[c].kind)
            {
                Some(ClassKind::Trait(_)) | None => Known::Unknown,
                Some(_) => self.type_of_self(file, path.scope, depth + 1),
            };
        }
        let found = self.path(file, path, Namespace::Type).into_iter().next();
        match found.map(|f| f.end) {
            Some(End::Def(def)) => {
                let names = self.names(def.file);
                let origin = &names.origins[def.bound.0 as usize];
                match names.bindings.get(def.bound).kind {
                    BoundKind::Type => self.type_of(def.file, origin, depth + 1),
                    _ => Known::Def(def, args(self)),
                }
            }
            Some(End::Member(m)) if self.is_kind(m, DefinedKind::Variant) => {
                self.of_member(m, depth)
            }
            Some(End::Local(def)) => {
                let origin = &self.names(def.file).origins[def.bound.0 as usize];
                self.type_of(def.file, origin, depth + 1)
            }
            Some(End::External) => {
                let mut args = args(self);
                match args.pop() {
                    Some(inner) if POINTERS.contains(&last) => inner,
                    last_arg => {
                        args.extend(last_arg);
                        Known::Std(last.to_owned(), args)
                    }
                }
            }
            _ => Known::Unknown,
        }
    }
}

/// What `?`, `Some(..)` or `.unwrap()` takes out.
fn inner(known: Known) -> Known {
    match known {
        Known::Std(name, args)
            if matches!(
                name.as_str(),
                "Option" | "Result" | "Mutex" | "RwLock" | "RefCell" | "Poll"
            ) =>
        {
            args.into_iter().next().unwrap_or(Known::Unknown)
        }
        _ => Known::Unknown,
    }
}

fn element(known: Known) -> Known {
    match known {
        Known::List(inner) => *inner,
        Known::Std(name, args) if LISTS.contains(&name.as_str()) => {
            args.into_iter().next().unwrap_or(Known::Unknown)
        }
        Known::Std(name, args) if matches!(name.as_str(), "HashMap" | "BTreeMap") => {
            Known::Tuple(args)
        }
        _ => Known::Unknown,
    }
}
