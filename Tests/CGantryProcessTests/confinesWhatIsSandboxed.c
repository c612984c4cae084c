// A sandboxed process, on every level of Landlock and as root and as nobody, fails in each forbidden way to change
// anything outside; and what a container needs, and what it may do, still works.
// build: -pthread
#include "support.h"

#include "internal.h"
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <termios.h>

static char base[64];
static pid_t victim;
static int victim_pidfd;
static int level;
static int terminal;  // open for both, as a program's standard output is
static const char *terminal_path;
static const char *nowhere[1];
static long word = 42;  // at the same address in the victim

static const char *in(const char *name) {
  static char paths[4][128];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", base, name);
  return path;
}

static bool writes(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

static bool reads(const char *path) { return writes(path, O_RDONLY); }

// Each returns whether it got through.

static bool opens_for_writing(void) { return writes(in("other/file"), O_WRONLY); }
static bool appends(void) { return writes(in("other/file"), O_WRONLY | O_APPEND); }
static bool truncates_by_opening(void) { return writes(in("other/file"), O_RDONLY | O_TRUNC); }
static bool truncates_by_opening_for_neither(void) { return writes(in("other/file"), O_ACCMODE | O_TRUNC); }
static bool truncates_by_opening_newly(void) {
  uint64_t how[3] = {O_TRUNC, 0, 0};
  return syscall(437, AT_FDCWD, in("other/file"), how, sizeof how) >= 0;  // openat2
}
static bool truncates(void) { return truncate(in("other/file"), 0) == 0; }
static bool creates(void) { return writes(in("other/new"), O_WRONLY | O_CREAT); }
static bool creates_in_tmp(void) { return writes("/tmp/gantry-sandbox-escape", O_WRONLY | O_CREAT); }
static bool makes_shared_memory(void) {
  int fd = shm_open("/gantry-sandbox-escape", O_RDWR | O_CREAT, 0600);
  if (fd >= 0) shm_unlink("/gantry-sandbox-escape");
  return fd >= 0;
}
static bool makes_unnamed_file(void) { return writes(in("other"), O_TMPFILE | O_WRONLY); }
static bool makes_directory(void) { return mkdir(in("other/directory"), 0700) == 0; }
static bool makes_fifo(void) { return mkfifo(in("other/fifo"), 0600) == 0; }
static bool makes_symlink(void) { return symlink("/etc", in("other/link")) == 0; }
static bool writes_through_symlink(void) {
  return symlink(in("other/file"), in("own/out")) == 0 && writes(in("own/out"), O_WRONLY);
}
static bool links_inside(void) {
  return link(in("other/file"), in("own/hard")) == 0 && writes(in("own/hard"), O_WRONLY);
}
static bool removes(void) { return unlink(in("other/file")) == 0; }
static bool moves_out(void) {
  return writes(in("own/mine"), O_WRONLY | O_CREAT) && rename(in("own/mine"), in("other/mine")) == 0;
}
static bool moves_in(void) { return rename(in("other/file"), in("own/stolen")) == 0; }
static bool climbs_out(void) { return writes(in("own/../other/file"), O_WRONLY); }
static bool reopens_for_writing(void) {
  int fd = open(in("other/file"), O_RDONLY);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return fd >= 0 && writes(path, O_WRONLY);
}
static bool changes_mode(void) { return chmod(in("other/file"), 0777) == 0; }
static bool changes_mode_of_descriptor(void) {
  int fd = open(in("other/file"), O_RDONLY);
  return fd >= 0 && fchmod(fd, 0777) == 0;
}
static bool changes_mode_newly(void) {
  return syscall(452, AT_FDCWD, in("other/file"), 0777, 0) == 0;  // fchmodat2
}
static bool changes_owner(void) { return chown(in("other/file"), getuid(), getgid()) == 0; }
static bool changes_times(void) { return utimensat(AT_FDCWD, in("other/file"), NULL, 0) == 0; }
static bool changes_attributes(void) { return setxattr(in("other/file"), "user.a", "b", 1, 0) == 0; }
static bool changes_flags(void) {
  int fd = open(in("other/file"), O_RDONLY);
  int flags = 0x40;  // no dump
  return fd >= 0 && ioctl(fd, 0x40086602, &flags) == 0;
}
static bool changes_generation(void) {
  int fd = open(in("other/file"), O_RDONLY);
  long generation = 7;
  return fd >= 0 && ioctl(fd, FS_IOC_SETVERSION, &generation) == 0;
}
/// Makes a file one that nobody can write any more; few file systems know how.
static bool seals_a_file(void) {
  int fd = open(in("other/file"), O_RDONLY);
  char verity[128] = {1, 0, 0, 0, 1, 0, 0, 0, 0, 16};
  return fd < 0 || ioctl(fd, 0x40806685, verity) == 0 || errno != EPERM;
}
/// Whoever opens the file for writing then waits.
static bool leases(void) {
  int fd = open(in("other/file"), O_RDONLY);
  return fd >= 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
}
static bool leaves_a_hint(void) {
  int fd = open(in("other/file"), O_RDONLY);
  uint64_t hint = 2;
  return fd >= 0 && fcntl(fd, 1036, &hint) == 0;
}
/// Any device that everybody may read will do.
static bool drives_a_device(void) {
  int fd = open("/dev/urandom", O_RDONLY), bits;
  return fd >= 0 && ioctl(fd, 0x80045200, &bits) == 0;
}
static bool drives_a_device_that_is_open_for_neither(void) {
  int fd = open("/dev/urandom", O_ACCMODE), bits;
  return fd >= 0 && ioctl(fd, 0x80045200, &bits) == 0;
}
static bool mounts(void) { return mount("none", in("own"), "tmpfs", 0, NULL) == 0; }
static bool changes_root(void) { return chroot(in("own")) == 0; }

static bool opens_socket(int family, int type) {
  int fd = socket(family, type, 0);
  if (fd >= 0) close(fd);
  return fd >= 0;
}
static bool opens_tcp(void) { return opens_socket(AF_INET, SOCK_STREAM); }
static bool opens_udp(void) { return opens_socket(AF_INET6, SOCK_DGRAM); }
static bool opens_unix(void) { return opens_socket(AF_UNIX, SOCK_STREAM); }
static bool opens_netlink(void) { return opens_socket(AF_NETLINK, SOCK_RAW); }
/// Where somebody outside listens for datagrams.
static struct sockaddr_un letter_box(void) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  snprintf(to.sun_path, sizeof to.sun_path, "%s", in("other/letters"));
  return to;
}
static int datagrams(void) {
  int ends[2];
  return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0 ? ends[0] : -1;
}
static bool sends_to_others(void) {
  struct sockaddr_un to = letter_box();
  return sendto(datagrams(), "x", 1, 0, (struct sockaddr *)&to, sizeof to) == 1;
}
static bool sends_messages_to_others(void) {
  struct sockaddr_un to = letter_box();
  struct iovec part = {"x", 1};
  struct msghdr message = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &part, .msg_iovlen = 1};
  return sendmsg(datagrams(), &message, 0) == 1;
}
static bool turns_a_pair_to_others(void) {
  struct sockaddr_un to = letter_box();
  int end = datagrams();
  return connect(end, (struct sockaddr *)&to, sizeof to) == 0 && send(end, "x", 1, 0) == 1;
}
static bool connects_a_pair(void) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return false;
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  snprintf(to.sun_path, sizeof to.sun_path, "%s", in("other/socket"));
  return connect(ends[0], (struct sockaddr *)&to, sizeof to) == 0;
}
static bool sets_up_a_uring(void) {
  char parameters[120] = {0};
  return syscall(425, 1, parameters) >= 0;
}

