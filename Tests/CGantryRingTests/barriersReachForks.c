// The driver's barrier reaches a container wherever it ran before: one whose parent registered is reached without a
// fence of its own, and one that only registered itself fences.
#include "support.h"

enum { BARRIERS = 2000, FIRST = 0, SECOND = 1 };

/// Goes to one processor. false: there is none of that number, or it is not for us.
static bool go_to(int processor) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(processor, &only);
  return sched_setaffinity(0, sizeof only, &only) == 0;
}

/// How many calls by other processors this one has served, or 0 where the kernel does not count them here.
static uint64_t calls_served(int processor) {
  FILE *table = fopen("/proc/interrupts", "r");
  char line[4096];
  uint64_t count = 0;
  while (table != NULL && fgets(line, sizeof line, table) != NULL) {
    char *at = strstr(line, "CAL:");
    if (at == NULL) continue;
    at += 4;
    for (int i = 0; i <= processor; i += 1) count = strtoull(at, &at, 10);
  }
  if (table != NULL) fclose(table);
  return count;
}

static bool is_fenced(const lane_memory *memory) {
  void *driver_page, *own;
  CHECK(gantry_memory_map(memory->driver.readable, GANTRY_DRIVER_BYTES, false, true, &driver_page) == 0, "no map");
  CHECK(gantry_memory_map_ring(memory->container.writable, memory->ring_bytes, true, false, &own) == 0, "no ring");
  gantry_consumer consumer;
  CHECK(gantry_consumer_open(&consumer, driver_page, own, memory->doorbell) == 0, "the consumer does not open");
  return consumer.fenced;
}

/// Forks a container that ran on the second processor and went to the first before it opened its lane, then spins on
/// the second again, which nobody else used meanwhile: the case that the kernel passes over.
static pid_t wanderer(const lane_memory *memory, _Atomic uint32_t *word) {
  pid_t child = fork();
  CHECK(child >= 0, "no process");
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  CHECK(go_to(SECOND), "the processor went away");
  nap_us(2000);
  CHECK(go_to(FIRST), "the processor went away");
  gantry_store_relaxed(word + 1, is_fenced(memory));
  gantry_membarrier_register();
  CHECK(go_to(SECOND), "the processor went away");
  gantry_store_release(word, 1);
  while (gantry_load_acquire(word) == 1) gantry_pause();
  _exit(0);
}

/// Counts the calls that the second processor serves while barriers are made at the first.
static uint64_t calls_of_barriers(const lane_memory *memory, bool *fenced) {
  _Atomic uint32_t *word = shared_zeroes(2 * sizeof *word);
  pid_t child = wanderer(memory, word);
  while (gantry_load_acquire(word) == 0) nap_us(100);
  uint64_t before = calls_served(SECOND);
  for (int i = 0; i < BARRIERS; i += 1) CHECK(gantry_membarrier_all() == 0, "no barrier");
  uint64_t calls = calls_served(SECOND) - before;
  gantry_store_release(word, 2);
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0, "the container failed");
  *fenced = gantry_load_relaxed(word + 1);
  return calls;
}

int main(void) {
  watchdog(60);
  if (gantry_membarrier_all() != 0) {
    printf("skipped: membarrier does not work here, so containers always fence\n");
    return 0;
  }
  lane_memory memory = lane_memory_make(4096, true, false);
  gantry_producer producer;
  gantry_producer_open(&producer, memory.driver_page, memory.container_page, memory.ring_bytes, 1, 0, false);
  bool counted = go_to(SECOND) && go_to(FIRST) && calls_served(SECOND) > 0;
  bool fenced;
  if (counted) {
    uint64_t passed_over = calls_of_barriers(&memory, &fenced);
    CHECK(fenced, "a container that only registered itself does not fence");
    printf("registered by itself: %llu calls for %d barriers\n", (unsigned long long)passed_over, BARRIERS);
  }
  CHECK(gantry_membarrier_register() == 0, "the parent cannot register");
  CHECK(is_fenced(&memory), "a process that only registered itself does not fence");
  if (!counted) {
    printf("skipped: this kernel does not count calls between two processors\n");
    return 0;
  }
  uint64_t reached = calls_of_barriers(&memory, &fenced);
  printf("registered by its parent: %llu calls for %d barriers\n", (unsigned long long)reached, BARRIERS);
  CHECK(!fenced, "a container whose parent registered fences each input");
  // Not all: some find the processor with a thread of the kernel, which passes one by being switched in.
  CHECK(reached >= BARRIERS / 20, "%d barriers reached the container's processor %llu times", BARRIERS,
        (unsigned long long)reached);
}
