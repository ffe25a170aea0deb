//! What the user's shell, home and open files hold, and a checked command must not see.

use std::path::{Path, PathBuf};

use crate::support::{Env, Run, have, snapshot};
use crate::{STOCK, is_fixed};

/// Part of everything that is secret, with a name before it.
const CANARY: &str = "canary";

/// Looks for canaries wherever it can and fails with all it found, until the sum is right.
const CURIOUS: &str = "\
import json
import os
import re

from stock import total


def look(text):
    return re.findall(r'[\\w.]+-canary', text)


def read(path):
    try:
        with open(path, errors='replace') as file:
            return file.read(10000)
    except OSError:
        return ''


found = [word for pair in os.environ.items() for word in look('='.join(pair))]
for number in os.listdir('/proc/self/fd'):
    path = f'/proc/self/fd/{number}'
    found += look(read(path)) if os.path.isfile(path) else []
    # Past the three that everybody has, those that slm itself opens in its side directory.
    own = os.path.realpath(path).startswith(os.environ.get('SLM_SIDE', '(none)'))
    if int(number) > 2 and os.path.exists(path) and not own:
        found.append(f'number.{number}-canary')
for process in os.listdir('/proc'):
    found += look(read(f'/proc/{process}/environ')) if process.isdigit() else []
with open('places.json') as file:
    for place in json.load(file):
        found += look(read(place))
        for folder, _, names in os.walk(place):
            found += [word for name in names for word in look(read(os.path.join(folder, name)))]
message = ' '.join(['found', *sorted(set(found)), 'end'])
print(message)
assert total([1, 2]) == 3, message
";

/// Names under which shells hold secrets, some of which begin like those that toolchains need.
const VARIABLES: &[&str] = &[
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "DATABASE_URL",
    "PGPASSWORD",
    "SSH_AUTH_SOCK",
    "SLACK_WEBHOOK",
    "SLM_API_KEY",
    "CARGO_REGISTRY_TOKEN",
    "COVERAGE_TOKEN",
    "GOOGLE_API_KEY",
    "GOTIFY_ADMIN_PASS",
    "NODE_AUTH_TOKEN",
    "NPM_CONFIG__AUTH",
    "POETRY_HTTP_BASIC_X_PASSWORD",
    "PYTHON_KEYRING_PWD",
    "UV_PUBLISH_PASSWORD",
    "YARN_NPM_AUTH_TOKEN",
];

/// Below the home, where tools keep secrets by default.
const FILES: &[&str] = &[
    ".ssh/id_rsa",
    ".netrc",
    ".aws/credentials",
    ".config/gh/hosts.yml",
    ".docker/config.json",
    ".git-credentials",
    ".gnupg/private-keys-v1.d/key",
    ".kube/config",
    ".npmrc",
    ".pypirc",
    ".bash_history",
];

/// Places that the user has moved by a variable: the variable, and a secret below it.
const MOVED: &[(&str, &str)] = &[
    ("XDG_CONFIG_HOME", "gh/hosts.yml"),
    ("XDG_CONFIG_HOME", "slm/config.toml"),
    ("XDG_DATA_HOME", "keyrings/login.keyring"),
    ("XDG_STATE_HOME", "slm/repos/other/blobs/before"),
    ("CARGO_HOME", "credentials.toml"),
    ("GNUPGHOME", "private-keys-v1.d/key"),
    ("DOCKER_CONFIG", "config.json"),
    ("AWS_SHARED_CREDENTIALS_FILE", ""),
    ("KUBECONFIG", ""),
    ("NETRC", ""),
    ("NPM_CONFIG_USERCONFIG", ""),
    ("PGPASSFILE", ""),
];

struct Home {
    env: Env,
    project: PathBuf,
    /// All that is there to be found, as the program prints it.
    all: Vec<String>,
}