static bool signals(void) { return kill(victim, SIGUSR1) == 0; }
static bool probes(void) { return kill(victim, 0) == 0; }
static bool signals_parent(void) { return kill(getppid(), SIGCONT) == 0; }
static bool signals_thread(void) { return syscall(SYS_tgkill, victim, victim, SIGUSR1) == 0; }
static bool signals_thread_alone(void) { return syscall(SYS_tkill, victim, SIGUSR1) == 0; }
static bool signals_by_pidfd(void) { return gantry_pidfd_signal(victim_pidfd, SIGUSR1) == 0; }
static bool signals_by_pidfd_probe(void) { return gantry_pidfd_signal(victim_pidfd, 0) == 0; }
static bool queues(void) {
  union sigval value = {0};
  return sigqueue(victim, SIGUSR1, value) == 0;
}
static bool signals_by_descriptor(void) {
  int ends[2];
  if (pipe(ends) != 0 || fcntl(ends[0], F_SETOWN, victim) != 0) return false;
  return fcntl(ends[0], F_GETOWN) == victim;
}
static bool signals_the_group_in_front(void) {
  return fcntl(terminal, F_SETFL, O_RDWR | O_ASYNC) == 0;
}
static bool signals_the_group_in_front_by_ioctl(void) {
  int on = 1;
  return ioctl(terminal, FIOASYNC, &on) == 0;
}
/// Which signals the group in front as well.
static bool resizes_the_terminal(void) {
  struct winsize size = {.ws_row = 9, .ws_col = 7};
  return ioctl(terminal, TIOCSWINSZ, &size) == 0;
}
static bool changes_the_terminal(void) {
  struct termios modes;
  return tcgetattr(terminal, &modes) == 0 && tcsetattr(terminal, TCSANOW, &modes) == 0;
}
static bool stops_the_terminal(void) {
  if (tcflow(terminal, TCOOFF) != 0) return false;
  tcflow(terminal, TCOON);
  return true;
}
static bool throws_away_what_was_typed(void) { return tcflush(terminal, TCIFLUSH) == 0; }
static bool closes_the_terminal_to_others(void) {
  return ioctl(terminal, TIOCEXCL) == 0 && ioctl(terminal, TIOCNXCL) == 0;
}
static bool leaves_the_terminal(void) { return ioctl(terminal, TIOCNOTTY) == 0 || errno != EPERM; }
/// A leader without a terminal takes the next it opens, if that is nobody's; one that is no PTY is hung up for all
/// others when the leader ends.
static bool takes_the_terminal(void) {
  pid_t child = fork();
  if (child == 0) _exit(setsid() < 0 || !reads(terminal_path) || !reads("/dev/tty"));
  int status;
  return waitpid(child, &status, 0) != child || status == 0;
}
static bool handles_the_stop_of_its_group(void) {
  struct sigaction usual = {.sa_handler = SIG_DFL};
  return sigaction(SIGTTIN, &usual, NULL) == 0 || sigaction(SIGTTOU, &usual, NULL) == 0;
}
static bool traces(void) { return ptrace(PTRACE_ATTACH, victim, NULL, NULL) == 0; }
static bool seizes(void) { return ptrace(PTRACE_SEIZE, victim, NULL, NULL) == 0; }
static bool reads_memory(void) {
  long stolen;
  struct iovec mine = {&stolen, sizeof stolen}, theirs = {&word, sizeof word};
  return process_vm_readv(victim, &mine, 1, &theirs, 1, 0) > 0;
}
static bool reads_its_own_memory(void) {
  long seen = 0;
  struct iovec here = {&seen, sizeof seen}, there = {&word, sizeof word};
  return process_vm_readv(getpid(), &here, 1, &there, 1, 0) > 0 && seen == word;
}
static bool writes_memory(void) {
  long forged = 7;
  struct iovec mine = {&forged, sizeof forged}, theirs = {&word, sizeof word};
  return process_vm_writev(victim, &mine, 1, &theirs, 1, 0) > 0;
}
static const char *of_victim(const char *name) {
  static char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", victim, name);
  return path;
}
static bool opens_memory(void) { return reads(of_victim("mem")); }
static bool reads_environment(void) { return reads(of_victim("environ")); }
static bool looks_at_descriptors(void) {
  char text[64];
  return readlink(of_victim("fd/0"), text, sizeof text) > 0;
}
static bool takes_descriptor(void) { return syscall(438, victim_pidfd, 0, 0) >= 0; }
static bool compares(void) { return syscall(SYS_kcmp, victim, getpid(), 1, 0, 0) >= 0; }
static bool limits_others(void) {
  struct rlimit limit = {64, 64};
  return prlimit(victim, RLIMIT_NOFILE, &limit, NULL) == 0;
}
static bool asks_for_limits(void) {
  struct rlimit limit;
  return prlimit(victim, RLIMIT_NOFILE, NULL, &limit) == 0;
}
static bool slows_others(void) { return setpriority(PRIO_PROCESS, (id_t)victim, 19) == 0; }
static bool slows_its_group(void) { return setpriority(PRIO_PGRP, 0, 19) == 0; }
static bool moves_others(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(0, &set);
  return sched_setaffinity(victim, sizeof set, &set) == 0;
}
static bool makes_a_sibling(void) {
  long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) _exit(0);
  return pid > 0;
}
static bool saves_from_the_oom_killer(void) { return writes("/proc/self/oom_score_adj", O_WRONLY); }

