//! Landlock rulesets and system call filters, for commands and for slm's own worker process.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetCreated, RulesetCreatedAttr as _, RulesetError, Scope, path_beneath_rules,
};
use seccompiler::{
    SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// The newest interface known here; older kernels enforce the part they know.
const LANDLOCK: ABI = ABI::V7;

/// Added to system call numbers by x86-64's second calling convention (linux `__X32_SYSCALL_BIT`),
/// which would otherwise walk around every number below.
const X32_BIT: u32 = 0x4000_0000;

/// A compiled filter.
pub(super) type Filter = Vec<libc::sock_filter>;

/// Which sockets a command may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sockets {
    /// Local and internet ones: a network namespace makes the latter harmless, and what local ones
    /// could reach is out of sight.
    Namespaced,
    /// None but connected pairs: a local one reaches every service of this machine that has bound a
    /// path, and some of those (a container's daemon, the user's systemd) run what they are told to.
    /// No filter sees a path, and Landlock minds none of those that are connected to.
    None,
}

/// Filters for a command: nothing that reaches past namespaces, or that only a kernel exploit needs.
///
/// # Errors
/// On a processor that the filter compiler does not know.
pub(super) fn command_filters(sockets: Sockets) -> Result<Vec<Filter>, String> {
    let mut denied = plain(&[
        libc::SYS_acct,
        libc::SYS_add_key,
        libc::SYS_bpf,
        libc::SYS_delete_module,
        libc::SYS_finit_module,
        libc::SYS_init_module,
        libc::SYS_kexec_load,
        libc::SYS_keyctl,
        libc::SYS_mount,
        libc::SYS_move_mount,
        libc::SYS_open_by_handle_at,
        libc::SYS_open_tree,
        libc::SYS_fsopen,
        libc::SYS_perf_event_open,
        libc::SYS_pivot_root,
        libc::SYS_reboot,
        libc::SYS_request_key,
        libc::SYS_setns,
        libc::SYS_swapoff,
        libc::SYS_swapon,
        libc::SYS_umount2,
        libc::SYS_userfaultfd,
        libc::SYS_vhangup,
    ]);
    denied.extend([
        (libc::SYS_socket, families(sockets)?),
        (libc::SYS_clone, vec![flag(0, libc::CLONE_NEWUSER as u64)?]),
        (libc::SYS_unshare, vec![flag(0, libc::CLONE_NEWUSER as u64)?]),
        (libc::SYS_ioctl, vec![equal(1, TIOCSTI)?, equal(1, TIOCLINUX)?]),
    ]);
    if sockets == Sockets::None {
        // One of a pair of these can still be sent from to any path.
        let datagrams = [libc::SOCK_DGRAM, libc::SOCK_RAW].map(|kind| {
            rule(vec![condition(1, SeccompCmpOp::MaskedEq(SOCK_TYPE_MASK), kind as u64)?])
        });
        let datagrams = datagrams.into_iter().collect::<Result<_, _>>()?;
        denied.push((libc::SYS_socketpair, datagrams));
    }
    // "Not there" rather than "not allowed": programs then fall back to the older call. The flags
    // of clone3 and the operations of io_uring cannot be seen by a filter.
    let absent = plain(&[libc::SYS_clone3, libc::SYS_io_uring_setup]);
    Ok(vec![x32(), compile(denied, libc::EPERM)?, compile(absent, libc::ENOSYS)?])
}

/// Of asm-generic/ioctls.h: puts input into a terminal.
const TIOCSTI: u64 = 0x5412;

/// Of linux/net.h: the type of a socket without its flags.
const SOCK_TYPE_MASK: u64 = 0xf;

/// Of ioctl_console(2): can put input into a virtual terminal.
const TIOCLINUX: u64 = 0x541C;

type Rules = Vec<(i64, Vec<SeccompRule>)>;

fn plain(calls: &[libc::c_long]) -> Rules {
    calls.iter().map(|&call| (call, Vec::new())).collect()
}

fn rule(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, String> {
    SeccompRule::new(conditions).map_err(|e| e.to_string())
}

fn condition(argument: u8, compare: SeccompCmpOp, value: u64) -> Result<SeccompCondition, String> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, value)
        .map_err(|e| e.to_string())
}

fn equal(argument: u8, value: u64) -> Result<SeccompRule, String> {
    rule(vec![condition(argument, SeccompCmpOp::Eq, value)?])
}

fn flag(argument: u8, bit: u64) -> Result<SeccompRule, String> {
    rule(vec![condition(argument, SeccompCmpOp::MaskedEq(bit), bit)?])
}

/// Refuses every address family but those allowed: vsock, for one, knows no namespaces.
fn families(sockets: Sockets) -> Result<Vec<SeccompRule>, String> {
    let allowed: &[i32] = match sockets {
        Sockets::Namespaced => &[libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK],
        Sockets::None => return Ok(Vec::new()),
    };
    let others = allowed.iter().map(|&family| condition(0, SeccompCmpOp::Ne, family as u64));
    Ok(vec![rule(others.collect::<Result<_, _>>()?)?])
}

fn compile(rules: Rules, errno: i32) -> Result<Filter, String> {
    let program = seccomp_program(rules, errno)?;
    let convert = |i: &seccompiler::sock_filter| libc::sock_filter {
        code: i.code,
        jt: i.jt,
        jf: i.jf,
        k: i.k,
    };
    Ok(program.iter().map(convert).collect())
}