impl Home {
    fn new() -> Self {
        let mut env = Env::new();
        let project = env.project(&[("test_curious.py", CURIOUS), ("stock.py", STOCK)]);
        let (mut all, mut places) = (Vec::new(), Vec::new());
        for name in VARIABLES {
            env.set(name, format!("{name}-{CANARY}"));
            all.push(format!("{name}-{CANARY}"));
        }
        // A name that passes, with a password in its value.
        env.set("UV_INDEX", format!("https://me:index-{CANARY}@example.invalid/simple"));
        all.push(format!("index-{CANARY}"));
        let mut hide = |path: PathBuf, name: String| {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, format!("# {name}-{CANARY}\n")).unwrap();
            all.push(format!("{name}-{CANARY}"));
            places.push(path);
        };
        for (number, name) in FILES.iter().enumerate() {
            hide(env.home().join(name), format!("home.{number}"));
        }
        for (number, (variable, below)) in MOVED.iter().enumerate() {
            let dir = env.root().join("moved").join(variable);
            env.set(variable, &dir);
            let path = if below.is_empty() { dir } else { dir.join(below) };
            hide(path, format!("moved.{number}"));
        }
        // Many shells name the default place too.
        env.set("AWS_CONFIG_FILE", env.home().join(FILES[2]));
        let plain = env.home().join("plain");
        std::fs::write(&plain, format!("plain.0-{CANARY}\n")).unwrap();
        places.push(plain);
        let list = serde_json::to_string(&places).unwrap();
        std::fs::write(project.join("places.json"), list).unwrap();
        std::fs::write(env.root().join("open"), format!("descriptor-{CANARY}\n")).unwrap();
        all.extend([format!("descriptor-{CANARY}"), format!("number.7-{CANARY}")]);
        all.sort();
        Self { env, project, all }
    }

    /// Runs this with a further descriptor open, on the file of a canary.
    fn run(&self, program: &str, words: &[&str]) -> Run {
        let script = "exec 7<\"$0\"; exec \"$@\"";
        let open = self.env.root().join("open");
        let mut all = vec!["-c", script, open.to_str().unwrap(), program];
        all.extend(words);
        self.env.program("sh", all).cwd(&self.project).run()
    }

    fn fix(&self, words: &[&str]) -> Run {
        let slm = env!("CARGO_BIN_EXE_slm");
        self.run(slm, &[&["fix"], words, &["--", "python3", "test_curious.py"]].concat())
    }

    /// Asserts that none of the canaries is in this text.
    #[track_caller]
    fn none_in(&self, text: &str, what: &str) {
        let leaked: Vec<&String> = self.all.iter().filter(|word| text.contains(*word)).collect();
        assert!(leaked.is_empty(), "{what} holds {leaked:?}:\n{text}");
    }

    fn state(&self) -> PathBuf {
        self.env.root().join("moved/XDG_STATE_HOME")
    }
}

/// The words between "found" and "end" in what was printed.
fn found(text: &str) -> Vec<&str> {
    let words = text.split_whitespace().skip_while(|word| !word.ends_with("found")).skip(1);
    words.take_while(|word| !word.starts_with("end")).collect()
}

#[test]
fn no_secret_of_the_user_reaches_a_checked_command() {
    if !have(&["python3", "sh"]) {
        return;
    }
    let home = Home::new();
    // The control: the same program finds them all when nothing holds it.
    let control = home.run("python3", &["test_curious.py"]);
    let seen = found(&control.stdout);
    let plain = format!("plain.0-{CANARY}");
    let missed: Vec<_> =
        home.all.iter().chain([&plain]).filter(|w| !seen.contains(&&***w)).collect();
    assert!(missed.is_empty(), "{missed:?} {control}");

    // No fix in the time there is: the end of the output is shown.
    let shown =
        home.fix(&["--explain", "--dry-run", "--without", "rules", "--without", "transformations"]);
    let whole = format!("{}\n{}", shown.stdout, shown.stderr);
    // The control: what it may read, and has read, is seen here.
    assert_eq!(found(&whole), [format!("plain.0-{CANARY}")], "{shown}");
    home.none_in(&whole, "the report");

    let fixed = home.fix(&["--yes", "--json"]);
    is_fixed(&fixed);
    let failure = fixed.json()["failure"].as_str().unwrap().to_owned();
    assert_eq!(found(&failure), [format!("plain.0-{CANARY}")], "{fixed}");
    home.none_in(&format!("{fixed}"), "the report");
    // What is kept of it: a change under way and done, and none of the secrets but the one that
    // this test has put there itself.
    let state = home.state();
    let own = Path::new(MOVED[3].1);
    let kept: Vec<_> = snapshot(&state).into_iter().filter(|(name, _)| name != own).collect();
    assert!(kept.iter().any(|(_, bytes)| bytes == STOCK.as_bytes()), "{kept:?}");
    for (name, bytes) in kept {
        home.none_in(&String::from_utf8_lossy(&bytes), &name.display().to_string());
    }
}

#[test]
fn a_variable_that_the_user_allows_by_name_does_reach_it() {
    if !have(&["python3", "sh"]) {
        return;
    }
    let home = Home::new();
    let config = home.env.root().join("moved/XDG_CONFIG_HOME/slm");
    std::fs::create_dir_all(&config).unwrap();
    let text = "[sandbox]\nallow_env = [\"GITHUB_TOKEN\"]\n";
    std::fs::write(config.join("config.toml"), text).unwrap();
    let run = home.fix(&["--yes", "--json"]);
    is_fixed(&run);
    let failure = run.json()["failure"].as_str().unwrap().to_owned();
    let seen = [format!("GITHUB_TOKEN-{CANARY}"), format!("plain.0-{CANARY}")];
    assert_eq!(found(&failure), seen, "{run}");
}