static bool makes_namespace(void) { return unshare(CLONE_NEWUSER) == 0; }
static bool clones_namespace(void) {
  long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) _exit(0);
  return pid > 0;
}
static bool makes_segment(void) {
  int segment = shmget(IPC_PRIVATE, 4096, 0600);
  if (segment >= 0) shmctl(segment, IPC_RMID, NULL);
  return segment >= 0;
}
static bool makes_queue(void) { return msgget(IPC_PRIVATE, 0600) >= 0; }
static bool makes_semaphore(void) { return semget(IPC_PRIVATE, 1, 0600) >= 0; }
static bool opens_message_queue(void) { return syscall(SYS_mq_open, "gantry", O_CREAT | O_RDWR, 0600, NULL) >= 0; }
static bool keeps_a_key(void) { return syscall(SYS_add_key, "user", "gantry", "x", 1, -5) >= 0; }
static bool loads_a_program(void) { return syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != EPERM; }
static bool types(void) { return ioctl(0, TIOCSTI, "x") == 0 || errno != EPERM; }
static bool has_a_capability(void) {
  char text[4096];
  int fd = open("/proc/self/status", O_RDONLY);
  ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (got <= 0) return true;
  text[got] = 0;
  return strstr(text, "CapEff:\t0000000000000000") == NULL || strstr(text, "NoNewPrivs:\t1") == NULL;
}
static bool gets_capabilities_by_exec(void) {
  return system("grep -q '^CapEff:.0000000000000000' /proc/self/status") != 0;
}
static bool becomes_root(void) { return getuid() != 0 && setuid(0) == 0; }
static bool calls_by_another_numbering(void) { return syscall(0x40000000 | 39) >= 0; }
static bool calls_what_is_new(void) { return syscall(500) >= 0 || errno != ENOSYS; }
static bool is_free_in_a_child(void) { return system("echo x 2>/dev/null >\"$ESCAPE\"") == 0; }
static bool signals_by_a_program(void) { return system("kill -USR1 $VICTIM 2>/dev/null") == 0; }

