//! Formatting as f-strings.

use super::{Memory, Refactoring, made, refused};
use crate::refactor::Rewrite::FormatStrings;

#[test]
fn percent_becomes_an_f_string() {
    made(
        FormatStrings,
        &[
            ("x = «»'%s and %r' % (a, b.c)\n", "x = f'{a!s} and {b.c!r}'\n"),
            ("x = «»'%s' % len(a)\n", "x = f'{len(a)}'\n"),
            ("x = «»'{%d%%} %05d' % (len(a), len(b))\n", "x = f'{{{len(a)}%}} {len(b):05d}'\n"),
            ("x = «»'%-10s|%10s|%.3s' % (a, b, c)\n", "x = f'{a!s:<10}|{b!s:>10}|{c!s:.3}'\n"),
            (
                "def f(n: float):\n    return «»'%.2f' % n\n",
                "def f(n: float):\n    return f'{n:.2f}'\n",
            ),
            (
                "def f(n: int):\n    return «»'%d %x' % (n, n)\n",
                "def f(n: int):\n    return f'{n:d} {n:x}'\n",
            ),
            ("x = «»'%(a)s %(b)r' % {'a': y, 'b': z}\n", "x = f'{y!s} {z!r}'\n"),
            ("def f(d):\n    return «»'%(a)s' % d\n", "def f(d):\n    return f'{d[\"a\"]!s}'\n"),
            (
                "x = ('a %s '\n     'b {} '\n     'c %s' «»% (d['e'], g(1)))\n",
                "x = (f'a {d[\"e\"]!s} '\n     'b {} '\n     f'c {g(1)!s}')\n",
            ),
            ("x = ('%s'\n     «»% (a,))\n", "x = f'{a!s}'\n"),
            ("x = «»r'\\d%s' % (a,)\n", "x = fr'\\d{a!s}'\n"),
            ("x = «»'%s' % ({1: 2}[1],)\n", "x = f'{({1: 2}[1])!s}'\n"),
        ],
    );
}

#[test]
fn format_becomes_an_f_string() {
    made(
        FormatStrings,
        &[
            ("x = «»'{} {{}} {!r:>10}'.format(a, b)\n", "x = f'{a} {{}} {b!r:>10}'\n"),
            ("x = «»'{1} {0} {1}'.format(a, b)\n", "x = f'{b} {a} {b}'\n"),
            (
                "x = «»'{n.a} {n[0]} {n[k]}'.format(n=y + z)\n",
                "x = f'{(y + z).a} {(y + z)[0]} {(y + z)[\"k\"]}'\n",
            ),
            ("x = «»'{:{}}'.format(a, w)\n", "x = f'{a:{w}}'\n"),
            ("x = «»\"{}\".format(\"a\".join(b))\n", "x = f\"{'a'.join(b)}\"\n"),
            ("x = «»'{}'.format(a if b else c)\n", "x = f'{a if b else c}'\n"),
        ],
    );
}

#[test]
fn sums_become_an_f_string() {
    made(
        FormatStrings,
        &[
            ("x = «»'a{' + str(b) + \"c\" + repr(d)\n", "x = f'a{{{b!s}c{d!r}'\n"),
            ("x = 'a' + «»str(len(b)) + 'c'\n", "x = f'a{len(b)}c'\n"),
            ("x = «»'a' + ', '.join(b)\n", "x = f'a{\", \".join(b)}'\n"),
        ],
    );
}

#[test]
fn strings_that_would_differ_are_refused() {
    refused(
        FormatStrings,
        &[
            ("x = «»'%s' % a\n", "not-equivalent", "may be a tuple"),
            ("x = «»'%d' % (a,)\n", "not-equivalent", "fractions"),
            ("x = «»'%.2f' % (a,)\n", "not-equivalent", "float"),
            ("x = «»'%*d' % (w, a)\n", "not-equivalent", "no equal"),
            ("x = «»'%s %s' % (a,)\n", "not-equivalent", "do not fit"),
            ("x = «»'%s' % (a, b)\n", "not-equivalent", "more values"),
            ("x = «»'%s %s' % (*a,)\n", "not-equivalent", "not known (`*`)"),
            ("x = «»'%(a)s' % locals()\n", "not-equivalent", "run time"),
            ("x = «»'%(b)s %(a)s' % {'a': f(), 'b': 1}\n", "not-equivalent", "another order"),
            ("x = «»'%s %s' % (a, a.pop())\n", "effects", "one by one"),
            ("x = «»b'%s' % (a,)\n", "unsupported", "bytes"),
            ("x = «»'\\x25s%s' % (a,)\n", "not-equivalent", "by its code"),
            ("x = «»'%s' % ('\\n'.join(a),)\n", "not-equivalent", "cannot stand"),
            ("x = «»'%s' % (f(\"'\"),)\n", "not-equivalent", "quotes of the string"),
            ("x = «»'%s' % (lambda: 1,)\n", "not-equivalent", "cannot stand"),
            ("x = «»'{}'.format(*a)\n", "dynamic", "`*` or `**`"),
            ("x = «»'{1} {0}'.format(f(), g())\n", "effects", "another order"),
            ("x = «»'{0} {0}'.format(f())\n", "effects", "another order"),
            ("x = «»'{a}'.format(b=c)\n", "not-equivalent", "do not fit"),
            ("x = «»'a' + b\n", "not-equivalent", "`b` is not known"),
            ("x = «»'a' + str(b) + b'c'\n", "not-equivalent", "not known"),
            ("x = «»'a' + str(b) + r'c'\n", "not-equivalent", "different quotes"),
            ("logger.info(«»'%s' % (a,))\n", "dynamic", "logger"),
            ("x = _(«»'%s' % (a,))\n", "dynamic", "translated"),
            ("x = ('%s' # why\n     «»% (a,))\n", "not-here", "comment"),
            ("x = «»a % b\n", "not-here", "no string"),
            ("x = f\"{«»'%s' % (a,)}\"\n", "not-here", "within an f-string"),
        ],
    );
    let old = [
        ("a.py", "x = «»'{}'.format(a)\n"),
        ("setup.py", "setup(\n    python_requires='>=2.7',\n)\n"),
    ];
    let answer = Memory::new(&old).after(Refactoring::Rewrite(FormatStrings));
    assert!(answer.starts_with("unsupported: the project runs on Python 2.7"), "{answer}");
}

#[test]
fn the_start_of_the_file_means_all_strings() {
    made(
        FormatStrings,
        &[(
            "«»x = '%s' % (a,)\ny = '%s' % b\nz = '{}'.format('%s' % (c,))\n",
            "x = f'{a!s}'\ny = '%s' % b\nz = f'{\"%s\" % (c,)}'\n",
        )],
    );
}
