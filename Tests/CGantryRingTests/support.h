// What the tests of the ring module share: checks, a watchdog, random numbers, and one lane's memory.
// Included by each test program once. A check that fails prints a sentence and ends the program with 1.
#ifndef GANTRY_RING_TEST_SUPPORT_H
#define GANTRY_RING_TEST_SUPPORT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "CGantryRing.h"

#define CHECK(condition, ...)                                        \
  do {                                                               \
    if (!(condition)) check_failed(__FILE__, __LINE__, __VA_ARGS__); \
  } while (0)

/// Set while a test draws random numbers, so that a failure can be repeated: SEED=… in the environment.
static uint64_t test_seed;

__attribute__((format(printf, 3, 4))) static _Noreturn void check_failed(const char *file, int line,
                                                                         const char *format, ...) {
  int error = errno;
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "%s:%d: ", file, line);
  vfprintf(stderr, format, arguments);
  fprintf(stderr, " (errno %d, seed %llu)\n", error, (unsigned long long)test_seed);
  va_end(arguments);
  _exit(1);
}

static inline void on_watchdog(int number) {
  (void)number;
  static const char sentence[] = "the watchdog ended a test that hung\n";
  ssize_t written = write(2, sentence, sizeof sentence - 1);
  (void)written;
  _exit(1);
}

/// Ends a hang. Not a bound of any promise: generous on purpose.
static inline void watchdog(unsigned seconds) {
  signal(SIGALRM, on_watchdog);
  alarm(seconds);
}

static inline void nap_us(uint64_t microseconds) {
  struct timespec pause = {.tv_sec = (time_t)(microseconds / 1000000),
                           .tv_nsec = (long)(microseconds % 1000000 * 1000)};
  nanosleep(&pause, NULL);
}

/// The value of an environment variable, or `otherwise`.
static inline uint64_t setting(const char *name, uint64_t otherwise) {
  const char *text = getenv(name);
  return text != NULL && *text != 0 ? strtoull(text, NULL, 0) : otherwise;
}

/// Sanitizers make a build slower by this much; amounts of work are divided by it.
static inline uint64_t slowness(void) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  return 10;
#elif __has_feature(address_sanitizer)
  return 4;
#endif
#endif
  return 1;
}

static inline uint64_t mix(uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
  value = (value ^ value >> 27) * 0x94d049bb133111ebu;
  return value ^ value >> 31;
}

typedef struct random_numbers {
  uint64_t state;
} random_numbers;

static inline uint64_t draw(random_numbers *random, uint64_t below) {
  random->state += 0x9e3779b97f4a7c15u;
  return mix(random->state) % below;
}

static inline bool draw_one_in(random_numbers *random, uint64_t n) { return draw(random, n) == 0; }

/// Takes SEED from the environment, or the clock.
static inline random_numbers random_begin(void) {
  test_seed = setting("SEED", gantry_clock_ns());
  return (random_numbers){.state = test_seed};
}

static inline void *shared_zeroes(size_t bytes) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(memory != MAP_FAILED, "no shared memory for the test");
  return memory;
}

/// The two objects of a lane and the driver's mappings of them.
typedef struct lane_memory {
  gantry_memory driver, container;
  void *driver_page;
  void *container_page;  ///< read-only, unless driver and container are threads of one process
  uint64_t ring_bytes;
  int doorbell;
} lane_memory;

static inline lane_memory lane_memory_make(uint64_t ring_bytes, bool anonymous, bool one_process) {
  lane_memory memory = {.ring_bytes = ring_bytes};
  CHECK(gantry_memory_create(GANTRY_DRIVER_BYTES, anonymous, &memory.driver) == 0, "no driver's page");
  CHECK(gantry_memory_create(GANTRY_PAGE + ring_bytes, anonymous, &memory.container) == 0, "no ring");
  CHECK(gantry_memory_map(memory.driver.writable, GANTRY_DRIVER_BYTES, true, false, &memory.driver_page) == 0,
        "the driver's page cannot be mapped");
  int ring = one_process ? memory.container.writable : memory.container.readable;
  CHECK(gantry_memory_map_ring(ring, ring_bytes, one_process, false, &memory.container_page) == 0,
        "the ring cannot be mapped");
  memory.doorbell = gantry_eventfd_create();
  CHECK(memory.doorbell >= 0, "no eventfd");
  return memory;
}

static inline void lane_memory_drop(lane_memory *memory) {
  gantry_memory_unmap(memory->driver_page, GANTRY_DRIVER_BYTES);
  gantry_memory_unmap(memory->container_page, gantry_memory_ring_span(memory->ring_bytes));
  close(memory->driver.writable);
  close(memory->driver.readable);
  close(memory->container.writable);
  close(memory->container.readable);
  close(memory->doorbell);
}

/// Driver and container of one lane in one thread.
typedef struct pair {
  lane_memory memory;
  gantry_producer producer;
  gantry_consumer consumer;
} pair;

static inline gantry_container_page *container_words(const pair *p) { return p->memory.container_page; }
static inline gantry_driver_page *driver_words(const pair *p) { return p->memory.driver_page; }

/// `descriptors` and `bytes`: where the counters start.
static inline pair pair_make(uint64_t ring_bytes, uint64_t descriptors, uint64_t bytes) {
  pair p = {.memory = lane_memory_make(ring_bytes, false, true)};
  gantry_producer_open_at(&p.producer, p.memory.driver_page, p.memory.container_page, ring_bytes, 77, 0, true,
                          descriptors, bytes);
  CHECK(gantry_consumer_open_at(&p.consumer, p.memory.driver_page, p.memory.container_page, p.memory.doorbell,
                                descriptors, bytes) == 0,
        "the consumer does not open");
  return p;
}

static inline void pair_drop(pair *p) { lane_memory_drop(&p->memory); }

#endif
