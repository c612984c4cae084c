// Dispositions and masks of signals: the servers' own, and the program's, kept for the containers.
// Called by the driver around its fork and by every fork for itself: sigaction and sigprocmask only.
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "internal.h"

// Keeper and zygote end by their sockets alone: a terminal's keys, a broken pipe, and the timers that a program set
// before it became a zygote are the program's business.
static const int ignored[] = {
    SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE,   SIGUSR1, SIGUSR2, SIGTSTP,
    SIGTTIN, SIGTTOU, SIGALRM, SIGPROF, SIGVTALRM, SIGIO,   SIGXCPU,
};

// Written before the fork and by the keeper's set-up, read by containers: each in its own copy.
static struct {
  struct sigaction actions[NSIG];
  bool changed[NSIG];
  sigset_t mask;
} origin;

void gantry_signals_remember(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &origin.mask);
  for (int number = 1; number < NSIG; number += 1) {
    memset(&origin.actions[number], 0, sizeof origin.actions[number]);
    origin.changed[number] = false;
    sigaction(number, NULL, &origin.actions[number]);
  }
}

void gantry_signals_release(void) { sigprocmask(SIG_SETMASK, &origin.mask, NULL); }

void gantry_signals_serve(void) {
  for (int number = 1; number < NSIG; number += 1) {
    struct sigaction wanted;
    memset(&wanted, 0, sizeof wanted);
    wanted.sa_handler = SIG_DFL;
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i += 1) {
      if (ignored[i] == number) wanted.sa_handler = SIG_IGN;
    }
    // Fails for SIGKILL, SIGSTOP and libc's own two: those are nobody's to change. Flags count as a change,
    // since SA_NOCLDWAIT on a default SIGCHLD reaps as silently as SIG_IGN does.
    if (sigaction(number, &wanted, NULL) != 0) continue;
    const struct sigaction *was = &origin.actions[number];
    origin.changed[number] = (was->sa_flags & SA_SIGINFO) != 0 || was->sa_handler != wanted.sa_handler ||
                             (was->sa_flags & SA_NOCLDWAIT) != 0;
  }
  gantry_signals_resume();
}

void gantry_signals_hold(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
}

static void child_only(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGCHLD);
}

void gantry_signals_resume(void) {
  sigset_t mask;
  child_only(&mask);
  sigprocmask(SIG_SETMASK, &mask, NULL);
}

void gantry_signals_give_back(void) {
  // Only what differs: sixty needless system calls would be a tenth of a container's start.
  for (int number = 1; number < NSIG; number += 1) {
    if (origin.changed[number]) sigaction(number, &origin.actions[number], NULL);
  }
  struct sigaction nothing;
  memset(&nothing, 0, sizeof nothing);
  nothing.sa_handler = SIG_IGN;
  sigaction(SIGINT, &nothing, NULL);
  sigprocmask(SIG_SETMASK, &origin.mask, NULL);
}

/// The kernel's 64 signals, as they stand at the beginning of libc's larger set.
_Static_assert(sizeof(sigset_t) >= sizeof(uint64_t), "the first 64 signals are the first 8 bytes");

void gantry_signals_give_up(uint64_t mask) {
  for (int number = 1; number < NSIG; number += 1) {
    bool is_ignored = (origin.actions[number].sa_flags & SA_SIGINFO) == 0 &&
                      origin.actions[number].sa_handler == SIG_IGN;
    struct sigaction wanted;
    memset(&wanted, 0, sizeof wanted);
    wanted.sa_handler = is_ignored || number == SIGINT ? SIG_IGN : SIG_DFL;
    sigaction(number, &wanted, NULL);
  }
  sigset_t set;
  sigemptyset(&set);
  memcpy(&set, &mask, sizeof mask);
  sigprocmask(SIG_SETMASK, &set, NULL);
}

void gantry_signals_inherited(uint64_t mask) {
  gantry_signals_remember();
  sigemptyset(&origin.mask);
  memcpy(&origin.mask, &mask, sizeof mask);
}

int gantry_signals_open(void) {
  sigset_t mask;
  child_only(&mask);
  int fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

void gantry_signals_drain(int signals) {
  struct signalfd_siginfo info;
  while (read(signals, &info, sizeof info) > 0) continue;
}
