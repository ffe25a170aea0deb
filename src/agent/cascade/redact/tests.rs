//! Keys of many kinds go in, and none comes out. No key here was ever issued: each is put together.

use proptest::prelude::*;

use super::*;

fn plain() -> Redactor {
    Redactor::new(Path::new("/home/dev/shop"), Some(Path::new("/home/dev")), &[])
}

/// The text as it would leave.
fn sent(text: &str) -> String {
    let mut redactor = plain();
    redactor.learn(text);
    redactor.apply(text, &|line| format!("line {line}")).text
}

/// A random text of this length.
fn odd(length: usize) -> String {
    "q7Zk2Vn8sPx4Lw9eRt6BaY3mHd5Jc0Fg1KuTiXoNbQvSzAeDrGyWhUjMp"
        .chars()
        .cycle()
        .take(length)
        .collect()
}

#[test]
fn every_rule_compiles() {
    assert_eq!(RULES.len(), rules().len());
    assert!(HOMES.is_some());
}

#[test]
fn secrets_are_taken_out_wherever_they_stand() {
    let hex: String = "3f9a1c7be04d58262b7f".chars().cycle().take(64).collect();
    let jwt = format!("eyJ{}.eyJ{}.{}", odd(20), odd(20), odd(30));
    for (line, secret) in [
        (format!("token = 'ghp_{}'", odd(36)), format!("ghp_{}", odd(36))),
        (format!("password = \"{}\"", "hunter2"), "hunter2".to_owned()),
        ("{'db_password': 'correct horse'}".to_owned(), "correct horse".to_owned()),
        ("Config(api_key='abcd-efgh')".to_owned(), "abcd-efgh".to_owned()),
        ("os.environ['SECRET'] == 'xyzzy'".to_owned(), "xyzzy".to_owned()),
        ("let secret: &str = \"swordfish\";".to_owned(), "swordfish".to_owned()),
        ("connect('postgres://app:tiger@db/x')".to_owned(), "tiger".to_owned()),
        ("DB_PASSWORD=s3cr3tpw".to_owned(), "s3cr3tpw".to_owned()),
        ("ValueError: bad password: hunter22".to_owned(), "hunter22".to_owned()),
        (format!("Authorization: Bearer {}", odd(24)), odd(24)),
        (format!("cookie {}", odd(30)), odd(30)),
        (format!("digest {hex}"), hex),
        (format!("seen {jwt}"), jwt),
        ("machine a.b login me password opensesame".to_owned(), "opensesame".to_owned()),
    ] {
        let sent = sent(&line);
        assert!(!sent.contains(&secret), "{line}: {sent}");
        assert!(sent.contains("[REDACTED 1]"), "{line}: {sent}");
    }
}

#[test]
fn code_that_only_speaks_of_secrets_stays_as_it_is() {
    for line in [
        "def login(user, password):",
        "password = get_password(user)",
        "token = next_token(stream)",
        "if self.secret is None:",
        "password: str = field(repr=False)",
        "url = f'https://{user}:{password}@{host}/'",
        "assert total([1, 2]) == 3",
        "api_key = os.environ[\"API_KEY\"]",
        "raise ValueError('the password is wrong')",
        "from app.settings import DEFAULT_TIMEOUT_SECONDS_FOR_REQUESTS",
        "id = '123e4567-e89b-12d3-a456-426614174000'",
    ] {
        assert_eq!(sent(line), line);
    }
}

#[test]
fn a_key_of_a_file_is_known_again_whole_abridged_or_beside_other_text() {
    let key = odd(40);
    let mut redactor = plain();
    redactor.learn(&format!("API_KEY = '{key}'\n"));
    let output = format!(
        "AssertionError: '{}...{}' != ''\nwhole: x{key}y\n",
        &key[..12],
        &key[key.len() - 10..]
    );
    let left = redactor.apply(&output, &|line| format!("output {line}"));
    assert!(!left.text.contains(&key[..8]) && !left.text.contains(&key[30..]), "{left:?}");
    assert_eq!(left.lines, [0, 1]);
    let [found] = redactor.found() else { panic!("{:?}", redactor.found()) };
    assert_eq!(
        (found.number, &found.places[..]),
        (1, &["output 0", "output 1"].map(str::to_owned)[..])
    );
    assert!(!format!("{redactor:?}").contains(&key[..8]));
}

#[test]
fn a_private_key_goes_with_all_its_lines() {
    let body: Vec<String> = (0..4).map(|n| odd(64 - n)).collect();
    let kind = ["RSA PRIV", "ATE KEY"].concat();
    let text = format!(
        "KEY = '''-----BEGIN {kind}-----\n{}\n-----END {kind}-----'''\nx = 1\n",
        body.join("\n")
    );
    let once = sent(&text);
    assert!(body.iter().all(|line| !once.contains(line.as_str())), "{once}");
    assert!(once.ends_with("x = 1\n"), "{once}");
    // On one line, as a program prints it.
    let printed =
        sent(&format!("{:?}\nx = 2\n", text.lines().take(6).collect::<Vec<_>>().join("\n")));
    assert!(body.iter().all(|line| !printed.contains(line.as_str())), "{printed}");
    assert!(printed.ends_with("x = 2\n"));
    // Code that reads keys is no key.
    let code = format!("if '-----BEGIN {kind}-----' in text:\n    return load(text)\n");
    assert_eq!(sent(&code), code);
}

#[test]
fn paths_of_the_machine_are_shortened() {
    let text = "/home/dev/shop/a.py /home/dev/.cache/x /home/ann/b C:\\Users\\ann\\c /usr/lib/d\n";
    assert_eq!(sent(text), "./a.py ~/.cache/x ~/b ~\\c /usr/lib/d\n");
}

#[test]
fn secrets_that_are_known_beforehand_are_named_by_their_variable() {
    let secrets = [("DATABASE_URL".to_owned(), Secret::new("mysql over there 9"))];
    let mut redactor = Redactor::new(Path::new("/r"), None, &secrets);
    let left = redactor.apply("cannot reach mysql over there 9\n", &|_| "the output".to_owned());
    assert_eq!(left.text, "cannot reach [REDACTED 1]\n");
    assert_eq!(redactor.found()[0].kind, "the value of DATABASE_URL");
}

proptest! {
    #[test]
    fn what_is_planted_never_arrives(
        before in "[a-z =(]{0,12}", after in "[a-z )]{0,12}",
        key in "[A-Za-z0-9]{36}", lines in proptest::collection::vec("[ -~]{0,60}", 0..6),
    ) {
        let key = format!("ghp_{key}");
        prop_assume!(!spans::published(&key).is_empty());
        let mut redactor = plain();
        redactor.learn(&format!("t = '{key}'"));
        let text = format!("{}\n{before} {key} {after}\n{}", lines.join("\n"), lines.join("\n"));
        let left = redactor.apply(&text, &|line| line.to_string());
        prop_assert!(!left.text.contains(&key));
        prop_assert_eq!(left.text.lines().count(), text.lines().count());
    }

    #[test]
    fn any_text_is_taken(text in any::<String>(), again in any::<String>()) {
        let mut redactor = plain();
        redactor.learn(&text);
        redactor.apply(&again, &|_| String::new());
        let left = redactor.apply(&text, &|_| String::new());
        prop_assert_eq!(left.text.matches('\n').count(), text.matches('\n').count());
    }
}
