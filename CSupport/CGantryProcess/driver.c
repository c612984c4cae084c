// The driver's side of the keeper: start it, and stop it with all that hangs on it.
// Called by the driver under its lock; gantry_keeper_start only while the process has one thread.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/// Returns whether the process was killed, as far as this one can know.
static bool reap_by_pidfd(int pidfd) {
  siginfo_t info = {0};
  // ECHILD is fine: a host that waits for any child, or ignores SIGCHLD, was faster.
  while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0 && errno == EINTR) continue;
  return info.si_pid != 0 && info.si_code != CLD_EXITED;
}

/// Reaps the zygote of a killed keeper where it has fallen to this process: the first of its namespace, or a subreaper.
static void reap_heritage(pid_t zygote, int timeout_ms) {
  int adopts = 0;
  prctl(PR_GET_CHILD_SUBREAPER, &adopts, 0, 0, 0);
  if (zygote <= 0 || (adopts == 0 && getpid() != 1)) return;
  int64_t end = gantry_now() + timeout_ms;
  siginfo_t info = {0};
  // It ends by itself, after what it kills.
  while (waitid(P_PID, (id_t)zygote, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0 && gantry_now() < end) {
    poll(NULL, 0, 1);
  }
}

static bool gone_within(int pidfd, int timeout_ms) {
  int64_t end = gantry_now() + (timeout_ms < 0 ? 0 : timeout_ms);
  for (;;) {
    int64_t left = end - gantry_now();
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};
    int ready = poll(&wait, 1, left < 0 ? 0 : (int)left);
    if (ready > 0) return true;
    if (ready == 0 && left <= 0) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

/// The kernel's own number of a socket, or 0.
static uint64_t number_of(int socket) {
  struct stat facts;
  return fstat(socket, &facts) == 0 && S_ISSOCK(facts.st_mode) ? (uint64_t)facts.st_ino : 0;
}

bool gantry_keeper_is_reachable(const gantry_keeper *keeper) {
  return keeper->socket >= 0 && number_of(keeper->socket) == keeper->socket_id;
}

/// Forks the keeper and fills in `out`; the rest of `born` is the caller's.
static int start(gantry_keeper_birth *born, gantry_keeper *out) {
  *out = (gantry_keeper){.pidfd = -1, .socket = -1, .zygote_socket = -1};
  int control[2];
  int zygote[2];
  int result = gantry_control_pair(control);
  if (result < 0) return result;
  result = gantry_control_pair(zygote);
  if (result < 0) {
    gantry_fd_drop(&control[0]);
    gantry_fd_drop(&control[1]);
    return result;
  }

  pid_t self = getpid();
  born->control = control[1];
  born->first_zygote = zygote[1];
  born->driver = self;
  // Blocked until the pidfd is open: a handler that reaps any child could otherwise free the pid before that.
  gantry_signals_remember();
  pid_t pid = gantry_fork('k');
  if (pid == 0) gantry_keeper_run(born);
  int pidfd = pid < 0 ? -1 : gantry_pidfd_open(pid);
  gantry_signals_release();

  gantry_fd_drop(&control[1]);
  gantry_fd_drop(&zygote[1]);
  if (pid > 0 && pidfd >= 0) {
    *out = (gantry_keeper){.pid = pid,
                           .owner = self,
                           .pidfd = pidfd,
                           .socket = control[0],
                           .zygote_socket = zygote[0],
                           .socket_id = number_of(control[0])};
    return 0;
  }
  // The closed sockets end a keeper that could not be watched; waiting for it then cannot take long.
  gantry_fd_drop(&control[0]);
  gantry_fd_drop(&zygote[0]);
  if (pid < 0) return pid;
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
  return pidfd;
}

int gantry_keeper_start(gantry_container_main main, gantry_keeper *out) {
  fflush(NULL);
  gantry_keeper_birth born = {.main = main};
  return start(&born, out);
}

int gantry_keeper_start_program(const gantry_program *program, gantry_keeper *out) {
  *out = (gantry_keeper){.pidfd = -1, .socket = -1, .zygote_socket = -1};
  gantry_role_plan plan;
  int result = gantry_role_pack(program, &plan);
  if (result < 0) return result;
  gantry_keeper_birth born = {.plan = &plan, .words = program->words, .reports = program->reports};
  result = start(&born, out);
  gantry_role_free(&plan);
  return result;
}

int gantry_keeper_stop(gantry_keeper *keeper, int timeout_ms) {
  bool owner = keeper->owner == getpid();
  if (owner) {
    // Not only closed: a process that the program forked may hold copies, and the end would never be seen.
    // The keeper first, so that it does not take the zygote's end for an accident.
    if (keeper->socket >= 0) shutdown(keeper->socket, SHUT_RDWR);
    if (keeper->zygote_socket >= 0) shutdown(keeper->zygote_socket, SHUT_RDWR);
    // One that somebody stopped would otherwise not see it.
    if (keeper->pidfd >= 0) gantry_pidfd_signal(keeper->pidfd, SIGCONT);
  }
  gantry_fd_drop(&keeper->socket);
  gantry_fd_drop(&keeper->zygote_socket);
  int result = 0;
  if (owner && keeper->pidfd >= 0) {
    if (!gone_within(keeper->pidfd, timeout_ms)) {
      result = -ETIMEDOUT;
      gantry_pidfd_signal(keeper->pidfd, SIGKILL);
      gone_within(keeper->pidfd, 1000);
    }
    if (reap_by_pidfd(keeper->pidfd)) reap_heritage(keeper->zygote, 1000);
  }
  gantry_fd_drop(&keeper->pidfd);
  keeper->pid = 0;
  return result;
}
