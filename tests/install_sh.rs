//! `install.sh` with a fake cargo in front: what it writes, what it removes, and what it says when
//! something is missing. The real build is exercised by `./install.sh --demo`.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use support::{Env, Run, program as script, snapshot};

/// Answers like the part of cargo that the installer calls; `build` leaves a fake slm.
const CARGO: &str = r#"#!/bin/sh
case $1 in
--version) echo "cargo ${FAKE_CARGO_VERSION:-1.95.0} (0 2026-01-01)" ;;
metadata) printf '{"packages":[],"target_directory":"%s"}\n' "$FAKE_TARGET" ;;
fetch) [ -z "$FAKE_OFFLINE" ] ;;
build)
    shift 5
    echo "build [$SLM_BUILD] RUSTFLAGS=[$RUSTFLAGS]${CFLAGS:+ CFLAGS=[$CFLAGS]} $*" >>"$FAKE_TARGET.log"
    mkdir -p "$FAKE_TARGET/release" && cp "$FAKE_SLM" "$FAKE_TARGET/release/slm"
    case $* in *dynamic-backends*)
        out=$FAKE_TARGET/release/build/llama-cpp-sys-2-0/out variants=$out/backends
        mkdir -p "$variants" "$out/lib" && echo >"$out/lib/libllama.so.0.6.0"
        ln -sf libllama.so.0.6.0 "$out/lib/libllama.so.0"
        ln -sf libllama.so.0 "$out/lib/libllama.so"
        for kind in haswell sapphirerapids; do echo >"$variants/libggml-cpu-$kind.so"; done ;;
    esac ;;
esac
"#;

/// Answers like the part of slm that the installer calls; `fix` does what `FAKE_FIX` says.
const SLM: &str = r##"#!/bin/sh
case $1 in
--version) echo "slm 0.0.0" ;;
completions) echo "# completions for $2" ;;
man) mkdir -p "$3" && echo ".TH slm 1" >"$3/slm.1" && echo ".TH slm-fix 1" >"$3/slm-fix.1" ;;
fix) eval "$FAKE_FIX" ;;
__self-test) eval "$FAKE_SELF_TEST" ;;
esac
"##;

const RIGHT_FIX: &str =
    "sed -i.orig 's/quantity >= free/quantity > free/' inventory/stock.py && rm inventory/*.orig";

/// A machine where only these fakes can be built with.
struct Machine {
    env: Env,
    prefix: PathBuf,
}

impl Machine {
    fn new() -> Self {
        let mut env = Env::new();
        let root = env.root().to_owned();
        let bin = root.join("fakes");
        script(&bin.join("cargo"), CARGO);
        script(&bin.join("rustc"), "#!/bin/sh\necho 'host: x86_64-unknown-linux-gnu'\n");
        script(&root.join("slm-fake"), SLM);
        for tool in ["c++", "make", "cmake"] {
            script(&bin.join(tool), "#!/bin/sh\necho 13\n");
        }
        let path = std::env::var("PATH").unwrap();
        env.set("PATH", format!("{}:{path}", bin.display()))
            .set("LIBCLANG_PATH", &root)
            .set("FAKE_SLM", root.join("slm-fake"))
            .set("FAKE_TARGET", root.join("target"));
        Self { prefix: root.join("prefix"), env }
    }

    fn install(&self, args: &[&str]) -> Run {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh");
        let prefix = self.prefix.to_str().unwrap();
        let all = ["--prefix", prefix, "--no-deps"].into_iter().chain(args.iter().copied());
        self.env.program(script, all).run()
    }

    fn written(&self) -> Vec<String> {
        snapshot(&self.prefix).keys().map(|path| path.display().to_string()).collect()
    }
}

#[test]
fn a_fake_program_replaces_a_link_and_spares_what_it_led_to() {
    let env = Env::new();
    let (real, link) = (env.root().join("real"), env.root().join("link"));
    std::fs::write(&real, "the machine's own").unwrap();
    symlink(&real, &link).unwrap();
    script(&link, "a fake");
    assert_eq!(std::fs::read_to_string(&real).unwrap(), "the machine's own");
    assert_eq!(std::fs::read_to_string(&link).unwrap(), "a fake");
}