typedef struct attempt {
  const char *name;
  bool (*succeeds)(void);
} attempt;

#define ATTEMPT(function) {#function, function}
static const attempt forbidden[] = {
    ATTEMPT(opens_for_writing), ATTEMPT(appends), ATTEMPT(truncates_by_opening), ATTEMPT(truncates), ATTEMPT(truncates_by_opening_for_neither), ATTEMPT(truncates_by_opening_newly),
    ATTEMPT(creates), ATTEMPT(creates_in_tmp), ATTEMPT(makes_shared_memory), ATTEMPT(makes_unnamed_file),
    ATTEMPT(makes_directory), ATTEMPT(makes_fifo), ATTEMPT(makes_symlink), ATTEMPT(writes_through_symlink),
    ATTEMPT(links_inside), ATTEMPT(removes), ATTEMPT(moves_out), ATTEMPT(moves_in), ATTEMPT(climbs_out),
    ATTEMPT(reopens_for_writing), ATTEMPT(changes_mode), ATTEMPT(changes_mode_of_descriptor),
    ATTEMPT(changes_mode_newly), ATTEMPT(changes_owner), ATTEMPT(changes_times), ATTEMPT(changes_attributes),
    ATTEMPT(changes_flags), ATTEMPT(changes_generation), ATTEMPT(seals_a_file), ATTEMPT(leases),
    ATTEMPT(leaves_a_hint), ATTEMPT(drives_a_device), ATTEMPT(drives_a_device_that_is_open_for_neither),
    ATTEMPT(signals_the_group_in_front), ATTEMPT(signals_the_group_in_front_by_ioctl), ATTEMPT(resizes_the_terminal),
    ATTEMPT(changes_the_terminal), ATTEMPT(stops_the_terminal), ATTEMPT(throws_away_what_was_typed),
    ATTEMPT(closes_the_terminal_to_others), ATTEMPT(leaves_the_terminal), ATTEMPT(takes_the_terminal),
    ATTEMPT(handles_the_stop_of_its_group), ATTEMPT(mounts), ATTEMPT(changes_root), ATTEMPT(opens_tcp), ATTEMPT(opens_udp),
    ATTEMPT(opens_unix), ATTEMPT(opens_netlink), ATTEMPT(sends_to_others), ATTEMPT(sends_messages_to_others), ATTEMPT(turns_a_pair_to_others), ATTEMPT(connects_a_pair),
    ATTEMPT(sets_up_a_uring), ATTEMPT(signals), ATTEMPT(probes), ATTEMPT(signals_parent),
    ATTEMPT(signals_thread), ATTEMPT(signals_thread_alone), ATTEMPT(signals_by_pidfd), ATTEMPT(signals_by_pidfd_probe), ATTEMPT(queues),
    ATTEMPT(signals_by_descriptor), ATTEMPT(traces), ATTEMPT(seizes), ATTEMPT(reads_memory),
    ATTEMPT(writes_memory), ATTEMPT(opens_memory), ATTEMPT(reads_environment), ATTEMPT(looks_at_descriptors),
    ATTEMPT(takes_descriptor), ATTEMPT(compares), ATTEMPT(limits_others), ATTEMPT(asks_for_limits),
    ATTEMPT(slows_others), ATTEMPT(slows_its_group), ATTEMPT(moves_others), ATTEMPT(makes_a_sibling),
    ATTEMPT(saves_from_the_oom_killer), ATTEMPT(makes_namespace), ATTEMPT(clones_namespace),
    ATTEMPT(makes_segment), ATTEMPT(makes_queue), ATTEMPT(makes_semaphore), ATTEMPT(opens_message_queue),
    ATTEMPT(keeps_a_key), ATTEMPT(loads_a_program), ATTEMPT(types), ATTEMPT(has_a_capability),
    ATTEMPT(gets_capabilities_by_exec), ATTEMPT(becomes_root), ATTEMPT(calls_by_another_numbering),
    ATTEMPT(calls_what_is_new), ATTEMPT(is_free_in_a_child), ATTEMPT(signals_by_a_program),
};

