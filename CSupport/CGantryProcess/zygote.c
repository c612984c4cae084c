// The zygote: forks containers on request and reports their ends. One thread, for ever; runs no code of the
// user. Entered by a fork of the keeper; ends with the keeper, with the driver's socket, or by SIGKILL.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

enum { SOCKET = 3, LIFELINE = 4 };

typedef struct zygote {
  gantry_container_main main;
  pid_t self;
  uint32_t number;
  int signals;
} zygote;

/// Without a driver there is nobody to fork for: the keeper then ends everything, or starts a successor.
static void tell(const zygote *z, uint32_t kind, gantry_notice notice, int fd) {
  notice.zygote = z->number;
  int result = gantry_notice_send(SOCKET, LIFELINE, kind, notice, fd);
  // The descriptor is a help, the notice a duty.
  if (result < 0 && result != -EPIPE && fd >= 0) {
    result = gantry_notice_send(SOCKET, LIFELINE, kind, notice, -1);
  }
  if (result < 0) _exit(0);
}

static void spawn(const zygote *z, const gantry_spawn *wanted, const int *fds, int count) {
  gantry_signals_hold();
  pid_t pid = gantry_fork('c');
  if (pid == 0) gantry_container_run(z->main, wanted, fds, count, z->self);
  gantry_signals_resume();
  if (pid < 0) {
    tell(z, GANTRY_NOTICE_SPAWN_FAILED, (gantry_notice){.request = wanted->request, .status = -pid}, -1);
    return;
  }
  // Dead or alive, the container cannot have been reaped yet: the pidfd is surely its own.
  int pidfd = gantry_pidfd_open(pid);
  tell(z, GANTRY_NOTICE_SPAWNED, (gantry_notice){.request = wanted->request, .pid = pid}, pidfd);
  gantry_fd_drop(&pidfd);
}

static void serve(const zygote *z) {
  gantry_spawn wanted;
  int fds[GANTRY_SPAWN_FDS];
  int count;
  int result = gantry_request_receive(SOCKET, &wanted, fds, &count);
  if (result == -EPIPE) _exit(0);
  if (result == -EMFILE) {
    tell(z, GANTRY_NOTICE_SPAWN_FAILED, (gantry_notice){.request = wanted.request, .status = EMFILE}, -1);
  }
  if (result != 1) return;
  spawn(z, &wanted, fds, count);
  for (int i = 0; i < count; i += 1) close(fds[i]);
}

static void reap(const zygote *z) {
  int reaped = 0;
  int32_t status;
  pid_t pid;
  while ((pid = gantry_child_peek(&status)) > 0) {
    tell(z, GANTRY_NOTICE_EXITED, (gantry_notice){.pid = pid, .status = status}, -1);
    gantry_child_reap(pid);
    reaped += 1;
  }
  // What a dead container left running is the keeper's child now, and the kernel tells nobody of an adoption.
  // A full lifeline has said the same already.
  if (reaped > 0) send(LIFELINE, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

_Noreturn void gantry_zygote_run(const gantry_zygote *born) {
  gantry_bind_to_parent(born->keeper);
  prctl(PR_SET_NAME, "gantry-zygote", 0, 0, 0);
  // Out of the keeper's process group into the program's: what the terminal does there is meant for
  // containers too.
  pid_t group = getpgid(born->driver);
  if (group > 0) setpgid(0, group);

  zygote z = {.main = born->main, .self = getpid(), .number = born->number};
  int fds[2] = {born->socket, born->lifeline};
  if (gantry_fds_arrange(fds, 2) < 0) _exit(GANTRY_EXIT_SETUP);
  z.signals = gantry_signals_open();
  if (z.signals < 0) _exit(GANTRY_EXIT_SETUP);
  gantry_signals_resume();

  for (;;) {
    struct pollfd waits[3] = {
        {.fd = LIFELINE, .events = POLLIN},
        {.fd = z.signals, .events = POLLIN},
        {.fd = SOCKET, .events = POLLIN},
    };
    if (poll(waits, 3, -1) < 0) continue;
    // The keeper never writes here: anything is its end.
    if (waits[0].revents != 0) _exit(0);
    if (waits[1].revents != 0) {
      gantry_signals_drain(z.signals);
      reap(&z);
    }
    // One request a turn, so that a flood of them does not hold back the ends.
    if (waits[2].revents != 0) serve(&z);
  }
}