#[test]
fn installs_everything_a_user_needs_and_twice_changes_nothing() {
    let machine = Machine::new();
    let run = machine.install(&[]);
    assert_eq!(run.code(), 0, "{run}");
    let written = machine.written();
    for file in [
        "bin/slm",
        "share/bash-completion/completions/slm",
        "share/doc/slm/LICENSE-APACHE",
        "share/doc/slm/LICENSE-MIT",
        "share/fish/vendor_completions.d/slm.fish",
        "share/man/man1/slm-fix.1",
        "share/man/man1/slm.1",
        "share/slm/install-manifest",
        "share/zsh/site-functions/_slm",
    ] {
        assert!(written.iter().any(|name| name == file), "{file} is missing: {written:?}");
    }
    assert!(run.stderr.contains("is not on your PATH"), "{run}");

    let first = snapshot(&machine.prefix);
    let again = machine.install(&[]);
    assert_eq!(again.code(), 0, "{again}");
    assert_eq!(snapshot(&machine.prefix), first);
}

#[test]
fn a_native_build_says_so_to_rustc_and_a_portable_one_does_not() {
    let machine = with_amx(false, "13");
    assert_eq!(machine.install(&[]).code(), 0);
    assert_eq!(machine.install(&["--portable"]).code(), 0);
    assert_eq!(builds(&machine), [NATIVE, PORTABLE]);
    assert_eq!(features(&machine), "dynamic-backends");
}

const NATIVE: &str = "build [native] RUSTFLAGS=[-C target-cpu=native]";
const WITHOUT_AMX: &str = "build [native without AMX] RUSTFLAGS=[-C target-cpu=native] \
    CFLAGS=[ -mno-amx-tile -mno-amx-int8 -mno-amx-bf16]";
const PORTABLE: &str = "build [portable] RUSTFLAGS=[-C link-arg=-Wl,-rpath,$ORIGIN/../lib/slm \
    -C link-arg=-Wl,-rpath,$ORIGIN]";

/// What was built, in order, without the features.
fn builds(machine: &Machine) -> Vec<String> {
    let log = std::fs::read_to_string(machine.env.root().join("target.log")).unwrap();
    let plain = |line: &str| line.split(" --features").next().unwrap().trim_end().to_owned();
    log.lines().map(plain).collect()
}

/// A machine whose processor has AMX, or has not, whatever this one has.
fn with_amx(amx: bool, compiler: &str) -> Machine {
    let machine = Machine::new();
    let fakes = machine.env.root().join("fakes");
    let answer = if amx { 0 } else { 1 };
    let grep = ["/usr/bin/grep", "/bin/grep"].into_iter().find(|grep| Path::new(grep).exists());
    script(
        &fakes.join("grep"),
        &format!(
            "#!/bin/sh\ncase \"$*\" in *amx_tile*) exit {answer} ;; esac\nexec {} \"$@\"\n",
            grep.unwrap()
        ),
    );
    script(&fakes.join("uname"), "#!/bin/sh\n[ \"$1\" = -m ] && echo x86_64 || echo Linux\n");
    script(&fakes.join("c++"), &format!("#!/bin/sh\necho {compiler}\n"));
    machine
}

