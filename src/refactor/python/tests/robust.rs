use crate::base::{Language, RepoPath, Span};
use crate::refactor::testing::Memory;
use crate::refactor::{
    Api, Occurrences, Place, Refactoring, Request, SignatureChange, bindings, plan,
};
use crate::syntax::parse;

const TEXT: &str = "import os\nfrom a import b as c\n\n\nclass A(c):\n    x: int = 1\n\n    @property\n    def p(self): return self.x\n\n    async def q(self, *args, k=1, **kw):\n        async with self.p as r, (s := r):\n            yield [t async for t in s if t]\n        try:\n            del r\n        except (E, F) as e:\n            raise G from e\n        finally:\n            global z\n            z = lambda u, v=os: u + v\n\n\ndef f(n):\n    match n:\n        case A(x=y) | [y, *_]: return y\n        case {'k': w, **rest} if w: return f(n - 1)\n    for i, j in n:\n        if i: continue\n        else: break\n    else:\n        return f'{n!r:>{i}}'\n    return f(n=1)\n";

/// Places all over a text with every refactoring: an answer each time, and steps that still parse, which
/// `plan` looks at itself.
#[test]
fn every_place_has_an_answer() {
    let memory = Memory::new(&[("m.py", TEXT)]);
    let path = RepoPath::new("m.py").unwrap();
    let parsed = parse(Language::Python, TEXT);
    assert!(parsed.is_clean());
    let mut spans: Vec<Span> = (0..TEXT.len()).step_by(11).map(Span::at).collect();
    spans.extend(bindings(&parsed).unwrap().occurrences.iter().step_by(3).map(|o| o.span));
    spans.extend(
        parsed.root().subtree().step_by(4).map(|n| Span::new(n.start_byte(), n.end_byte())),
    );
    let all = [
        Refactoring::Rename { to: "fresh".to_owned() },
        Refactoring::ExtractFunction { name: "fresh".to_owned() },
        Refactoring::ExtractVariable { name: "fresh".to_owned(), occurrences: Occurrences::All },
        Refactoring::Inline,
        Refactoring::Move { to: RepoPath::new("other.py").unwrap() },
        Refactoring::ChangeSignature(vec![SignatureChange::Remove { name: "k".to_owned() }]),
    ];
    let mut steps = 0;
    for span in spans {
        for what in &all {
            let at = Place { path: path.clone(), span };
            let request = Request { at, what: what.clone(), api: Api::Change };
            match plan(&memory, &request) {
                Ok(_) => steps += 1,
                Err(refusal) => assert!(
                    !refusal.message.contains("not fit together")
                        && !refusal.message.contains("would not parse"),
                    "{what:?} at {span:?}: {refusal}"
                ),
            }
        }
    }
    assert!(steps > 20, "{steps}");
}

#[test]
fn every_prefix_has_bindings() {
    for (end, _) in TEXT.char_indices() {
        let parsed = parse(Language::Python, &TEXT[..end]);
        let names = bindings(&parsed).unwrap();
        assert!(names.occurrences.iter().all(|o| o.span.of(&TEXT[..end]).is_some()));
    }
}