fn seccomp_program(rules: Rules, errno: i32) -> Result<seccompiler::BpfProgram, String> {
    let architecture = std::env::consts::ARCH
        .try_into()
        .map_err(|_| format!("no system call filter for {}", std::env::consts::ARCH))?;
    let filter = SeccompFilter::new(
        rules.into_iter().collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(errno as u32),
        architecture,
    );
    filter.and_then(TryInto::try_into).map_err(|e| e.to_string())
}

/// Answers every x32 call with ENOSYS. Instructions of linux/filter.h and linux/seccomp.h.
fn x32() -> Filter {
    let statement = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
    if cfg!(not(target_arch = "x86_64")) {
        return vec![statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW)];
    }
    vec![
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0),
        libc::sock_filter {
            code: (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16,
            jt: 0,
            jf: 1,
            k: X32_BIT,
        },
        statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
        statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW),
    ]
}

/// A ruleset under which everything in `readable` may be read and executed and everything in
/// `writable` also written; paths that do not exist are skipped. `None` where the kernel has no
/// Landlock.
///
/// # Errors
/// As the library reports them.
pub(super) fn ruleset(
    readable: &[PathBuf],
    writable: &[PathBuf],
) -> Result<Option<OwnedFd>, RulesetError> {
    let read = AccessFs::from_read(ABI::V1);
    let created = empty_ruleset()?
        .add_rules(path_beneath_rules(readable, read))?
        .add_rules(path_beneath_rules(writable, AccessFs::from_all(LANDLOCK)))?;
    Ok(created.into())
}

/// Before version 3 files outside could still be emptied: that is no protection.
fn empty_ruleset() -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V3))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?
        .create()
}

/// Where the drivers of graphics processors are, and what they ask the system. They are loaded when the
/// first model is, long after the process was confined. No user's files are there.
const DRIVERS: &[&str] = &[
    "/etc/OpenCL",
    "/etc/ld.so.cache",
    "/etc/nvidia",
    "/etc/vulkan",
    "/lib",
    "/lib64",
    "/opt/rocm",
    "/run/opengl-driver",
    "/sys/bus/pci",
    "/sys/class",
    "/sys/dev",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/cuda",
    "/usr/local/lib",
    "/usr/share/vulkan",
];

/// The graphics processors themselves.
fn gpu_devices() -> Vec<PathBuf> {
    let all = std::fs::read_dir("/dev").into_iter().flatten().flatten();
    let named = all.filter(|entry| entry.file_name().to_string_lossy().starts_with("nvidia"));
    named.map(|entry| entry.path()).chain(["/dev/dri".into(), "/dev/kfd".into()]).collect()
}

/// Confines this process for good: files can only be read, and only those in `readable` and what
/// a native library looks at (CPU topology, its own /proc); no sockets, no other program. What is
/// open already would stay usable, so all but the three standard descriptors are closed.
///
/// To be called before the process starts threads or opens anything: Landlock binds the calling
/// thread and those it starts later. Gives the layers that hold.
///
/// # Errors
/// A message, when neither layer can be put up.
pub(in super::super) fn confine_self(
    readable: &[&Path],
    writable: Option<&Path>,
) -> Result<Vec<&'static str>, String> {
    super::sys::close_from(3);
    let mut held = Vec::new();
    let own = ["/proc", "/sys/devices", "/dev/null", "/dev/urandom"].map(Path::new);
    let all: Vec<&Path> = readable.iter().copied().chain(own).collect();
    let drivers = if cfg!(feature = "gpu") { DRIVERS } else { &[] };
    let devices = if cfg!(feature = "gpu") { gpu_devices() } else { Vec::new() };
    let kept = AccessFs::ReadFile
        | AccessFs::ReadDir
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::RemoveFile;
    let used = AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::WriteFile | AccessFs::IoctlDev;
    let landlock = empty_ruleset()
        .and_then(|r| r.add_rules(path_beneath_rules(&all, AccessFs::ReadFile | AccessFs::ReadDir)))
        .and_then(|r| r.add_rules(path_beneath_rules(writable, kept)))
        .and_then(|r| {
            r.add_rules(path_beneath_rules(drivers, AccessFs::ReadFile | AccessFs::ReadDir))
        })
        .and_then(|r| r.add_rules(path_beneath_rules(devices, used)))
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(|e| e.to_string())?;
    if landlock.ruleset != landlock::RulesetStatus::NotEnforced {
        held.push("landlock");
    }
    let mut rules = plain(&[
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_bpf,
        libc::SYS_mount,
        libc::SYS_setns,
        libc::SYS_unshare,
        libc::SYS_io_uring_setup,
        libc::SYS_keyctl,
        libc::SYS_perf_event_open,
        libc::SYS_socketpair,
    ]);
    rules.push((libc::SYS_socket, families(Sockets::None)?));
    match seccomp_program(rules, libc::EPERM) {
        Ok(program) if seccompiler::apply_filter_all_threads(&program).is_ok() => {
            held.push("seccomp")
        }
        _ if held.is_empty() => return Err("neither Landlock nor seccomp works here".to_owned()),
        _ => {}
    }
    Ok(held)
}
