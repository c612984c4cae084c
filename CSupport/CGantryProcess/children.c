// Forks, and takes the dead: the few calls about processes that keeper, zygote and driver have in common.
// A dead child is peeked at first and released after its notice is sent, so that a pid is never used again
// before the driver could hear of its end.
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

#ifdef GANTRY_HOOKS
int (*gantry_fork_hook)(int role) = NULL;
#endif

pid_t gantry_fork(int role) {
#ifdef GANTRY_HOOKS
  int refused = gantry_fork_hook == NULL ? 0 : gantry_fork_hook(role);
  if (refused != 0) return -refused;
#endif
  (void)role;
  pid_t pid = fork();
  return pid < 0 ? -errno : pid;
}

void gantry_bind_to_parent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // A parent that died before the call sends nothing any more, but it is the parent no more: end as if it
  // had.
  if (getppid() != parent) kill(getpid(), SIGKILL);
}

void gantry_wake_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGCONT, 0, 0, 0); }

/// Lets a child go on that asked for a tracer, and stopped at a signal or an exec of its own.
static void decline_to_trace(pid_t pid, int signal) {
  if (ptrace(PTRACE_DETACH, pid, NULL, (void *)(intptr_t)signal) == 0) return;
  // It is being killed, or cannot be let go: nothing else would ever move it.
  kill(pid, SIGKILL);
  siginfo_t info;
  waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG);
}

pid_t gantry_child_peek(int32_t *status) {
  siginfo_t info;
  for (;;) {
    memset(&info, 0, sizeof info);
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
      if (errno != EINTR) return -errno;
      continue;
    }
    if (info.si_pid == 0) return 0;
    // The stops of a tracee are reported unasked. Taken for its death, they would leave a process behind that the
    // driver has forgotten.
    if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED && info.si_code != CLD_CONTINUED) break;
    decline_to_trace(info.si_pid, info.si_status);
  }
  // The wait status of Linux, rebuilt: waitid alone can peek, and it alone does not return one.
  *status = info.si_code == CLD_EXITED  ? (info.si_status & 0xff) << 8
            : info.si_code == CLD_DUMPED ? info.si_status | 0x80
                                         : info.si_status;
  return info.si_pid;
}

void gantry_child_reap(pid_t pid) {
  siginfo_t info;
  while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) != 0 && errno == EINTR) continue;
}

int gantry_pidfd_open(pid_t pid) {
  int fd = (int)syscall(SYS_pidfd_open, pid, 0U);
  return fd < 0 ? -errno : gantry_fd_lift(fd);
}

int gantry_pidfd_signal(int pidfd, int signal) {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0U) == 0 ? 0 : -errno;
}

int64_t gantry_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
