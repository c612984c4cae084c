// Ways out of a sandbox to the network, to other processes, and to the machine; and the list of all of them.
// Each returns whether it got through.
#ifndef GANTRY_SANDBOX_ESCAPES_H
#define GANTRY_SANDBOX_ESCAPES_H

#include "sandbox_escapes_files.h"

static bool opens_socket(int family, int type) {
  int fd = socket(family, type, 0);
  if (fd >= 0) close(fd);
  return fd >= 0;
}
static bool opens_tcp(void) { return opens_socket(AF_INET, SOCK_STREAM); }
static bool opens_udp(void) { return opens_socket(AF_INET6, SOCK_DGRAM); }
static bool opens_unix(void) { return opens_socket(AF_UNIX, SOCK_STREAM); }
static bool opens_netlink(void) { return opens_socket(AF_NETLINK, SOCK_RAW); }
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

#endif