#[test]
fn a_build_that_fails_its_self_test_is_built_again_without_what_may_be_wrong() {
    let wrong = |build: &str| {
        format!("echo wrong numbers; ! tail -n 1 $FAKE_TARGET.log | grep -q '{build}'")
    };
    for (amx, compiler, self_test, kinds, says) in [
        (false, "12", "true".to_owned(), &[NATIVE][..], ""),
        (true, "13", "true".to_owned(), &[NATIVE], ""),
        (true, "12", "true".to_owned(), &[WITHOUT_AMX], ""),
        (false, "13", wrong(r"\[native"), &[NATIVE, PORTABLE], "built portable instead of native"),
        (
            true,
            "13",
            wrong(r"\[native\]"),
            &[NATIVE, WITHOUT_AMX],
            "built no-amx instead of native",
        ),
        (
            true,
            "12",
            wrong(r"\[native"),
            &[WITHOUT_AMX, PORTABLE],
            "built portable instead of no-amx",
        ),
        (false, "13", "exit 1".to_owned(), &[NATIVE, PORTABLE], "models cannot be used"),
        (false, "13", "echo no sandbox; exit 3".to_owned(), &[NATIVE], ""),
    ] {
        let mut machine = with_amx(amx, compiler);
        machine.env.set("FAKE_SELF_TEST", &self_test);
        let run = machine.install(&[]);
        assert_eq!(run.code(), 0, "{self_test}: {run}");
        assert_eq!(builds(&machine), kinds, "{self_test}: {run}");
        assert!(run.stderr.contains(says), "{self_test}: {run}");
        assert!(!says.is_empty() || !run.stderr.contains("instead"), "{self_test}: {run}");
    }
}

#[test]
fn a_portable_build_brings_its_libraries_but_none_that_this_compiler_gets_wrong() {
    let libraries = |machine: &Machine| -> Vec<String> {
        let written = machine.written();
        written.iter().filter_map(|path| Some(path.strip_prefix("lib/slm/")?.to_owned())).collect()
    };
    let machine = with_amx(true, "13");
    assert_eq!(machine.install(&["--portable"]).code(), 0);
    let all = ["libggml-cpu-haswell.so", "libggml-cpu-sapphirerapids.so", "libllama.so.0"];
    assert_eq!(libraries(&machine), all);
    // A native build needs none of them.
    assert_eq!(machine.install(&[]).code(), 0);
    assert_eq!(libraries(&machine), [""; 0]);

    let machine = with_amx(true, "12");
    assert_eq!(machine.install(&["--portable"]).code(), 0);
    assert_eq!(libraries(&machine), [all[0], all[2]]);
    assert_eq!(machine.install(&["--uninstall"]).code(), 0);
    assert!(!machine.prefix.exists());
}

/// The features of the last build.
fn features(machine: &Machine) -> String {
    let log = std::fs::read_to_string(machine.env.root().join("target.log")).unwrap();
    let last = log.lines().next_back().unwrap();
    last.split_once("--features ").map(|(_, features)| features.to_owned()).unwrap_or_default()
}

#[test]
fn a_gpu_is_used_only_when_somebody_asks_for_it() {
    let tools = ["cargo", "rustc", "c++", "make", "cmake"];
    let with = |fakes: &[(&str, &str)]| {
        let machine = bare(&tools);
        for (tool, text) in fakes {
            script(&machine.env.root().join("fakes").join(tool), &format!("#!/bin/sh\n{text}\n"));
        }
        machine
    };
    let nvidia = ("nvidia-smi", "echo 'GPU 0: H100'");
    let amd = ("rocminfo", "echo '  Device Type:             GPU'");
    let vulkan = ("vulkaninfo", "echo 'deviceType = PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU'");
    let (nvcc, hipcc) = (("nvcc", "true"), ("hipcc", "true"));
    for (fakes, args, built, says) in [
        (&[nvidia, nvcc][..], &["--yes"][..], "", "to use it: ./install.sh --gpu cuda"),
        (&[nvidia, nvcc], &[], "", "to use it: ./install.sh --gpu cuda"),
        (&[nvidia, nvcc], &["--gpu", "auto"], "cuda", "on the GPU too: cuda"),
        (&[nvidia, nvcc], &["--gpu=cuda", "--languages", "cpp"], "lang-cpp,cuda", "cuda"),
        (&[amd, hipcc], &["--gpu", "auto"], "rocm", "rocm"),
        (&[vulkan], &[], "", "./install.sh --gpu vulkan"),
        // What is missing is said, and stops nothing.
        (&[nvidia], &["--gpu", "auto"], "", "without cuda; missing: nvcc"),
        (&[amd], &["--gpu", "rocm"], "", "without rocm; missing: hipcc"),
        (&[], &["--gpu", "metal"], "", "without metal; missing: macOS"),
        (&[vulkan], &["--gpu", "auto", "--yes"], "", "without vulkan; missing: glslc"),
        (&[], &["--gpu", "auto"], "", "no GPU found"),
        (&[], &[], "", ""),
    ] {
        let mut machine = with(fakes);
        machine.env.set("CUDA_PATH", machine.env.root().join("nowhere"));
        let run = machine.install(args);
        assert_eq!(run.code(), 0, "{args:?}: {run}");
        assert_eq!(features(&machine), built, "{args:?}: {run}");
        assert!(format!("{run}").contains(says), "{args:?}: {run}");
    }
}

