//! The defences around the decoding of untrusted bytes. A decoder that is taken over finds no
//! network, no files, no way to start a program, and little time and memory.

use crate::failure::Failure;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};
use media::{
    Limits,
    protocol::{Confinement, EXIT_NO_LISTENER},
};
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        prctl,
        resource::{Resource, setrlimit},
    },
    unistd::close,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter_all_threads,
};
use std::{
    collections::BTreeMap,
    os::fd::{AsFd, RawFd},
};

/// Files that may be open at once; GStreamer needs some dozens for its own waking.
const OPEN_FILES: u64 = 256;

/// Closes every descriptor but the three standard ones: whoever started the parent may have left
/// some open for everybody. Called first of all, while none of them can be this program's own.
pub fn close_other_files() {
    let Ok(open) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let number = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.ok()?.file_name();
        name.to_str()?.parse::<RawFd>().ok()
    };
    let others: Vec<RawFd> = open.filter_map(number).filter(|fd| *fd > 2).collect();
    for other in others {
        // One of them was the list itself, which is closed already.
        let _ = close(other);
    }
}

/// Limits on time, memory and files. Called before anything else.
///
/// There is no limit on the number of processes: the kernel counts all of the user's, so that
/// any number is wrong; the filter of system calls forbids new processes instead.
///
/// # Errors
/// [`Failure::Unavailable`] if the system does not let this process limit itself.
pub fn limit_resources(limits: &Limits) -> Result<(), Failure> {
    let cpu = u64::from(limits.cpu_time_s);
    let all = [
        (
            Resource::RLIMIT_AS,
            limits.address_space_bytes,
            limits.address_space_bytes,
        ),
        (Resource::RLIMIT_CPU, cpu, cpu + 1),
        (Resource::RLIMIT_FSIZE, 0, 0),
        (Resource::RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (Resource::RLIMIT_CORE, 0, 0),
    ];
    for (resource, soft, hard) in all {
        setrlimit(resource, soft, hard)
            .map_err(|error| Failure::Unavailable(format!("cannot set {resource:?}: {error}")))?;
    }
    prctl::set_no_new_privs()
        .map_err(|error| Failure::Unavailable(format!("cannot give up privileges: {error}")))
}

/// Ends this process as soon as nobody reads its standard output any more, even in the middle of
/// a long computation. (`PR_SET_PDEATHSIG` watches the parent's *thread*, which may end earlier
/// than the parent.)
#[expect(
    clippy::disallowed_methods,
    reason = "the main thread may be deep in a decoder, and nothing is left to tidy up"
)]
pub fn end_with_listener() {
    std::thread::spawn(|| {
        let output = std::io::stdout();
        let mut watched = [PollFd::new(output.as_fd(), PollFlags::empty())];
        while poll(&mut watched, PollTimeout::NONE) == Err(nix::Error::EINTR) {}
        std::process::exit(EXIT_NO_LISTENER);
    });
}

/// Closes the file system and filters system calls. Called once everything is loaded and before
/// the first byte of the file is looked at. Where the kernel permits less, the answer says so.
#[must_use]
pub fn confine() -> Confinement {
    let mut confinement = Confinement::default();
    match close_file_system() {
        Ok(()) => confinement.file_system = true,
        Err(reason) => confinement.missing.push(format!("Landlock: {reason}")),
    }
    match filter_system_calls() {
        Ok(()) => confinement.system_calls = true,
        Err(reason) => confinement.missing.push(format!("seccomp: {reason}")),
    }
    confinement
}

