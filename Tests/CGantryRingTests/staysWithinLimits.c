// Memory within the limits of its process: an object beyond RLIMIT_FSIZE is an error and no signal, a timer does not
// hold up a reservation, one that fails reserves nothing, and no descriptor takes a standard number.
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "support.h"

#define EXPECT(condition) CHECK(condition, "not true: %s", #condition)

static volatile sig_atomic_t ticks;

static void on_tick(int number) {
  (void)number;
  ticks += 1;
}

static uint64_t held(int fd) {
  struct stat facts;
  return fstat(fd, &facts) == 0 ? (uint64_t)facts.st_blocks * 512 : 0;
}

static void descriptors_stay_off_the_standard_numbers(void) {
  int saved[3];
  for (int fd = 0; fd < 3; fd += 1) saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
  for (int fd = 0; fd < 3; fd += 1) close(fd);
  gantry_memory named, anonymous;
  int results[3] = {gantry_memory_create(4096, false, &named), gantry_memory_create(4096, true, &anonymous),
                    gantry_eventfd_create()};
  for (int fd = 0; fd < 3; fd += 1) dup2(saved[fd], fd);
  EXPECT(results[0] == 0 && results[1] == 0);
  EXPECT(named.writable > 2 && named.readable > 2 && anonymous.writable > 2 && anonymous.readable > 2);
  EXPECT(results[2] > 2);
}

static void timers_hold_up_no_reservation(void) {
  gantry_memory memory;
  uint64_t bytes = UINT64_C(256) << 20;
  EXPECT(gantry_memory_create(bytes, true, &memory) == 0);
  signal(SIGALRM, on_tick);
  struct itimerval often = {.it_interval.tv_usec = 500, .it_value.tv_usec = 500};
  setitimer(ITIMER_REAL, &often, NULL);
  EXPECT(gantry_memory_reserve(memory.writable, 0, bytes) == 0);
  setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
  EXPECT(ticks > 0);
  EXPECT(held(memory.writable) >= bytes);
  close(memory.writable);
  close(memory.readable);
}

static void failures_reserve_nothing(void) {
  gantry_memory memory;
  EXPECT(gantry_memory_create(UINT64_C(1) << 50, true, &memory) == 0);
  // Beyond what any machine of today has; the last of it lies outside of the object.
  uint64_t before = held(memory.writable);
  EXPECT(gantry_memory_seal(&memory, false) == 0);
  EXPECT(gantry_memory_reserve(memory.writable, (UINT64_C(1) << 50) - (8u << 20), 16u << 20) < 0);
  EXPECT(held(memory.writable) == before);
  close(memory.writable);
  close(memory.readable);
}

static void sizes_are_limited_without_a_signal(void) {
  struct rlimit limit = {.rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY};
  EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  EXPECT(gantry_memory_most() == 1 << 20);
  gantry_memory memory;
  for (int anonymous = 0; anonymous < 2; anonymous += 1) {
    EXPECT(gantry_memory_create((1 << 20) + 1, anonymous != 0, &memory) == -EFBIG);
    EXPECT(gantry_memory_create(1 << 20, anonymous != 0, &memory) == 0);
    close(memory.writable);
    close(memory.readable);
  }
}

int main(void) {
  // In the time of the processor: the alarm is taken.
  setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = 60}, NULL);
  descriptors_stay_off_the_standard_numbers();
  timers_hold_up_no_reservation();
  failures_reserve_nothing();
  sizes_are_limited_without_a_signal();
}