#[test]
fn uninstall_removes_what_was_written_and_nothing_else() {
    let machine = Machine::new();
    let neighbour = machine.prefix.join("bin/neighbour");
    script(&neighbour, "not ours");
    std::fs::create_dir_all(machine.prefix.join("share/man")).unwrap();
    assert_eq!(machine.install(&[]).code(), 0);
    std::fs::write(machine.prefix.join("share/doc/slm/notes"), "the user's").unwrap();

    let run = machine.install(&["--uninstall"]);
    assert_eq!(run.code(), 0, "{run}");
    assert_eq!(machine.written(), ["bin/neighbour", "share/doc/slm/notes"]);
    assert!(machine.prefix.join("share/man").is_dir(), "a directory that was there before is gone");
    assert!(!machine.prefix.join("share/man/man1").exists(), "an empty directory of ours is left");
    assert!(!machine.prefix.join("share/slm").exists());

    let twice = machine.install(&["--uninstall"]);
    assert_eq!(twice.code(), 0, "{twice}");
    assert!(twice.stdout.contains("nothing to remove"), "{twice}");
}

#[test]
fn a_prefix_that_was_not_there_is_gone_after_uninstall() {
    let mut machine = Machine::new();
    machine.prefix = machine.env.root().join("a/new place/prefix");
    assert_eq!(machine.install(&[]).code(), 0);
    assert_eq!(machine.install(&["--uninstall"]).code(), 0);
    assert!(!machine.env.root().join("a").exists());
}

#[test]
fn a_newer_version_removes_files_that_it_no_longer_has() {
    let machine = Machine::new();
    assert_eq!(machine.install(&[]).code(), 0);
    let fewer = SLM.replace(r#"&& echo ".TH slm-fix 1" >"$3/slm-fix.1""#, "");
    script(&machine.env.root().join("slm-fake"), &fewer);
    assert_eq!(machine.install(&[]).code(), 0);
    assert!(machine.prefix.join("share/man/man1/slm.1").exists());
    assert!(!machine.prefix.join("share/man/man1/slm-fix.1").exists());
    assert_eq!(machine.install(&["--uninstall"]).code(), 0);
    assert!(!machine.prefix.exists(), "{:?}", machine.written());
}

#[test]
fn a_program_of_the_same_name_is_not_overwritten() {
    let machine = Machine::new();
    script(&machine.prefix.join("bin/slm"), "another slm");
    let run = machine.install(&[]);
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("this script did not write it"), "{run}");
    assert_eq!(std::fs::read(machine.prefix.join("bin/slm")).unwrap(), b"another slm");
    // And what had been begun can be removed.
    assert_eq!(machine.install(&["--uninstall"]).code(), 0);
    assert_eq!(machine.written(), ["bin/slm"]);
}

#[test]
fn a_manifest_that_points_elsewhere_removes_nothing() {
    for elsewhere in ["{root}/treasure", "{prefix}/../treasure"] {
        let machine = Machine::new();
        let treasure = machine.env.root().join("treasure");
        std::fs::write(&treasure, "gold").unwrap();
        assert_eq!(machine.install(&[]).code(), 0);
        let manifest = machine.prefix.join("share/slm/install-manifest");
        let line = elsewhere
            .replace("{root}", machine.env.root().to_str().unwrap())
            .replace("{prefix}", machine.prefix.to_str().unwrap());
        let text = std::fs::read_to_string(&manifest).unwrap();
        std::fs::write(&manifest, format!("{text}f {line}\n")).unwrap();

        let run = machine.install(&["--uninstall"]);
        assert_eq!(run.code(), 3, "{run}");
        assert!(treasure.exists() && machine.prefix.join("bin/slm").exists(), "{run}");
    }
}

