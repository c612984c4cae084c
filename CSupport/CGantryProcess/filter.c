// The sandbox's filter of system calls: what Landlock does not know of, or not yet on an older kernel.
// A list of what is forbidden rather than of what is allowed: a Swift program may want nearly anything else. What is
// newer than the list is answered as an older kernel would. Runs in fresh forks: no allocation.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/fiemap.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// Numbers from 424 on are the same everywhere, and newer than some headers.
enum {
  NR_io_uring_setup = 425,
  NR_io_uring_enter,
  NR_io_uring_register,
  NR_open_tree,
  NR_move_mount,
  NR_fsopen,
  NR_fsconfig,
  NR_fsmount,
  NR_fspick,
  NR_clone3 = 435,
  NR_openat2 = 437,
  NR_pidfd_getfd = 438,
  NR_process_madvise = 440,
  NR_mount_setattr = 442,
  NR_quotactl_fd = 443,
  NR_process_mrelease = 448,
  NR_fchmodat2 = 452,
  NR_setxattrat = 463,
  NR_removexattrat = 466,
  NR_open_tree_attr = 467,
  NR_file_setattr = 469,
  NR_newest_known = NR_file_setattr,
  NR_pidfd_send_signal = 424,
};

static const int forbidden[] = {
    // Other processes: their memory, their descriptors, what they do.
    SYS_ptrace, SYS_process_vm_writev, SYS_kcmp, NR_pidfd_getfd, NR_process_madvise,
    NR_process_mrelease, SYS_migrate_pages, SYS_move_pages, SYS_perf_event_open,
    // The network, by any family. Pairs of sockets without a name stay (see below).
    SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_sendmsg, SYS_sendmmsg,
    // What has a name for others outside the file system.
    SYS_mq_open, SYS_mq_unlink, SYS_shmget, SYS_shmat, SYS_shmctl, SYS_semget, SYS_semop, SYS_semtimedop,
    SYS_semctl, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl, SYS_add_key, SYS_request_key, SYS_keyctl,
    // Of files what Landlock lets anybody change who may see them.
    SYS_fchmod, SYS_fchmodat, NR_fchmodat2, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_setxattr,
    SYS_lsetxattr, SYS_fsetxattr, NR_setxattrat, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
    NR_removexattrat, NR_file_setattr,
#if defined(__x86_64__)
    SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat, SYS_iopl, SYS_ioperm,
#endif
    // Ways past the filter, and past the file system as it is.
    NR_io_uring_setup, NR_io_uring_enter, NR_io_uring_register, SYS_bpf, SYS_userfaultfd, SYS_setns,
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, NR_open_tree, NR_move_mount, NR_fsopen, NR_fsconfig,
    NR_fsmount, NR_fspick, NR_mount_setattr, NR_open_tree_attr, SYS_open_by_handle_at, SYS_fanotify_init,
    // The machine. Without capabilities the kernel refuses these anyway.
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff,
    SYS_acct, SYS_quotactl, NR_quotactl_fd, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
    SYS_adjtimex, SYS_sethostname, SYS_setdomainname, SYS_syslog, SYS_vhangup,
    // The leader of a session takes a terminal by opening it, and hangs it up for all others by its end.
    SYS_setsid,
};

/// Forbidden too where Landlock does not tell one process from another yet.
static const int forbidden_signals[] = {SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
                                        NR_pidfd_send_signal};

/// Forbidden too where Landlock does not see yet that opening a file for reading can truncate it.
static const uint32_t read_and_truncate[] = {O_RDONLY | O_TRUNC, O_ACCMODE | O_TRUNC};

/// When an argument, as 32 bits, makes a call forbidden.
typedef struct rule {
  int number;
  int argument;
  enum { IF_NOT, IF, IF_ANY_BIT, IF_OTHER } when;
  uint32_t value;  ///< of IF_OTHER none: zero and the container's own process are not others
} rule;

// Of unshare, and of clone, whose lowest byte means something else.
enum { NEW_NAMESPACES = 0x7e020000, NEW_TIME_NAMESPACE = 0x80 };
// Of fcntl: newer than some headers.
enum { SET_LEASE = 1024, SET_WRITE_HINT = 1036, SET_WRITE_HINT_OF_OPEN = 1038, SET_DELEGATION = 1040 };