static bool reads_files(void) { return reads("/etc/passwd") && reads(in("other/file")) && entries_of("/") > 0; }
static bool writes_inside(void) {
  return writes(in("own/new"), O_WRONLY | O_CREAT) && writes(in("own/new"), O_WRONLY | O_TRUNC) &&
         writes(in("single"), O_WRONLY) && rename(in("own/new"), in("own/moved")) == 0 &&
         mkdir(in("own/directory"), 0700) == 0 && symlink("moved", in("own/link")) == 0 &&
         unlink(in("own/moved")) == 0 && rmdir(in("own/directory")) == 0 && unlink(in("own/link")) == 0;
}
static bool moves_between_directories(void) {
  if (level < 2) return true;  // which Landlock could not allow then
  return mkdir(in("own/a"), 0700) == 0 && writes(in("own/b"), O_WRONLY | O_CREAT) &&
         rename(in("own/b"), in("own/a/b")) == 0 && unlink(in("own/a/b")) == 0 && rmdir(in("own/a")) == 0;
}
static bool throws_away(void) { return writes("/dev/null", O_WRONLY) && writes("/dev/null", O_RDWR); }
static void *thread_main(void *argument) { return argument; }
static bool starts_threads(void) {
  pthread_t thread;
  void *result = NULL;
  if (pthread_create(&thread, NULL, thread_main, &word) != 0) return false;
  return pthread_join(thread, &result) == 0 && result == &word;
}
static bool starts_programs(void) { return system("test -r /etc/passwd") == 0; }
static bool signals_itself(void) {
  signal(SIGUSR2, SIG_IGN);
  return raise(SIGUSR2) == 0 && kill(getpid(), SIGUSR2) == 0 && pthread_kill(pthread_self(), SIGUSR2) == 0;
}
static bool kills_its_children(void) {
  if (level < 6) return true;  // seccomp knows one process from all others, no more
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  int status = 0;
  return kill(child, SIGTERM) == 0 && waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGTERM;
}
static bool uses_pairs_and_memory(void) {
  int ends[2], more[2], letters[2];
  int memory = (int)syscall(SYS_memfd_create, "own", 0);
  return pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, more) == 0 && memory >= 0 &&
         socketpair(AF_UNIX, SOCK_DGRAM, 0, letters) == 0 && send(letters[0], "x", 1, 0) == 1 &&
         ftruncate(memory, 4096) == 0 && mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, memory, 0) != MAP_FAILED;
}
static bool limits_itself(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 && setrlimit(RLIMIT_NOFILE, &limit) == 0 &&
         setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0)) == 0 && unshare(CLONE_FILES) == 0;
}
static bool limits_itself_by_its_name(void) {
  struct rlimit limit;
  cpu_set_t set;
  return prlimit(getpid(), RLIMIT_NOFILE, NULL, &limit) == 0 &&
         sched_getaffinity(getpid(), sizeof set, &set) == 0 &&
         sched_setaffinity(getpid(), sizeof set, &set) == 0 &&
         setpriority(PRIO_PROCESS, (id_t)getpid(), getpriority(PRIO_PROCESS, 0)) == 0;
}
static bool asks_the_terminal(void) {
  struct winsize size;
  return isatty(terminal) == 1 && ioctl(terminal, TIOCGWINSZ, &size) == 0;
}
static bool asks_descriptors(void) {
  int ends[2], waiting, on = 1, flags;
  int fd = open(in("other/file"), O_RDONLY);
  return pipe(ends) == 0 && ioctl(ends[0], FIONREAD, &waiting) == 0 && ioctl(ends[0], FIONBIO, &on) == 0 &&
         fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 && isatty(ends[0]) == 0 && errno == ENOTTY &&
         // A file system may not know of flags.
         (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 || errno != EPERM);
}
static bool handles_signals(void) {
  struct sigaction was;
  for (int number = 1; number < 32; number += 1) {
    if (sigaction(number, NULL, &was) != 0) return false;
    bool is_fixed = number == SIGKILL || number == SIGSTOP || number == SIGTTIN || number == SIGTTOU;
    if (!is_fixed && sigaction(number, &was, NULL) != 0) return false;
  }
  return true;
}