#[test]
fn an_old_or_absent_cargo_is_explained() {
    let mut machine = Machine::new();
    machine.env.set("FAKE_CARGO_VERSION", "1.63.0");
    let run = machine.install(&[]);
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("cargo 1.63.0 is too old"), "{run}");
    assert!(run.stderr.contains("rustup"), "{run}");

    let machine = bare(&[]);
    let run = machine.install(&[]);
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("there is no cargo here"), "{run}");
    assert!(run.stderr.contains("https://rustup.rs"), "{run}");
}

#[test]
fn crates_that_cannot_be_fetched_are_explained() {
    let mut machine = Machine::new();
    machine.env.set("FAKE_OFFLINE", "1");
    let run = machine.install(&[]);
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("could not be downloaded"), "{run}");
    assert!(!machine.prefix.exists());
}

#[test]
fn only_missing_packages_are_installed_and_without_sudo_when_root() {
    let machine = bare(&["c++", "make"]);
    let fakes = machine.env.root().join("fakes");
    // apt-get brings a cmake; sudo would fail the test by its exit code.
    let installed = format!(
        "#!/bin/sh\necho \"$@\" >>{root}/apt.log\ncase $1 in install) ln -sf {fakes}/c++ {fakes}/cmake ;; esac\n",
        root = machine.env.root().display(),
        fakes = fakes.display()
    );
    script(&fakes.join("apt-get"), &installed);
    script(&fakes.join("id"), "#!/bin/sh\necho 0\n");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh");
    let prefix = machine.prefix.to_str().unwrap();
    let run = machine.env.program(script, ["--prefix", prefix]).run();
    // The bare machine has no cargo: it ends there, after the packages.
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("there is no cargo here"), "{run}");
    let log = std::fs::read_to_string(machine.env.root().join("apt.log")).unwrap();
    let installs: Vec<_> = log.lines().filter(|line| line.starts_with("install")).collect();
    assert_eq!(installs, ["install -y --no-install-recommends cmake"], "{log}");
}

#[test]
fn every_distribution_is_asked_for_its_own_packages() {
    let cases = [
        (
            "apt-get",
            "install -y --no-install-recommends",
            "g++ make cmake",
            "python3 python3-venv",
            "nodejs npm golang-go git tmux shellcheck",
        ),
        (
            "dnf",
            "install -y",
            "gcc-c++ make cmake",
            "python3",
            "nodejs npm golang git tmux ShellCheck",
        ),
        (
            "pacman",
            "-Sy --needed --noconfirm",
            "gcc make cmake",
            "python",
            "nodejs npm go git tmux shellcheck",
        ),
    ];
    for (manager, words, build, python, tools) in cases {
        // Arch keeps package lists where there are some already.
        let lists = Path::new("/var/lib/pacman/sync").exists();
        let words = if lists { words.replace("-Sy", "-S") } else { words.to_owned() };
        let machine = bare(&[]);
        let root = machine.env.root();
        let fakes = root.join("fakes");
        script(&fakes.join("id"), "#!/bin/sh\necho 0\n");
        script(&root.join("tool"), "#!/bin/sh\nexit 0\n");
        // Whatever is asked for, all of the tools are there afterwards that it stands for.
        let brings = format!(
            "#!/bin/sh\necho \"$@\" >>{root}/log\ncd {fakes}\nlink() {{ for t; do ln -sf ../tool $t; done; }}\n\
             case \"$*\" in *cmake*) link c++ make cmake ;; *tmux*) link node npm go git tmux shellcheck ;; \
             *python*) link python3 ;; *strace*) link strace ;; esac\n",
            root = root.display(),
            fakes = fakes.display()
        );
        script(&fakes.join(manager), &brings);
        let installer = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh");
        let run = machine.env.program(installer, ["--deps"]).run();
        assert_eq!(run.code(), 3, "{manager}: {run}");
        assert!(run.stderr.contains("there is no cargo here"), "{manager}: {run}");
        let log = std::fs::read_to_string(root.join("log")).unwrap();
        let asked: Vec<&str> = log.lines().filter(|line| *line != "update").collect();
        let want = [build, python, tools, "strace"].map(|names| format!("{words} {names}"));
        assert_eq!(asked, want, "{manager}");
    }
}

