// A container that leaves out its fences is reached by the driver's barrier wherever it ran before: one whose parent
// registered and that had no second thread. One that only registered itself fences, and so does one with threads.

// build: -pthread

#include "support.h"

/// Of those that are made, some find another process or a thread of the kernel there. Passed over is all or nothing.
enum { BARRIERS = 2000, ENOUGH = 100, BURSTS = 200 };

/// What a container goes through on its way.
typedef enum history { PLAIN, ENDED_A_THREAD } history;

/// What it finds out, in memory shared with the test.
typedef struct finding {
  _Atomic uint32_t stage;  ///< 1: it runs and can be counted; 2: it is to end
  _Atomic uint32_t fences;
} finding;

typedef struct processors {
  int first, second;
  bool counted;  ///< there are two, and the kernel counts what one does for the other
} processors;

static void go_to(int processor) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(processor, &only);
  CHECK(sched_setaffinity(0, sizeof only, &only) == 0, "processor %d went away", processor);
}

/// How many calls by other processors this one has served, or 0 where the kernel does not count them.
static uint64_t calls_served(int processor) {
  FILE *table = fopen("/proc/interrupts", "r");
  static char line[65536];
  char column[16];
  snprintf(column, sizeof column, "CPU%d", processor);
  uint64_t count = 0;
  int place = -1;
  while (table != NULL && fgets(line, sizeof line, table) != NULL) {
    if (place < 0) {
      char *name = strtok(line, " \n");
      for (place = 0; name != NULL && strcmp(name, column) != 0; place += 1) name = strtok(NULL, " \n");
      if (name == NULL) break;
    } else if (strstr(line, "Function call interrupts") != NULL) {
      char *at = strchr(line, ':');
      if (at == NULL) break;
      at += 1;
      for (int i = 0; i <= place; i += 1) count = strtoull(at, &at, 10);
    }
  }
  if (table != NULL) fclose(table);
  return count;
}

static processors two_processors(void) {
  cpu_set_t ours;
  processors found = {.first = -1, .second = -1};
  CHECK(sched_getaffinity(0, sizeof ours, &ours) == 0, "no processors are known");
  for (int i = 0; i < CPU_SETSIZE && found.second < 0; i += 1) {
    if (!CPU_ISSET(i, &ours)) continue;
    if (found.first < 0) {
      found.first = i;
    } else {
      found.second = i;
    }
  }
  found.counted = found.second >= 0 && calls_served(found.second) > 0;
  return found;
}

static void *end_at_once(void *nothing) { return nothing; }

static bool fences(const lane_memory *memory) {
  void *driver_page, *own;
  CHECK(gantry_memory_map(memory->driver.readable, GANTRY_DRIVER_BYTES, false, true, &driver_page) == 0, "no map");
  CHECK(gantry_memory_map_ring(memory->container.writable, memory->ring_bytes, true, false, &own) == 0, "no ring");
  gantry_consumer consumer;
  CHECK(gantry_consumer_open(&consumer, driver_page, own, memory->doorbell) == 0, "the consumer does not open");
  return consumer.fenced || gantry_had_threads();
}

/// A container that ran on the second processor, opens its lane on the first, and goes back where nobody ran meanwhile.
static _Noreturn void wander(const lane_memory *memory, processors on, history history, finding *found) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (on.counted) go_to(on.second);
  nap_us(2000);
  if (on.counted) go_to(on.first);
  gantry_membarrier_register();
  if (on.counted) go_to(on.second);
  if (history == ENDED_A_THREAD) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, end_at_once, NULL) == 0, "no thread");
    pthread_join(thread, NULL);
  }
  gantry_store_relaxed(&found->fences, fences(memory));
  gantry_store_release(&found->stage, 1);
  while (gantry_load_acquire(&found->stage) == 1) gantry_pause();
  _exit(0);
}

/// Whether a container of that history fences; if it does not, it is reached.
static bool wanderer_fences(const lane_memory *memory, processors on, history history, const char *what) {
  finding *found = shared_zeroes(sizeof *found);
  pid_t child = fork();
  CHECK(child >= 0, "no process");
  if (child == 0) wander(memory, on, history, found);
  while (gantry_load_acquire(&found->stage) == 0) nap_us(100);
  bool fences = gantry_load_relaxed(&found->fences) != 0;
  uint64_t most = 0;
  for (int burst = 0; on.counted && burst < (fences ? 1 : BURSTS) && most < ENOUGH; burst += 1) {
    if (burst > 0) nap_us(20000);
    uint64_t before = calls_served(on.second);
    for (int i = 0; i < BARRIERS; i += 1) CHECK(gantry_membarrier_all() == 0, "no barrier");
    uint64_t calls = calls_served(on.second) - before;
    if (calls > most) most = calls;
  }
  gantry_store_release(&found->stage, 2);
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0, "the container failed");
  if (on.counted) printf("%s: %llu calls for %d barriers\n", what, (unsigned long long)most, BARRIERS);
  CHECK(fences || !on.counted || most >= ENOUGH, "%s, without fences: %d barriers reached it %llu times", what,
        BARRIERS, (unsigned long long)most);
  return fences;
}

int main(void) {
  watchdog(120);
  if (gantry_membarrier_all() != 0) {
    printf("skipped: membarrier does not work here, so containers always fence\n");
    return 0;
  }
  lane_memory memory = lane_memory_make(4096, true, false);
  gantry_producer producer;
  gantry_producer_open(&producer, memory.driver_page, memory.container_page, memory.ring_bytes, 1, 0, false);
  processors on = two_processors();
  if (!on.counted) printf("skipped: the kernel does not count calls between two processors here\n");
  if (on.counted) go_to(on.first);

  CHECK(wanderer_fences(&memory, on, PLAIN, "registered by itself"), "who only registered itself does not fence");
  CHECK(gantry_membarrier_register() == 0, "the parent cannot register");
  CHECK(fences(&memory), "a process that only registered itself does not fence");
  CHECK(wanderer_fences(&memory, on, ENDED_A_THREAD, "with a thread that ended"), "who had threads does not fence");
  bool plain = wanderer_fences(&memory, on, PLAIN, "registered by its parent");
#if __has_include(<sys/single_threaded.h>)
  CHECK(!plain, "a container whose parent registered fences each input");
#endif
  (void)plain;
}