static const attempt allowed[] = {
    ATTEMPT(reads_files), ATTEMPT(writes_inside), ATTEMPT(moves_between_directories), ATTEMPT(throws_away),
    ATTEMPT(starts_threads), ATTEMPT(starts_programs), ATTEMPT(signals_itself), ATTEMPT(kills_its_children),
    ATTEMPT(uses_pairs_and_memory), ATTEMPT(limits_itself), ATTEMPT(reads_its_own_memory),
    ATTEMPT(limits_itself_by_its_name), ATTEMPT(asks_the_terminal), ATTEMPT(asks_descriptors), ATTEMPT(handles_signals),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/// In a fork: enters the sandbox, tries everything, and says what should have been otherwise.
static _Noreturn void try_everything(int rules, uid_t user) {
  if (user != 0 && getuid() == 0) CHECK(setgid(user) == 0 && setuid(user) == 0, "the user could not be changed");
  // So that neither the group nor a terminal of the test's is touched by what gets through.
  signal(SIGUSR1, SIG_IGN);
  CHECK(gantry_sandbox_enter(rules, level) == 0, "level %d could not be entered", level);
  int wrong = 0;
  for (size_t i = 0; i < COUNT(allowed); i += 1) {
    if (allowed[i].succeeds()) continue;
    fprintf(stderr, "level %d, user %d: what should work does not: %s (errno %d)\n", level, (int)getuid(),
            allowed[i].name, errno);
    wrong += 1;
  }
  for (size_t i = 0; i < COUNT(forbidden); i += 1) {
    if (!forbidden[i].succeeds()) continue;
    fprintf(stderr, "level %d, user %d: got through: %s\n", level, (int)getuid(), forbidden[i].name);
    wrong += 1;
  }
  _exit(wrong == 0 ? 0 : 1);
}

/// A terminal of one's own: its master, which stays open for the rest of the test.
static int open_terminal(void) {
  static char path[64];
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  bool is_ready = master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 &&
                  ptsname_r(master, path, sizeof path) == 0;
  terminal_path = path;
  return is_ready ? master : -1;
}

static void make_surroundings(uid_t user) {
  snprintf(base, sizeof base, "/tmp/gantry-sandbox-XXXXXX");
  CHECK(mkdtemp(base) != NULL, "there is no directory to try in");
  CHECK(mkdir(in("own"), 0700) == 0 && mkdir(in("other"), 0700) == 0, "no directories");
  CHECK(writes(in("other/file"), O_WRONLY | O_CREAT) && writes(in("single"), O_WRONLY | O_CREAT), "no files");
  const char *all[] = {".", "own", "other", "other/file", "single"};
  for (size_t i = 0; i < COUNT(all); i += 1) CHECK(chown(in(all[i]), user, user) == 0, "no owner");
  int master = open_terminal();
  CHECK(chown(terminal_path, user, user) == 0, "the terminal has no owner");
  terminal = open(terminal_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(master >= 0 && terminal >= 0, "there is no terminal");
  struct sockaddr_un box = letter_box();
  int letters = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  CHECK(bind(letters, (struct sockaddr *)&box, sizeof box) == 0, "there is no letter box");
  CHECK(chmod(box.sun_path, 0777) == 0, "the letter box is closed");
  // It stays open for the rest of the test.
  int ready[2];
  CHECK(pipe2(ready, O_CLOEXEC) == 0, "no pipe");
  victim = fork();
  if (victim == 0) {
    if (user != getuid()) CHECK(setgid(user) == 0 && setuid(user) == 0, "no victim");
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    close(ready[0]);
    close(ready[1]);
    for (;;) pause();
  }
  char none;
  close(ready[1]);
  CHECK(read(ready[0], &none, 1) == 0, "the victim is not ready");
  close(ready[0]);
  victim_pidfd = (int)syscall(434, victim, 0);
  CHECK(victim > 0 && victim_pidfd >= 0, "there is no victim");
  char text[32];
  snprintf(text, sizeof text, "%d", victim);
  setenv("VICTIM", text, 1);
  setenv("ESCAPE", in("other/file"), 1);
}

static void unmake_surroundings(void) {
  int status;
  CHECK(waitpid(victim, &status, WNOHANG) == 0, "the victim was hit (status %d)", status);
  kill(victim, SIGKILL);
  waitpid(victim, &status, 0);
  close(victim_pidfd);
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", base);
  CHECK(system(command) == 0, "the directory could not be removed");
}

/// The attempts are real: without a sandbox those get through that touch nobody else.
static void check_attempts(uid_t user) {
  make_surroundings(user);
  pid_t free_one = fork();
  if (free_one == 0) {
    if (user != getuid()) CHECK(setgid(user) == 0 && setuid(user) == 0, "no user");
    setpgid(0, 0);
    const attempt sure[] = {
        ATTEMPT(truncates), ATTEMPT(truncates_by_opening), ATTEMPT(truncates_by_opening_for_neither),
        ATTEMPT(truncates_by_opening_newly), ATTEMPT(creates), ATTEMPT(makes_fifo), ATTEMPT(changes_mode),
        ATTEMPT(changes_mode_newly), ATTEMPT(changes_owner), ATTEMPT(changes_times), ATTEMPT(opens_tcp),
        ATTEMPT(opens_unix), ATTEMPT(sends_to_others), ATTEMPT(sends_messages_to_others), ATTEMPT(turns_a_pair_to_others), ATTEMPT(probes), ATTEMPT(signals_by_pidfd_probe),
        ATTEMPT(signals_by_descriptor), ATTEMPT(reads_memory), ATTEMPT(opens_memory), ATTEMPT(limits_others),
        ATTEMPT(slows_others), ATTEMPT(moves_others), ATTEMPT(makes_segment), ATTEMPT(links_inside),
        ATTEMPT(leases), ATTEMPT(drives_a_device), ATTEMPT(drives_a_device_that_is_open_for_neither),
        ATTEMPT(signals_the_group_in_front), ATTEMPT(signals_the_group_in_front_by_ioctl),
        ATTEMPT(resizes_the_terminal), ATTEMPT(changes_the_terminal), ATTEMPT(stops_the_terminal),
        ATTEMPT(throws_away_what_was_typed), ATTEMPT(closes_the_terminal_to_others), ATTEMPT(takes_the_terminal),
        ATTEMPT(handles_the_stop_of_its_group), ATTEMPT(moves_in),
    };
    for (size_t i = 0; i < COUNT(sure); i += 1) {
      CHECK(sure[i].succeeds(), "user %d: %s fails without a sandbox, too", (int)user, sure[i].name);
    }
    _exit(0);
  }
  int status;
  CHECK(waitpid(free_one, &status, 0) == free_one && status == 0, "the attempts could not be tried");
  unmake_surroundings();
}

static void check_level(uid_t user) {
  make_surroundings(user);
  const char *writable[] = {in("own"), in("single")};
  size_t failed;
  int rules = gantry_sandbox_prepare(writable, 2, level, &failed);
  CHECK(rules >= 0, "level %d could not be prepared", level);
  fflush(NULL);
  pid_t tried = fork();
  if (tried == 0) try_everything(rules, user);
  int status;
  CHECK(waitpid(tried, &status, 0) == tried, "the sandboxed process was lost");
  CHECK(status == 0, "level %d, user %d: status %x", level, (int)user, (unsigned)status);
  close(rules);
  unmake_surroundings();
}

/// In the group of a program that runs in the background: reads from the terminal, and is told whether that failed.
static _Noreturn void read_from_background(int rules) {
  CHECK(rules < 0 || gantry_sandbox_enter(rules, level) == 0, "level %d could not be entered", level);
  signal(SIGTTIN, SIG_DFL);
  char letter;
  int tty = open("/dev/tty", O_RDONLY);
  CHECK(tty >= 0, "the terminal is not to be had");
  _exit(read(tty, &letter, 1) < 0 && errno == EIO ? 0 : 1);
}

/// A session whose leader is in front, and in the background a group of a driver (the leader's child) and a container.
/// Returns whether the driver was stopped.
static bool stops_its_driver(int rules) {
  int master = open_terminal();
  CHECK(master >= 0, "there is no terminal");
  fflush(NULL);
  pid_t leader = fork();
  if (leader == 0) {
    CHECK(setsid() > 0 && open(terminal_path, O_RDWR) >= 0, "there is no session");
    pid_t driver = fork();
    if (driver == 0) {
      setpgid(0, 0);
      pid_t container = fork();
      if (container == 0) read_from_background(rules);
      int status;
      _exit(waitpid(container, &status, 0) == container && status == 0 ? 0 : 1);
    }
    int status;
    CHECK(waitpid(driver, &status, WUNTRACED) == driver, "the driver was lost");
    if (!WIFSTOPPED(status)) _exit(status == 0 ? 0 : 1);
    kill(-driver, SIGKILL);
    _exit(2);
  }
  int status;
  CHECK(waitpid(leader, &status, 0) == leader, "the session was lost");
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 1, "level %d: reading the terminal was no error (%x)", level,
        (unsigned)status);
  close(master);
  return WEXITSTATUS(status) == 2;
}

static void check_background(int known) {
  level = known;
  CHECK(stops_its_driver(-1), "without a sandbox a read in the background does not stop the group");
  for (level = 1; level <= known; level += 1) {
    size_t failed;
    int rules = gantry_sandbox_prepare(nowhere, 0, level, &failed);
    CHECK(rules >= 0, "level %d could not be prepared", level);
    CHECK(!stops_its_driver(rules), "level %d: the driver was stopped", level);
    close(rules);
  }
}

/// What is told where a call of the sandbox's own is answered with an error, or with the end of the process.
static int told_without(long call, uint32_t answer, size_t *failed) {
  int ends[2];
  CHECK(pipe(ends) == 0, "no pipe");
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof steps / sizeof steps[0], .filter = steps};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "no filter");
    const char *writable[] = {"/tmp"};
    size_t told[2] = {0, 9};
    int before = fds_of(getpid());
    int result = gantry_sandbox_level();
    if (result > 0) result = gantry_sandbox_prepare(writable, 1, result, &told[1]);
    told[0] = (size_t)result;
    CHECK(result >= 0 || fds_of(getpid()) == before, "a refusal leaves a descriptor");
    _exit(write(ends[1], told, sizeof told) == sizeof told ? 0 : 1);
  }
  size_t told[2] = {0, 0};
  CHECK(read(ends[0], told, sizeof told) == sizeof told, "nothing was told without call %ld", call);
  close(ends[0]);
  close(ends[1]);
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0, "status %x without call %ld", (unsigned)status, call);
  *failed = told[1];
  return (int)told[0];
}