static const rule rules[] = {
    // Own limits and priorities only: those of others of one's user may be set without a privilege.
    {SYS_prlimit64, 0, IF_OTHER, 0},
    {SYS_sched_setparam, 0, IF_OTHER, 0},
    {SYS_sched_setscheduler, 0, IF_OTHER, 0},
    {SYS_sched_setattr, 0, IF_OTHER, 0},
    {SYS_sched_setaffinity, 0, IF_OTHER, 0},
    {SYS_setpriority, 0, IF_NOT, PRIO_PROCESS},
    {SYS_setpriority, 1, IF_OTHER, 0},
    {SYS_ioprio_set, 0, IF_NOT, 1},
    {SYS_ioprio_set, 1, IF_OTHER, 0},
    // A datagram from a pair could go to somebody else's address; that of sendmsg cannot be looked at.
    {SYS_socketpair, 0, IF_NOT, AF_UNIX},
    {SYS_sendto, 5, IF_NOT, 0},
    // No namespaces; and no child that is the zygote's.
    {SYS_clone, 0, IF_ANY_BIT, NEW_NAMESPACES | CLONE_PARENT},
    {SYS_unshare, 0, IF_ANY_BIT, NEW_NAMESPACES | NEW_TIME_NAMESPACE},
    // Signals in the name of a descriptor.
    {SYS_fcntl, 1, IF, F_SETOWN},
    {SYS_fcntl, 1, IF, F_SETOWN_EX},
    // Whoever wants to write a file waits for the one who has leased it; and a hint is kept with the file.
    {SYS_fcntl, 1, IF, SET_LEASE},
    {SYS_fcntl, 1, IF, SET_DELEGATION},
    {SYS_fcntl, 1, IF, SET_WRITE_HINT},
    {SYS_fcntl, 1, IF, SET_WRITE_HINT_OF_OPEN},
};

/// All that may be asked of a descriptor by ioctl. The rest is too much to forbid one by one: most of it needs a file
/// that is open for reading alone, and a terminal's is already open.
/// There it stops output, changes modes, and signals the group in front; of a file it sets flags and generations, seals
/// it for good, makes snapshots beside it; of devices, before Landlock's ABI 5, it is everything.
static const uint32_t asked_of_descriptors[] = {
    // Terminals: what isatty, the window's size, and shells ask for; TCGETS2 is newer than some headers.
    TCGETS, 0x802c542a, TIOCGWINSZ, TIOCGPGRP, TIOCGSID, TIOCOUTQ,
    // Any descriptor. Not FIOASYNC: a terminal's signals go to the group in front unless told otherwise.
    FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, FIOQSIZE,
    // Files: block size, flags and attributes, version, extents; to share blocks with one that is open for writing.
    FIGETBSZ, FS_IOC_GETFLAGS, FS_IOC32_GETFLAGS, FS_IOC_FSGETXATTR, FS_IOC_GETVERSION, FS_IOC_FIEMAP, FICLONE,
    FICLONERANGE,
};

/// Signals that gantry_sandbox_enter has made ignored: they would stop all of the driver's group where a container
/// reads from the terminal, or writes to it, and that group is not in front.
static const int of_terminals[] = {SIGTTIN, SIGTTOU};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct program {
  struct sock_filter steps[512];
  unsigned short count;
  bool is_too_long;
} program;

static void step(program *p, uint16_t code, uint32_t value, uint8_t if_so, uint8_t if_not) {
  if (p->count == COUNT(p->steps)) {
    p->is_too_long = true;
    return;
  }
  p->steps[p->count++] = (struct sock_filter){.code = code, .jt = if_so, .jf = if_not, .k = value};
}

static void answer(program *p, uint32_t with) { step(p, BPF_RET | BPF_K, with, 0, 0); }

static void refuse(program *p, int error) { answer(p, SECCOMP_RET_ERRNO | (uint32_t)error); }

/// The accumulator is the call's number from here on.
static void load_number(program *p) {
  step(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
}

/// Both machines of ours have the lower half of an argument in front.
static void load_argument(program *p, int argument) {
  step(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (size_t)argument), 0, 0);
}

static void forbid(program *p, int number, int error) {
  step(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1);
  refuse(p, error);
}

/// Forbids a call by the value of some bits of an argument.
static void forbid_by_bits(program *p, int number, int argument, uint32_t bits, uint32_t value) {
  step(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 5);
  load_argument(p, argument);
  step(p, BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
  step(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
  refuse(p, EPERM);
  load_number(p);
}

static void forbid_by(program *p, rule rule) {
  step(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)rule.number, 0, 4);
  load_argument(p, rule.argument);
  uint16_t test = rule.when == IF_ANY_BIT ? BPF_JSET : BPF_JEQ;
  uint8_t skip = rule.when == IF_NOT ? 1 : 0;
  step(p, BPF_JMP | BPF_K | test, rule.value, skip, !skip);
  refuse(p, EPERM);
  load_number(p);
}

/// Forbids a call that names another process than this one.
static void forbid_for_others(program *p, rule rule, uint32_t self) {
  step(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)rule.number, 0, 5);
  load_argument(p, rule.argument);
  step(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0);
  step(p, BPF_JMP | BPF_JEQ | BPF_K, self, 1, 0);
  refuse(p, EPERM);
  load_number(p);
}

