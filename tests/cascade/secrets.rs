//! Keys planted in the source, in the output and in the environment: none of them arrives.

use crate::server::Server;
use crate::support::have;
use crate::{RIGHT, SHORT, TESTS, configured, decided, fix, notes};

/// A text that no word is like; never issued by anybody.
fn odd(length: usize) -> String {
    "q7Zk2Vn8sPx4Lw9eRt6BaY3mHd5Jc0Fg1KuTiXoNbQvSzAeDrGyWhUjMp".chars().take(length).collect()
}

#[test]
fn what_is_secret_stays() {
    if !have(&["python3"]) {
        return;
    }
    let token = format!("ghp_{}", odd(36));
    let far: String = odd(57).chars().rev().take(40).collect();
    let mut env = configured(&format!("{SHORT}[sandbox]\nallow_env = [\"SHOP_*\"]\n"));
    env.set("SHOP_PIN", "over the rainbow 7");
    // One beside the bug, one in another function of the file, one of the environment.
    let source = format!(
        "import os\n\nAPI_KEY = '{far}'\n\n\ndef median(values):\n    token = '{token}'\n    \
         ordered = sorted(values)\n    if len(values) > 2:\n        \
         raise ValueError(f'at {{API_KEY}} with {{os.environ[\"SHOP_PIN\"]}} {{token[:20]}}')\n    \
         return ordered[0]\n"
    );
    let dir = env.project(&[("median.py", &source), ("test_median.py", TESTS)]);
    let server = Server::saying("LINES 7-11\n```\n    return 5\n```");
    let run = fix(&env, &dir, &["--endpoint", &server.url]);
    assert_eq!(run.code(), 1, "{run}");
    assert!(decided(&run, "endpoint").unwrap().0, "{run}");
    let raw: String = server.asked().iter().map(|asked| asked.raw.as_str()).collect();
    for secret in [&token[..], &token[..20], &token[10..], &far, "over the rainbow"] {
        assert!(!raw.contains(secret), "{secret}: {raw}");
    }
    // The control: the rest of these lines is there, and so is what stands for the keys.
    assert!(raw.contains("token = '[REDACTED") && raw.contains("ValueError"), "{raw}");
    let redactions = run.json()["sent"]["redactions"].as_array().unwrap().clone();
    let kinds: Vec<&str> = redactions.iter().map(|known| known["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"a GitHub token"), "{run}");
    assert!(kinds.contains(&"the value of SHOP_PIN"), "{run}");
    let places = redactions.iter().flat_map(|known| known["places"].as_array().unwrap());
    assert!(places.clone().any(|place| place == "median.py:7"), "{run}");
    // What would write over a line that is not shown whole is dropped.
    assert!(notes(&run).contains("something was taken out of"), "{run}");
    assert_eq!(std::fs::read_to_string(dir.join("median.py")).unwrap(), source);
    assert!(!run.json()["sent"].to_string().contains(&far[..8]), "{run}");
}

#[test]
fn the_key_of_the_server_goes_into_its_header_and_nowhere_else() {
    if !have(&["python3"]) {
        return;
    }
    let mut env = configured(SHORT);
    let key = odd(30);
    env.set("SLM_API_KEY", key.as_str());
    let source = format!("def median(values):\n    # {key}\n    return sorted(values)[0]\n");
    let dir = env.project(&[("median.py", &source), ("test_median.py", TESTS)]);
    let server = Server::saying("no");
    let run = fix(&env, &dir, &["--endpoint", &server.url]);
    assert_eq!(run.code(), 1, "{run}");
    let asked = server.questions();
    let asked = asked.first().unwrap_or_else(|| panic!("{run}"));
    assert_eq!(asked.raw.matches(key.as_str()).count(), 1, "{}", asked.raw);
    assert!(!asked.body.to_string().contains(key.as_str()), "{}", asked.raw);
    assert!(!run.stdout.contains(key.as_str()), "{run}");
}

#[test]
fn all_that_would_leave_can_be_seen() {
    if !have(&["python3"]) {
        return;
    }
    let env = configured(SHORT);
    let dir = crate::project(&env);
    let server = Server::saying(RIGHT);
    let run = fix(&env, &dir, &["--show-context", "--endpoint", &server.url]);
    assert_eq!(run.code(), 0, "{run}");
    for asked in server.questions() {
        for message in asked.body["messages"].as_array().unwrap() {
            let text = message["content"].as_str().unwrap().trim_end();
            assert!(run.stderr.contains(text), "not shown: {text}\n{run}");
        }
    }
}