#[test]
fn without_root_or_a_password_it_says_what_to_install() {
    let machine = bare(&["c++", "make"]);
    let fakes = machine.env.root().join("fakes");
    script(&fakes.join("id"), "#!/bin/sh\necho 1000\n");
    script(&fakes.join("apt-get"), "#!/bin/sh\nexit 99\n");
    let script_path = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh");
    let prefix = machine.prefix.to_str().unwrap();
    let args = ["--prefix", prefix];
    let run = machine.env.program(&script_path, args).run();
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("neither root nor sudo") && run.stderr.contains("cmake"), "{run}");

    script(&fakes.join("sudo"), "#!/bin/sh\nexit 1\n");
    let run = machine.env.program(&script_path, args).run();
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("sudo wants a password"), "{run}");
}

#[test]
fn usage_errors_exit_2() {
    let machine = Machine::new();
    for args in [
        &["--frobnicate"][..],
        &["--uninstall", "--demo"],
        &["--prefix"],
        &["--prefix", "/a/../b"],
        &["--gpu", "fast"],
        &["--gpu", "cuda", "--portable"],
    ] {
        let run = machine.install(args);
        assert_eq!(run.code(), 2, "{args:?}: {run}");
        assert!(!run.stderr.is_empty());
    }
    let help = machine.install(&["--help"]);
    assert!(help.code() == 0 && help.stdout.contains("--uninstall"), "{help}");
}

#[test]
fn the_demo_succeeds_only_when_the_project_was_really_fixed() {
    if !support::have(&["python3"]) {
        return;
    }
    let cases = [
        (RIGHT_FIX, 0, "fixed: it failed before"),
        ("exit 1", 1, "did not fix the demo project"),
        ("true", 1, "changed nothing"),
        ("echo >>inventory/stock.py", 1, "still fails"),
        ("rm tests/test_orders.py; echo >>inventory/stock.py", 1, "changed the tests"),
    ];
    for (fix, code, says) in cases {
        let mut machine = Machine::new();
        machine.env.set("FAKE_FIX", fix);
        let run = machine.install(&["--demo"]);
        assert_eq!(run.code(), code, "{fix}: {run}");
        assert!(run.stdout.contains(says) || run.stderr.contains(says), "{fix}: {run}");
    }
}

/// A machine with the tools of any system, but to build with only these.
fn bare(tools: &[&str]) -> Machine {
    let mut machine = Machine::new();
    let fakes = machine.env.root().join("fakes");
    for tool in ["cargo", "rustc", "c++", "make", "cmake"] {
        if !tools.contains(&tool) {
            std::fs::remove_file(fakes.join(tool)).unwrap();
        }
    }
    let inherited = std::env::var_os("PATH").unwrap();
    for tool in [
        "awk", "bash", "tail", "cat", "chmod", "cp", "df", "dirname", "env", "grep", "head", "id",
        "ln", "ls", "mkdir", "mktemp", "mv", "rm", "rmdir", "sed", "sh", "sort", "tr", "uname",
    ] {
        let found =
            std::env::split_paths(&inherited).map(|dir| dir.join(tool)).find(|f| f.is_file());
        symlink(found.unwrap(), fakes.join(tool)).unwrap();
    }
    script(&fakes.join("uname"), "#!/bin/sh\n[ \"$1\" = -m ] && echo riscv64 || echo Linux\n");
    let nowhere = machine.env.root().join("nowhere");
    machine.env.set("PATH", &fakes).set("CARGO_HOME", nowhere);
    machine
}
