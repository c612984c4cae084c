// Runs a small program to its end and takes what it prints, for a process that has threads and a life of its own.
// Called by the driver outside its lock. Bounded: a program that hangs is killed. It dies with the caller's thread, has
// no signals blocked, and the caller may ignore SIGCHLD or reap every child itself.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/// In the child that shares the caller's memory until it becomes the program: nothing but system calls.
static _Noreturn void become(const char *path, char *const *arguments, int output, int null, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (dup2(null, 0) >= 0 && dup2(output, 1) >= 0 && dup2(null, 2) >= 0) execv(path, arguments);
  _exit(127);
}

/// vfork rather than fork: the caller may have gigabytes of page tables to copy. Signals are blocked meanwhile, so that
/// no handler of the caller's runs in the child.
///
/// Returns the child's pidfd; -errno; -ESRCH if the child has ended and been reaped already.
static int launch(const char *path, char *const *arguments, int output, int null) {
  sigset_t all, before;
  sigfillset(&all);
  pid_t self = getpid();
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t child = vfork();
  if (child == 0) become(path, arguments, output, null, self);
  // Opened before a handler can reap any child and free the pid.
  int process = child < 0 ? -errno : gantry_pidfd_open(child);
  if (child > 0 && process < 0 && process != -ESRCH) kill(child, SIGKILL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return process;
}

/// Reads until the end, the deadline, or `room` is full; how many bytes came, or -ETIMEDOUT.
static long take(int from, char *to, size_t room, int64_t deadline) {
  size_t count = 0;
  while (count < room) {
    int64_t left = deadline - gantry_now();
    if (left <= 0) return -ETIMEDOUT;
    struct pollfd ready = {.fd = from, .events = POLLIN};
    if (poll(&ready, 1, (int)left) <= 0) continue;
    ssize_t got = read(from, to + count, room - count);
    if (got == 0) break;
    if (got < 0 && errno != EINTR && errno != EAGAIN) return -errno;
    if (got > 0) count += (size_t)got;
  }
  return (long)count;
}

/// Ends the child, which mostly has ended, and reaps it where nobody else did.
static void finish(int process) {
  gantry_pidfd_signal(process, SIGKILL);
  siginfo_t info;
  // ECHILD is fine: a host that waits for any child, or ignores SIGCHLD, was faster.
  while (waitid((idtype_t)P_PIDFD, (id_t)process, &info, WEXITED) < 0 && errno == EINTR) continue;
  close(process);
}

long gantry_tool_run(const char *path, char *const *arguments, char *output, size_t room, int milliseconds) {
  int ends[2];
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return -errno;
  if (pipe2(ends, O_CLOEXEC) < 0) {
    int failure = errno;
    close(null);
    return -failure;
  }
  // In a program without standard streams these must not be what the child's dup2 replaces.
  null = gantry_fd_lift(null);
  ends[0] = gantry_fd_lift(ends[0]);
  ends[1] = gantry_fd_lift(ends[1]);
  long result = -EMFILE;
  if (null >= 0 && ends[0] >= 0 && ends[1] >= 0) {
    int process = launch(path, arguments, ends[1], null);
    gantry_fd_drop(&ends[1]);
    result = process;
    if (process >= 0 || process == -ESRCH) result = take(ends[0], output, room, gantry_now() + milliseconds);
    if (process >= 0) finish(process);
  }
  gantry_fd_drop(&null);
  gantry_fd_drop(&ends[0]);
  gantry_fd_drop(&ends[1]);
  return result;
}