/// After this, the file on standard input can be opened for reading and no other at all.
fn close_file_system() -> Result<(), String> {
    let close = || -> Result<RulesetStatus, Box<dyn std::error::Error>> {
        let input = std::io::stdin();
        let status = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V5))?
            .handle_access(AccessNet::from_all(ABI::V5))?
            .scope(Scope::from_all(ABI::V6))?
            .create()?
            .add_rule(PathBeneath::new(input.as_fd(), AccessFs::ReadFile))?
            .restrict_self()?;
        Ok(status.ruleset)
    };
    match close() {
        Ok(RulesetStatus::NotEnforced) => Err("the kernel does not have it".into()),
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// System calls no decoding needs: network, programs, other processes, the kernel itself.
const DENIED: &[libc::c_long] = &[
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_setrlimit,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_capset,
    libc::SYS_personality,
    libc::SYS_memfd_create,
    libc::SYS_mknodat,
    libc::SYS_unlinkat,
    libc::SYS_mkdirat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_truncate,
    libc::SYS_fchmodat,
    libc::SYS_fchownat,
    libc::SYS_openat2,
];

/// The forms of these calls that only older architectures have.
#[cfg(target_arch = "x86_64")]
const DENIED_LEGACY: &[libc::c_long] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_creat,
    libc::SYS_mknod,
    libc::SYS_unlink,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_link,
    libc::SYS_symlink,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
];
#[cfg(not(target_arch = "x86_64"))]
const DENIED_LEGACY: &[libc::c_long] = &[];

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn filter_system_calls() -> Result<(), String> {
    let install = || -> Result<(), Box<dyn std::error::Error>> {
        // Made before either is applied, so that a failure leaves nothing half done.
        let filters = [
            program(denied()?, libc::EPERM)?,
            // The C library falls back to `clone`, whose flags a filter can see.
            program([(libc::SYS_clone3, Vec::new())].into(), libc::ENOSYS)?,
        ];
        for filter in &filters {
            apply_filter_all_threads(filter)?;
        }
        Ok(())
    };
    install().map_err(|error| error.to_string())
}

fn program(rules: Rules, errno: i32) -> Result<BpfProgram, Box<dyn std::error::Error>> {
    let deny = SeccompAction::Errno(errno.unsigned_abs());
    let architecture = std::env::consts::ARCH.try_into()?;
    Ok(SeccompFilter::new(rules, SeccompAction::Allow, deny, architecture)?.try_into()?)
}

fn denied() -> Result<Rules, seccompiler::BackendError> {
    let always = DENIED.iter().chain(DENIED_LEGACY);
    let mut rules: Rules = always.map(|call| (*call, Vec::new())).collect();
    let rule = |argument, length, operation, value| {
        let condition = SeccompCondition::new(argument, length, operation, value)?;
        SeccompRule::new(vec![condition])
    };
    let word = SeccompCmpArgLen::Dword;
    // A new process, as opposed to a new thread.
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(
        libc::SYS_clone,
        vec![rule(0, word.clone(), SeccompCmpOp::MaskedEq(thread), 0)?],
    );
    // Pairs of sockets between this process and itself are how GStreamer wakes its threads.
    let local = libc::AF_UNIX as u64;
    rules.insert(
        libc::SYS_socketpair,
        vec![rule(0, word.clone(), SeccompCmpOp::Ne, local)?],
    );
    // Files for writing.
    let writing = [libc::O_WRONLY, libc::O_RDWR, libc::O_CREAT, libc::O_TRUNC];
    let to_write = |argument| {
        let flag = |flag: i32| {
            let flag = u64::from(flag.unsigned_abs());
            rule(argument, word.clone(), SeccompCmpOp::MaskedEq(flag), flag)
        };
        writing.into_iter().map(flag).collect::<Result<Vec<_>, _>>()
    };
    rules.insert(libc::SYS_openat, to_write(2)?);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, to_write(1)?);
    // New limits, as opposed to asking for the old ones.
    rules.insert(
        libc::SYS_prlimit64,
        vec![rule(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)?],
    );
    // Signals to other processes; to itself is how `abort` works.
    let own = u64::from(std::process::id());
    rules.insert(
        libc::SYS_tgkill,
        vec![rule(0, word, SeccompCmpOp::Ne, own)?],
    );
    Ok(rules)
}
