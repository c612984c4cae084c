// The program may ignore SIGCHLD, not want zombies, reap everything itself, or reap everything in a handler:
// ends are reported and the stop works all the same, and containers get the program's own disposition back.
#include "support.h"

enum { IGNORED, NO_ZOMBIES, HANDLED, BLOCKED, REAPED_BY_HOST, WAYS };
static int way;

static void reap_all(int number) {
  (void)number;
  int saved = errno;
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  errno = saved;
}

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)fds, (void)count;
  struct sigaction action;
  sigset_t mask;
  sigaction(SIGCHLD, NULL, &action);
  sigprocmask(SIG_SETMASK, NULL, &mask);
  bool right = way == IGNORED      ? action.sa_handler == SIG_IGN
               : way == NO_ZOMBIES ? action.sa_handler == SIG_DFL && (action.sa_flags & SA_NOCLDWAIT) != 0
               : way == HANDLED    ? action.sa_handler == reap_all
                                   : action.sa_handler == SIG_DFL;
  if (!right || sigismember(&mask, SIGCHLD) != (way == BLOCKED)) _exit(99);
  _exit((int)spawn->detail[0]);
}

int main(void) {
  watchdog(60);
  for (way = 0; way < WAYS; way += 1) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t chld;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    if (way == IGNORED) action.sa_handler = SIG_IGN;
    if (way == NO_ZOMBIES) action.sa_flags = SA_NOCLDWAIT;
    if (way == HANDLED) action.sa_handler = reap_all;
    sigaction(SIGCHLD, &action, NULL);
    sigprocmask(way == BLOCKED ? SIG_BLOCK : SIG_UNBLOCK, &chld, NULL);
    int before = fds_of(getpid());
    static book b;
    book_start(&b, box);
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    CHECK(sigismember(&now, SIGCHLD) == (way == BLOCKED), "the start changed the driver's mask");
    for (int i = 0; i < 20; i += 1) {
      booked *c = book_spawn(&b, 0, (uint64_t)i);
      BOOK_UNTIL(&b, c->exited);
      CHECK(gantry_status_code(c->status) == i, "way %d: container %d ended %x", way, i, c->status);
    }
    BOOK_UNTIL(&b, b.zygote_pid != 0);
    int exited = b.zygotes_exited;
    kill(b.zygote_pid, SIGKILL);
    BOOK_UNTIL(&b, b.zygotes_exited > exited && b.zygote_pid != 0);
    if (way == REAPED_BY_HOST) {
      kill(b.keeper.pid, SIGKILL);
      CHECK(waitpid(-1, NULL, 0) == b.keeper.pid, "the host reaped something else");
      pid_t zygote = b.zygote_pid;
      AWAIT(!exists(zygote));
      b.zygote_pid = 0;
    }
    book_stop(&b, before);
  }
}
