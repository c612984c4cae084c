// The zygote: forks containers on request and reports their ends. One thread, for ever; runs no code of the
// user from its loop on. Entered by a fork of the keeper, or by what that fork executed (roles.c); ends with the
// keeper or with the driver's socket, after its containers and all that they left; or by SIGKILL.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

typedef gantry_zygote_server zygote;

/// Kills and reaps all containers and what they left, then ends: the keeper or the driver is gone.
///
/// The keeper would do it after this process's end; who killed the keeper would otherwise leave behind what containers
/// have detached.
static _Noreturn void end(const zygote *z) {
  // Somebody may have stopped it, and it has to see that the driver is gone.
  if (getppid() == z->keeper) kill(z->keeper, SIGCONT);
  for (int fd = 0; fd < 3; fd += 1) close(fd);
  gantry_sweep_to_the_end(z->signals);
  _exit(0);
}

/// Without a driver there is nobody to fork for.
static void tell(const zygote *z, uint32_t kind, gantry_notice notice, int fd) {
  notice.zygote = z->number;
  int result = gantry_notice_send(z->socket, z->lifeline, kind, notice, fd);
  // The descriptor is a help, the notice a duty.
  if (result < 0 && result != -EPIPE && fd >= 0) {
    result = gantry_notice_send(z->socket, z->lifeline, kind, notice, -1);
  }
  if (result < 0) end(z);
}

static void spawn(const zygote *z, const gantry_spawn *wanted, const int *fds, int count) {
  gantry_signals_hold();
  pid_t pid = gantry_fork('c');
  if (pid == 0 && z->plan != NULL) gantry_container_execute(z->plan, wanted, fds, count, z->self);
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
  int result = gantry_request_receive(z->socket, &wanted, fds, &count);
  if (result == -EPIPE) end(z);
  if (result == 2) {
    // A child that was not reaped cannot have left its number to a stranger.
    siginfo_t info;
    pid_t pid = (pid_t)wanted.request;
    if (pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0) kill(pid, SIGKILL);
    return;
  }
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
  if (reaped > 0) send(z->lifeline, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/// Where memory runs out, a container is to be killed before its driver: that costs an input, and this all of them.
/// What is written here goes to all containers. More than before is always allowed.
static void stand_first_in_line(void) {
  enum { MORE = 300, MOST = 1000 };
  int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  char text[16] = {0};
  if (read(fd, text, sizeof text - 1) > 0) {
    bool negative = text[0] == '-';
    int score = 0;
    for (const char *at = text + negative; *at >= '0' && *at <= '9'; at += 1) score = score * 10 + (*at - '0');
    score = (negative ? -score : score) + MORE;
    if (score > MOST) score = MOST;
    char digits[16];
    int length = 0;
    int rest = score < 0 ? -score : score;
    do digits[length++] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (score < 0) digits[length++] = '-';
    for (int i = 0; i < length; i += 1) text[i] = digits[length - 1 - i];
    ssize_t written = pwrite(fd, text, (size_t)length, 0);
    (void)written;
  }
  close(fd);
}

_Noreturn void gantry_zygote_serve(gantry_zygote_server *z, bool is_news) {
  z->signals = gantry_signals_open();
  if (z->signals < 0) _exit(GANTRY_EXIT_SETUP);
  // Its end is seen on the lifeline, and there is something to do then.
  z->keeper = getppid();
  gantry_wake_with_parent();
  stand_first_in_line();
  gantry_signals_resume();
  if (is_news) tell(z, GANTRY_NOTICE_ZYGOTE_READY, (gantry_notice){.pid = z->self}, -1);
  for (;;) {
    struct pollfd waits[3] = {
        {.fd = z->lifeline, .events = POLLIN},
        {.fd = z->signals, .events = POLLIN},
        {.fd = z->socket, .events = POLLIN},
    };
    if (poll(waits, 3, -1) < 0) continue;
    // The keeper never writes here: anything is its end.
    if (waits[0].revents != 0) end(z);
    if (waits[1].revents != 0) {
      gantry_signals_drain(z->signals);
      reap(z);
    }
    // One request a turn, so that a flood of them does not hold back the ends.
    if (waits[2].revents != 0) serve(z);
  }
}

/// Executes the program, which runs its main up to the driver and comes back by gantry_role_become_zygote.
static _Noreturn void execute(const gantry_zygote *born) {
  gantry_role_text details = {.zygote = born->number};
  int placed[] = {gantry_role_write(born->plan, GANTRY_ROLE_SECOND, &details),
                  fcntl(1, F_DUPFD_CLOEXEC, 3),
                  born->socket,
                  born->lifeline,
                  born->words,
                  born->reports};
  enum { COUNT = sizeof placed / sizeof placed[0] };
  _Static_assert(3 + COUNT == SECOND_END, "the places that roles.c looks at");
  gantry_fd_nullify(0);
  gantry_fd_nullify(1);
  int failure = placed[0] < 0 ? placed[0] : placed[1] < 0 ? -EMFILE : 0;
  if (failure == 0) failure = dup2(born->words, 2) < 0 ? -errno : gantry_fds_arrange(placed, COUNT);
  int socket = born->socket;
  if (failure == 0) {
    socket = SECOND_SOCKET;
    gantry_fds_inherit(COUNT, true);
    gantry_signals_give_up(born->plan->text->mask);
    failure = gantry_role_execute(born->plan, false);
  }
  gantry_notice notice = {.status = -failure, .zygote = born->number};
  gantry_notice_send(socket, -1, GANTRY_NOTICE_EXEC_FAILED, notice, -1);
  _exit(GANTRY_EXIT_SETUP);
}

_Noreturn void gantry_zygote_run(const gantry_zygote *born) {
  gantry_bind_to_parent(born->keeper);
  prctl(PR_SET_NAME, "gantry-zygote", 0, 0, 0);
  // Out of the keeper's process group into the program's: what the terminal does there is meant for
  // containers too.
  pid_t group = getpgid(born->driver);
  if (group > 0) setpgid(0, group);
  if (born->plan != NULL) execute(born);

  int fds[2] = {born->socket, born->lifeline};
  if (gantry_fds_arrange(fds, 2) < 0) _exit(GANTRY_EXIT_SETUP);
  gantry_zygote_server zygote = {
      .main = born->main, .self = getpid(), .number = born->number, .socket = 3, .lifeline = 4};
  gantry_zygote_serve(&zygote, false);
}
