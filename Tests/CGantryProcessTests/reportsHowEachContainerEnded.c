// Every way a container can end reaches the driver as the right wait status: exit codes and all fatal
// signals.
#include "support.h"

static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)fds;
  CHECK(count == 0, "descriptors came from nowhere");
  int value = (int)spawn->detail[0];
  if (spawn->function_index == 0) exit(value);
  if (spawn->function_index == 1) _exit(value);
  if (spawn->function_index == 2) {
    signal(value, SIG_DFL);
    raise(value);
    sleep_for_ever();
  }
  if (spawn->function_index == 3) return;
  sleep_for_ever();
}

int main(void) {
  watchdog(60);
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  const int codes[] = {0, 1, 70, 127, 128, 255};
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i += 1) {
    for (uint32_t how = 0; how < 2; how += 1) {
      booked *c = book_spawn(&b, how, (uint64_t)codes[i]);
      BOOK_UNTIL(&b, c->exited);
      CHECK(gantry_status_code(c->status) == codes[i], "exit(%d) gave status %x", codes[i], c->status);
      CHECK(gantry_status_signal(c->status) == 0, "exit(%d) gave a signal", codes[i]);
    }
  }
  booked *returned = book_spawn(&b, 3, 0);
  BOOK_UNTIL(&b, returned->exited);
  CHECK(gantry_status_code(returned->status) == GANTRY_EXIT_RETURNED,
        "a returning entry gave %x", returned->status);

  const int fatal[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,    SIGTRAP, SIGABRT, SIGBUS,  SIGFPE,
                       SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2,   SIGPIPE, SIGALRM, SIGTERM, SIGXCPU,
                       SIGXFSZ, SIGPROF, SIGIO,   SIGVTALRM, SIGSYS,  SIGPWR,  SIGRTMIN + 1};
  for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i += 1) {
    booked *own = book_spawn(&b, 2, (uint64_t)fatal[i]);
    BOOK_UNTIL(&b, own->exited);
    CHECK(gantry_status_signal(own->status) == fatal[i], "raise(%d) gave status %x", fatal[i], own->status);
    CHECK(gantry_status_code(own->status) == -1, "raise(%d) gave an exit code", fatal[i]);
  }
  booked *sent = book_spawn(&b, 4, 0);
  CHECK(gantry_pidfd_signal(sent->pidfd, SIGKILL) == 0, "the pidfd took no signal");
  BOOK_UNTIL(&b, sent->exited);
  CHECK(gantry_status_signal(sent->status) == SIGKILL, "SIGKILL gave status %x", sent->status);
  // The notice goes out an instant before the zombie.
  AWAIT(gantry_pidfd_signal(sent->pidfd, 0) == -ESRCH);
  book_stop(&b, before);
}
