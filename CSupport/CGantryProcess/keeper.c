// The keeper: keeps one zygote running, kills and reaps whatever falls to it, and ends everything with the
// driver. Entered by a fork of the driver; forks nothing but zygotes and runs no code of the user. One
// thread, one loop; every wait in it has a bound or ends with the driver.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

enum {
  BACKOFF_FIRST_MS = 10,    // before the successor of a zygote that died young
  BACKOFF_LAST_MS = 1000,   // doubling up to this, which is also the age of a zygote that counts as grown
  SWEEP_FIRST_MS = 10,      // before looking again after something killed that is not dead yet
  SWEEP_LAST_MS = 1000,     // doubling up to this
  ORPHANS_MS = 5000,        // how long a successor waits for its predecessor's containers to be gone
};

typedef struct keeper {
  gantry_container_main main;
  const gantry_role_plan *plan;  // what zygotes execute; NULL: they are forks
  int words;                     // where what they execute writes its last words
  int reports;
  int control;  // the driver's socket
  pid_t self;
  pid_t driver;
  int driver_pidfd;
  int signals;
  int lifeline;
  bool gone;  // the driver
  pid_t zygote;
  uint32_t number;        // of the present zygote, or of the last
  int64_t born;           // when it was forked
  int backoff;            // 0 after a grown zygote
  int64_t fork_at;        // not before this
  int64_t orphans_until;  // nor before this, unless all are gone
  bool orphans;           // some child may be a container of a dead zygote: its end is reported
  int sweep;              // the pause before the next look, 0 when there is nothing to look for
} keeper;

static void tell(keeper *k, uint32_t kind, gantry_notice notice, int fd) {
  notice.zygote = k->number;
  if (!k->gone && gantry_notice_send(k->control, k->driver_pidfd, kind, notice, fd) == -EPIPE) k->gone = true;
}

static void zygote_postponed(keeper *k) {
  k->backoff = k->backoff == 0 ? BACKOFF_FIRST_MS : k->backoff * 2;
  if (k->backoff > BACKOFF_LAST_MS) k->backoff = BACKOFF_LAST_MS;
  k->fork_at = gantry_now() + k->backoff;
}

/// Forks a zygote. `end` is its end of a socket that the driver has already, or -1.
static void zygote_start(keeper *k, int end) {
  int socket[2] = {-1, end};
  int life[2] = {-1, -1};
  int error = end < 0 ? gantry_control_pair(socket) : 0;
  if (error == 0) error = gantry_control_pair(life);
  pid_t pid = error;
  if (error == 0) {
    if (k->plan != NULL) {
      // The words of its predecessor explain nothing any more.
      if (ftruncate(k->words, 0) == 0) lseek(k->words, 0, SEEK_SET);
      if (ftruncate(k->reports, 0) == 0) lseek(k->reports, 0, SEEK_SET);
    }
    gantry_zygote born = {.main = k->main,
                          .plan = k->plan,
                          .words = k->words,
                          .reports = k->reports,
                          .socket = socket[1],
                          .lifeline = life[1],
                          .number = k->number + 1,
                          .keeper = k->self,
                          .driver = k->driver};
    gantry_signals_hold();
    pid = gantry_fork('z');
    if (pid == 0) gantry_zygote_run(&born);
    gantry_signals_resume();
  }
  gantry_fd_drop(&socket[1]);
  gantry_fd_drop(&life[1]);
  if (pid > 0) {
    k->zygote = pid;
    k->number += 1;
    k->born = gantry_now();
    k->lifeline = life[0];
    // Where this fails, the zygote finds its socket closed and ends, and another gets its turn.
    tell(k, GANTRY_NOTICE_ZYGOTE_STARTED, (gantry_notice){.pid = pid}, socket[0]);
  } else {
    gantry_fd_drop(&life[0]);
    zygote_postponed(k);
    tell(k, GANTRY_NOTICE_ZYGOTE_FAILED, (gantry_notice){.status = -pid}, -1);
  }
  gantry_fd_drop(&socket[0]);
}

static void zygote_ended(keeper *k, int32_t status) {
  tell(k, GANTRY_NOTICE_ZYGOTE_EXITED, (gantry_notice){.pid = k->zygote, .status = status}, -1);
  k->zygote = 0;
  gantry_fd_drop(&k->lifeline);
  int64_t now = gantry_now();
  k->orphans = true;
  k->orphans_until = now + ORPHANS_MS;
  k->fork_at = now;
  if (now - k->born >= BACKOFF_LAST_MS) {
    k->backoff = 0;
  } else {
    zygote_postponed(k);
  }
}

/// Releases all dead children. Returns false when there is no child left at all.
static bool reap(keeper *k) {
  for (;;) {
    int32_t status = 0;
    pid_t pid = gantry_child_peek(&status);
    if (pid <= 0) return pid == 0;
    if (pid == k->zygote) {
      zygote_ended(k, status);
    } else if (k->orphans) {
      tell(k, GANTRY_NOTICE_EXITED, (gantry_notice){.pid = pid, .status = status}, -1);
    }
    gantry_child_reap(pid);
  }
}

static void orders(keeper *k) {
  uint32_t number;
  int result;
  while ((result = gantry_order_receive(k->control, &number)) != 0) {
    if (result == 1 && number == k->number && k->zygote > 0) kill(k->zygote, SIGKILL);
    if (result < 0 && result != -EPROTO) {
      k->gone = true;
      return;
    }
  }
}