/// Forbids all that an ioctl can ask for but the list.
static void forbid_ioctls(program *p) {
  enum { KNOWN = COUNT(asked_of_descriptors) };
  step(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, KNOWN + 3);
  load_argument(p, 1);
  for (size_t i = 0; i < KNOWN; i += 1) {
    step(p, BPF_JMP | BPF_JEQ | BPF_K, asked_of_descriptors[i], (uint8_t)(KNOWN - i), 0);
  }
  refuse(p, EPERM);
  load_number(p);
}

/// Forbids to ask for signals when a descriptor has news: before Landlock's ABI 6 a terminal's reach the group in
/// front.
static void forbid_asynchronous(program *p) {
  step(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 6);
  load_argument(p, 1);
  step(p, BPF_JMP | BPF_JEQ | BPF_K, F_SETFL, 0, 3);
  load_argument(p, 2);
  step(p, BPF_JMP | BPF_JSET | BPF_K, O_ASYNC, 0, 1);
  refuse(p, EPERM);
  load_number(p);
}

/// Forbids to change what a signal does; to ask for it stays allowed.
static void forbid_handling(program *p, int signal) {
  step(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigaction, 0, 8);
  load_argument(p, 0);
  step(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)signal, 0, 5);
  // Both halves of the pointer to the new action.
  load_argument(p, 1);
  step(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2);
  step(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offsetof(struct seccomp_data, args) + 8 + 4), 0, 0);
  step(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
  refuse(p, EPERM);
  load_number(p);
}

int gantry_filter_load(int level) {
#ifdef ARCHITECTURE
  program p = {.count = 0};
  step(&p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
  // The numbers below mean other calls to a program of another kind.
  step(&p, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
  answer(&p, SECCOMP_RET_KILL_PROCESS);
  load_number(&p);
  // Newer than this list (or x86's other numbering), and clone3, whose arguments cannot be looked at: libc has a way
  // without each.
  step(&p, BPF_JMP | BPF_JGT | BPF_K, NR_newest_known, 0, 1);
  refuse(&p, ENOSYS);
  forbid(&p, NR_clone3, ENOSYS);
  for (size_t i = 0; i < COUNT(forbidden); i += 1) forbid(&p, forbidden[i], EPERM);
  uint32_t self = (uint32_t)getpid();
  for (size_t i = 0; i < COUNT(rules); i += 1) {
    if (rules[i].when == IF_OTHER) {
      forbid_for_others(&p, rules[i], self);
    } else {
      forbid_by(&p, rules[i]);
    }
  }
  forbid_ioctls(&p);
  forbid_asynchronous(&p);
  for (size_t i = 0; i < COUNT(of_terminals); i += 1) forbid_handling(&p, of_terminals[i]);
  if (level < 3) {
    forbid(&p, SYS_truncate, EPERM);
    for (size_t i = 0; i < COUNT(read_and_truncate); i += 1) {
#ifdef SYS_open
      forbid_by_bits(&p, SYS_open, 1, O_ACCMODE | O_TRUNC, read_and_truncate[i]);
#endif
      forbid_by_bits(&p, SYS_openat, 2, O_ACCMODE | O_TRUNC, read_and_truncate[i]);
    }
    // Its flags cannot be looked at.
    forbid(&p, NR_openat2, ENOSYS);
  }
  // Its own memory a container reads in this way where it crashes.
  forbid_by(&p, (rule){SYS_process_vm_readv, 0, IF_NOT, self});
  if (level < 6) {
    for (size_t i = 0; i < COUNT(forbidden_signals); i += 1) forbid(&p, forbidden_signals[i], EPERM);
    forbid_by(&p, (rule){SYS_kill, 0, IF_NOT, self});
    forbid_by(&p, (rule){SYS_tgkill, 0, IF_NOT, self});
  }
  answer(&p, SECCOMP_RET_ALLOW);
  if (p.is_too_long) return -E2BIG;
  struct sock_fprog filter = {.len = p.count, .filter = p.steps};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0 ? 0 : -errno;
#else
  (void)level;
  return -ENOSYS;
#endif
}
