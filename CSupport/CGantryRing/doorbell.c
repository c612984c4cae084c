// Futex, eventfd, membarrier and clock calls behind the doorbells.
#define _GNU_SOURCE
#include "gantry_doorbell.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "descriptors.h"

void gantry_futex_wait(const _Atomic uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
  struct timespec limit = {.tv_sec = (time_t)(timeout_ns / 1000000000u),
                           .tv_nsec = (long)(timeout_ns % 1000000000u)};
  // Not FUTEX_PRIVATE: the waker is another process. The caller re-checks, whatever ended the wait.
  syscall(SYS_futex, word, FUTEX_WAIT, seen, &limit, NULL, 0);
}

void gantry_futex_wake(_Atomic uint32_t *word) {
  syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

int gantry_eventfd_create(void) {
  return gantry_descriptor_lift(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

void gantry_eventfd_ring(int fd) {
  uint64_t one = 1;
  ssize_t written;
  do {
    written = write(fd, &one, sizeof one);
  } while (written < 0 && errno == EINTR);
}

uint64_t gantry_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void gantry_sleep_ns(uint64_t nanoseconds) {
  struct timespec pause = {.tv_sec = (time_t)(nanoseconds / 1000000000u),
                           .tv_nsec = (long)(nanoseconds % 1000000000u)};
  nanosleep(&pause, NULL);
}

/// The process that registered, in its own memory and in that of its forks. Written before there are any.
static pid_t registered;

int gantry_membarrier_register(void) {
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) != 0) return -errno;
  if (registered == 0) registered = getpid();
  return 0;
}

bool gantry_membarrier_reaches_us(void) { return registered != 0 && registered != getpid(); }

int gantry_membarrier_all(void) {
  long done = syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
  return done == 0 ? 0 : -errno;
}