/// Milliseconds until the loop has something to do by itself, or -1.
static int next_turn(const keeper *k) {
  int64_t left = k->sweep > 0 ? k->sweep : -1;
  if (k->zygote == 0) {
    int64_t wait = k->fork_at - gantry_now();
    if (wait < 0) wait = 0;
    // Past fork_at it is the orphans that are waited for, and they have a sweep under way.
    if (wait > 0 || left < 0) left = left < 0 || wait < left ? wait : left;
  }
  return (int)left;
}

static void wait_for_news(keeper *k, int timeout) {
  struct pollfd waits[4] = {{.fd = k->control, .events = POLLIN},
                            {.fd = k->driver_pidfd, .events = POLLIN},
                            {.fd = k->signals, .events = POLLIN},
                            {.fd = k->lifeline, .events = POLLIN}};
  if (poll(waits, 4, timeout) <= 0) return;
  if (waits[0].revents != 0) orders(k);
  if (waits[1].revents != 0) k->gone = true;
  if (waits[2].revents != 0) gantry_signals_drain(k->signals);
  if (waits[3].revents != 0) {
    char bytes[16];
    // The end of the lifeline is a moment ahead of the zygote's own: SIGCHLD will tell.
    ssize_t got;
    while ((got = recv(k->lifeline, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) continue;
    if (got == 0) gantry_fd_drop(&k->lifeline);
  }
}

static void turn(keeper *k) {
  bool any = reap(k);
  int found = any ? gantry_sweep(k->zygote) : 0;
  if (found == 0) {
    k->sweep = 0;
    k->orphans = false;
  } else if (found > 0 || k->zygote == 0) {
    k->sweep = k->sweep == 0 ? SWEEP_FIRST_MS : k->sweep * 2;
    if (k->sweep > SWEEP_LAST_MS) k->sweep = SWEEP_LAST_MS;
  }
  int64_t now = gantry_now();
  if (k->zygote == 0 && !k->gone && now >= k->fork_at && (found == 0 || now >= k->orphans_until)) {
    zygote_start(k, -1);
  }
}

/// Kills and reaps all descendants.
static _Noreturn void end(keeper *k) {
  // A pipeline behind the program must not wait for the clean-up.
  for (int fd = 0; fd < 3; fd += 1) close(fd);
  gantry_fd_drop(&k->lifeline);
  gantry_sweep_to_the_end(k->signals);
  _exit(0);
}

/// Serves until the driver is gone. `first_zygote` is the first zygote's end of its socket.
static _Noreturn void serve(keeper *k, int first_zygote) {
  k->self = getpid();
  k->lifeline = -1;
  gantry_signals_serve();
  k->signals = gantry_signals_open();
  if (k->signals < 0) _exit(GANTRY_EXIT_SETUP);
  zygote_start(k, first_zygote);
  while (!k->gone) {
    wait_for_news(k, next_turn(k));
    if (!k->gone) turn(k);
  }
  end(k);
}

_Noreturn void gantry_keeper_resume(const gantry_role_plan *plan) {
  prctl(PR_SET_NAME, "gantry-keeper", 0, 0, 0);
  close(ROLE_FD);
  gantry_signals_inherited(plan->text->mask);
  keeper k = {.plan = plan,
              .words = KEEPER_WORDS,
              .reports = KEEPER_REPORTS,
              .control = KEEPER_CONTROL,
              .driver = plan->text->driver,
              .driver_pidfd = plan->text->fd_count > 0 ? KEEPER_DRIVER : -1};
  serve(&k, KEEPER_ZYGOTE);
}

_Noreturn void gantry_keeper_run(const gantry_keeper_birth *born) {
  prctl(PR_SET_NAME, "gantry-keeper", 0, 0, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  // A SIGKILL of the program's whole group then spares the one that cleans up.
  setpgid(0, 0);
  // The second witness: the program may have forked processes that hold the socket open after its death.
  int pidfd = gantry_pidfd_open(born->driver);
  if (getppid() != born->driver) _exit(0);
  gantry_fds_silence();

  keeper k = {.main = born->main, .plan = born->plan, .driver = born->driver, .driver_pidfd = -1};
  if (born->plan == NULL) {
    int fds[3] = {born->control, born->first_zygote, pidfd};
    if (gantry_fds_arrange(fds, pidfd < 0 ? 2 : 3) < 0) _exit(GANTRY_EXIT_SETUP);
    k.control = 3;
    if (pidfd >= 0) k.driver_pidfd = 5;
    serve(&k, 4);
  }
  gantry_role_text details = {.fd_count = pidfd < 0 ? 0 : 1};
  int role = gantry_role_write(born->plan, GANTRY_ROLE_KEEPER, &details);
  int fds[6] = {role, born->control, born->first_zygote, born->words, born->reports, pidfd};
  if (role < 0 || gantry_fds_arrange(fds, pidfd < 0 ? 5 : 6) < 0) _exit(GANTRY_EXIT_SETUP);
  // As a fork it would hold on to all memory that a large driver had at this moment, for as long as it serves.
  gantry_fds_inherit(pidfd < 0 ? 5 : 6, true);
  gantry_signals_give_up(UINT64_MAX);
  gantry_role_execute(born->plan, true);
  // A program that cannot be executed may still be able to execute another: it serves as the fork it is.
  gantry_fds_inherit(pidfd < 0 ? 5 : 6, false);
  close(ROLE_FD);
  k.control = KEEPER_CONTROL;
  k.words = KEEPER_WORDS;
  k.reports = KEEPER_REPORTS;
  if (pidfd >= 0) k.driver_pidfd = KEEPER_DRIVER;
  serve(&k, KEEPER_ZYGOTE);
}