static void check_kernels_without(void) {
  size_t failed;
  CHECK(told_without(444, SECCOMP_RET_ERRNO | ENOSYS, &failed) == -ENOSYS, "no Landlock");
  CHECK(told_without(444, SECCOMP_RET_ERRNO | EOPNOTSUPP, &failed) == -EOPNOTSUPP, "Landlock is off");
  CHECK(told_without(444, SECCOMP_RET_ERRNO | EPERM, &failed) == -EPERM, "Landlock is forbidden");
  CHECK(told_without(445, SECCOMP_RET_ERRNO | EPERM, &failed) == -EPERM && failed == 1, "rules are forbidden");
  CHECK(told_without(446, SECCOMP_RET_ERRNO | EPERM, &failed) == -EPERM && failed == 1, "entering is forbidden");
  CHECK(told_without(446, SECCOMP_RET_KILL_PROCESS, &failed) == -EPERM && failed == 1, "entering kills");
  CHECK(told_without(SYS_seccomp, SECCOMP_RET_ERRNO | EPERM, &failed) == -ENOSYS, "filters are forbidden");
  CHECK(told_without(SYS_capset, SECCOMP_RET_ERRNO | EPERM, &failed) == -EPERM && failed == 1, "capset is forbidden");
}

/// The trial that a prepared sandbox has behind it leaves nothing of itself in the process.
static void check_trial(int known) {
  size_t failed;
  sigset_t before, after;
  sigprocmask(SIG_SETMASK, NULL, &before);
  int rules = gantry_sandbox_prepare(nowhere, 0, known, &failed);
  sigprocmask(SIG_SETMASK, NULL, &after);
  CHECK(rules >= 0 && memcmp(&before, &after, sizeof(uint64_t)) == 0, "the mask is another");
  CHECK(waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD, "a child is left");
  CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 && prctl(PR_GET_SECCOMP) == 0, "this process is confined");
  CHECK(opens_tcp() && creates_in_tmp() && unlink("/tmp/gantry-sandbox-escape") == 0, "something is forbidden");
  CHECK(signal(SIGTTIN, SIG_DFL) == SIG_DFL, "a signal is ignored");
  close(rules);
}

