//! One line of each construct, and one that only looks like it.

use crate::agent::review::Severity;
use crate::agent::review::testing::{found, rules_of};

fn python(line: &str) -> Vec<String> {
    rules_of("src/a.py", "", &format!("{line}\n"))
}

fn javascript(line: &str) -> Vec<String> {
    rules_of("src/a.js", "", &format!("{line}\n"))
}

#[test]
fn sql() {
    assert_eq!(
        python("def f(cur, name):\n    cur.execute(f\"SELECT a FROM t WHERE n = '{name}'\")"),
        ["sql-injection"]
    );
    assert_eq!(
        python("def f(cur, name):\n    cur.execute('SELECT a FROM t WHERE n = %s' % name)"),
        ["sql-injection"]
    );
    assert_eq!(
        python("def f(cur, name):\n    cur.execute('DELETE FROM t WHERE n = ' + name)"),
        ["sql-injection"]
    );
    assert_eq!(
        python("def f(cur, name):\n    cur.execute('SELECT a FROM t WHERE n = {}'.format(name))"),
        ["sql-injection"]
    );
    assert_eq!(
        python("def f(cur, name):\n    cur.execute('SELECT a FROM t WHERE n = %s', (name,))"),
        [""; 0]
    );
    assert_eq!(python("def f(cur, table):\n    cur.execute(f'SELECT a FROM {table}')"), [""; 0]);
    assert_eq!(python("def f(cur):\n    cur.execute('SELECT a ' 'FROM t')"), [""; 0]);
    // The name of a table can be no parameter.
    assert_eq!(python("def f(cur, t):\n    cur.execute('DROP TABLE %s' % t)"), [""; 0]);
    assert_eq!(
        javascript(
            "export function f(db, n) { return db.query(`SELECT a FROM t WHERE n = ${n}`) }"
        ),
        ["sql-injection"]
    );
    assert_eq!(
        javascript(
            "export function f(db, n) { return db.query('SELECT a FROM t WHERE n = ?', [n]) }"
        ),
        [""; 0]
    );
    let go = "package a\nfunc f() { db.Query(fmt.Sprintf(\"SELECT a FROM t WHERE n = %s\", n)) }\n";
    assert_eq!(rules_of("a.go", "", go), ["sql-injection"]);
}

#[test]
fn shells() {
    assert_eq!(
        python("import subprocess\ndef f(x):\n    subprocess.run(f'ls {x}', shell=True)"),
        ["shell-injection"]
    );
    assert_eq!(python("import os\ndef f(x):\n    os.system('ls ' + x)"), ["shell-injection"]);
    assert_eq!(python("import subprocess\ndef f(x):\n    subprocess.run(['ls', x])"), [""; 0]);
    assert_eq!(
        python("import subprocess\ndef f():\n    subprocess.run('ls | wc', shell=True)"),
        [""; 0]
    );
    let child = "import { exec } from 'child_process'\n";
    assert_eq!(
        javascript(&format!("{child}export function f(x) {{ exec(`ls ${{x}}`) }}")),
        ["shell-injection"]
    );
    assert_eq!(javascript(&format!("{child}export function f() {{ exec('ls') }}")), [""; 0]);
}

#[test]
fn code_and_data() {
    assert_eq!(python("def f(x):\n    return eval(x)"), ["code-injection"]);
    assert_eq!(python("def f(x):\n    return eval('1 + 1')"), [""; 0]);
    let meant = found("src/a.py", "", "def f(x, names):\n    return eval(x, names)\n");
    assert_eq!((meant[0].rule.id, meant[0].severity), ("code-injection", Severity::Informs));
    assert_eq!(python("def f(model):\n    model.eval(1)"), [""; 0]);
    assert_eq!(python("import yaml\ndef f(x):\n    return yaml.load(x)"), ["unsafe-loading"]);
    let safe = "from ruamel.yaml import YAML\nyaml = YAML()\ndef f(x):\n    return yaml.load(x)";
    assert_eq!(python(safe), [""; 0]);
    assert_eq!(
        python("import yaml\ndef f(x):\n    return yaml.load(x, Loader=yaml.SafeLoader)"),
        [""; 0]
    );
    assert_eq!(javascript("export function f(x) { return eval(x) }"), ["code-injection"]);
}

#[test]
fn certificates_and_passwords() {
    assert_eq!(
        python("import requests\ndef f(u):\n    return requests.get(u, verify=False)"),
        ["tls-disabled"]
    );
    assert_eq!(
        javascript("export const a = new Agent({ rejectUnauthorized: false })").last().unwrap(),
        "tls-disabled"
    );
    assert_eq!(javascript("process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'"), ["tls-disabled"]);
    assert_eq!(
        rules_of("a.go", "", "package a\nvar c = tls.Config{InsecureSkipVerify: true}\n"),
        ["tls-disabled"]
    );
    assert_eq!(
        python("import hashlib\ndef f(password):\n    return hashlib.md5(password)"),
        ["weak-password-hash"]
    );
    assert_eq!(python("import hashlib\ndef f(data):\n    return hashlib.md5(data)"), [""; 0]);
}

#[test]
fn markup() {
    assert_eq!(
        javascript("export function f(e, x) { e.innerHTML = `<b>${x}</b>` }"),
        ["html-injection"]
    );
    assert_eq!(javascript("export function f(e) { e.innerHTML = '' }"), [""; 0]);
    let jsx = "export const A = ({ x }) => <div dangerouslySetInnerHTML={{ __html: x }} />\n";
    assert_eq!(rules_of("src/a.jsx", "", jsx), ["html-injection"]);
}

#[test]
fn the_rest() {
    assert_eq!(rules_of("src/a.rs", "", "fn f() { unsafe { g() } }\n"), ["unsafe-block"]);
    assert_eq!(
        rules_of(
            "src/a.rs",
            "",
            "fn f() {\n    // SAFETY: g has no conditions.\n    unsafe { g() }\n}\n"
        ),
        [""; 0]
    );
    assert_eq!(rules_of("Dockerfile", "", "RUN chmod -R 777 /srv\n"), ["world-writable"]);
    assert_eq!(python("import os\ndef f(p):\n    os.chmod(p, 0o777)"), ["world-writable"]);
    assert_eq!(python("def f():\n    return open('/tmp/state', 'w')"), ["fixed-temp-name"]);
    assert_eq!(rules_of("tests/a.py", "", "def f(x):\n    return eval(x)\n"), [""; 0]);
}