/// A container's entry: makes its standard output such that nobody waits for it, and tries to read from it.
static void print_without_waiting(const gantry_spawn *spawn, const int *fds, int count) {
  (void)spawn, (void)fds;
  char letter;
  CHECK(count == 0, "there are %d descriptors", count);
  CHECK(fcntl(1, F_SETFL, O_NONBLOCK) == 0 && write(1, "x\n", 2) == 2, "nothing can be printed");
  CHECK(read(1, &letter, 1) < 0 && errno == EBADF, "the output can be read");
  _exit(0);
}

static void check_output(int output, int reader) {
  size_t failed;
  int rules = gantry_sandbox_prepare(nowhere, 0, level, &failed);
  fflush(NULL);
  pid_t self = getpid(), container = fork();
  if (container == 0) {
    dup2(output, 1);
    gantry_spawn spawn = {.sandbox = (uint64_t)level};
    int fds[] = {2, rules};
    gantry_container_run(print_without_waiting, &spawn, fds, 2, self);
  }
  char letter = 0;
  int status;
  CHECK(waitpid(container, &status, 0) == container && status == 0, "the container ended with %x", (unsigned)status);
  CHECK(read(reader, &letter, 1) == 1 && letter == 'x', "what it printed is not there");
  CHECK((fcntl(output, F_GETFL) & O_NONBLOCK) == 0, "the program's own output waits no more");
  close(rules);
}

/// The program's standard output, which a container shares, stays as the program has it.
static void check_outputs(int known) {
  level = known;
  int ends[2];
  CHECK(pipe(ends) == 0, "no pipe");
  check_output(ends[1], ends[0]);
  int master = open_terminal();
  int slave = open(terminal_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(master >= 0 && slave >= 0, "there is no terminal");
  check_output(slave, master);
  close(ends[0]), close(ends[1]), close(master), close(slave);
}

static void check_refusals(int known) {
  const char *missing[] = {"/tmp", "/nonexistent/gantry"};
  size_t failed = 9;
  CHECK(gantry_sandbox_prepare(missing, 2, known, &failed) == -ENOENT && failed == 1, "a missing path was taken");
  int before = fds_of(getpid());
  for (int i = 0; i < 50; i += 1) gantry_sandbox_prepare(missing, 2, known, &failed);
  CHECK(fds_of(getpid()) == before, "refusals leave descriptors");
}

int main(void) {
  watchdog(120);
  int known = gantry_sandbox_level();
  if (known < 0) {
    printf("skip: this kernel has no Landlock or no seccomp (%d)\n", known);
    return 0;
  }
  check_refusals(known);
  check_trial(known);
  check_kernels_without();
  check_background(known);
  check_outputs(known);
  uid_t users[] = {getuid(), 65534};
  for (int i = 0; i < (getuid() == 0 ? 2 : 1); i += 1) {
    level = known;
    check_attempts(users[i]);
    for (level = 1; level <= known; level += 1) check_level(users[i]);
  }
  printf("%zu ways out closed on levels 1 to %d\n", COUNT(forbidden), known);
}
