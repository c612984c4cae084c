// A contestant of tools/bench: one sender and one receiver of messages of one size through one ring. The sender writes
// each message into private memory and sends it from there; the receiver has it in private memory and checks it there.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include "bench.h"
#include "gantry_atomics.h"
#include "gantry_layout.h"
#include "ring.h"

enum { MESSAGES_MOST = 2000000, BYTES_MOST = 64 << 20, BATCH_BYTES_MOST = RING_ROOM / 4 };

static const uint64_t sizes[] = {8, 64, 1024, 65536};
static const uint64_t batches[] = {1, 4, 32, 256};
enum { SIZES = sizeof sizes / sizeof sizes[0], BATCHES = sizeof batches / sizeof batches[0] };

/// What the two sides share beside the ring.
typedef struct gate {
  alignas(GANTRY_LINE) _Atomic uint32_t open;       ///< the receiver has all of the warm-up
  alignas(GANTRY_LINE) _Atomic uint64_t opened_at;  ///< when the sender saw that
} gate;

typedef struct plan {
  gate *gate;
  uint64_t bytes, batch, warm, n;
  bool pinned;
} plan;

static bool allows(uint64_t bytes, uint64_t batch) {
  return batch == 1 || (ring.batches && batch * bytes <= BATCH_BYTES_MOST);
}

static int about(void) {
  char workloads[1024];
  int used = 0;
  const char *refusal = NULL;
  for (int i = 0; i < SIZES; i += 1) {
    const char *why = ring_refusal(sizes[i]);
    if (why != NULL) {
      refusal = why;
      continue;
    }
    used += snprintf(workloads + used, sizeof workloads - used, "%s\"ring-%llu\": {\"pin\": [%s], \"batch\": [",
                     used > 0 ? ", " : "", (unsigned long long)sizes[i], ring.sleeps ? "0" : "0, 1");
    for (int k = 0; k < BATCHES && allows(sizes[i], batches[k]); k += 1) {
      used += snprintf(workloads + used, sizeof workloads - used, "%s%llu", k > 0 ? ", " : "",
                       (unsigned long long)batches[k]);
    }
    used += snprintf(workloads + used, sizeof workloads - used, "]}");
  }
  if (used == 0) bench_cannot("%s", refusal);
  printf("{\"name\": \"%s\", \"version\": \"%s\", \"note\": \"%s\", \"workloads\": {%s}}\n", ring.name, ring.version,
         ring.note, workloads);
  return 0;
}

static void place(const plan *p, bool sender) {
  if (p->pinned && !bench_pin(sender ? 1 : 0)) bench_fail("The two sides could not be bound to two processors.");
  ring_join(sender);
}

/// Writes the first and the last word of a message; every other byte is the sender's, and the same in all.
static void stamp(uint8_t *message, uint64_t bytes, uint64_t number) {
  uint64_t last = ~number;
  memcpy(message + bytes - sizeof last, &last, sizeof last);
  memcpy(message, &number, sizeof number);
}

static void check(const uint8_t *message, uint64_t bytes, uint64_t number) {
  uint64_t first, last;
  memcpy(&last, message + bytes - sizeof last, sizeof last);
  memcpy(&first, message, sizeof first);
  if (first != number || (bytes > sizeof first && last != ~number)) {
    bench_fail("Message %llu of %s is not the one that was sent.", (unsigned long long)number, ring.name);
  }
}

static void send_range(const plan *p, uint8_t *messages, uint64_t from, uint64_t until) {
  while (from < until) {
    uint64_t count = until - from < p->batch ? until - from : p->batch;
    for (uint64_t i = 0; i < count; i += 1) stamp(messages + i * p->bytes, p->bytes, from + i);
    ring_send(messages, count);
    from += count;
  }
}

static void receive_range(const plan *p, uint8_t *messages, uint64_t from, uint64_t until) {
  while (from < until) {
    // Not more than are left: a ring may split and join batches.
    uint64_t most = until - from < p->batch ? until - from : p->batch;
    uint64_t count = ring_receive(messages, most);
    for (uint64_t i = 0; i < count; i += 1) check(messages + i * p->bytes, p->bytes, from + i);
    from += count;
  }
}

static void sender(void *context) {
  const plan *p = context;
  uint8_t *messages = bench_private(p->batch * p->bytes);
  place(p, true);
  send_range(p, messages, 0, p->warm);
  for (uint64_t turns = 0; gantry_load_acquire(&p->gate->open) == 0;) bench_relax(&turns);
  gantry_store_release(&p->gate->opened_at, bench_clock_ns());
  send_range(p, messages, p->warm, p->warm + p->n);
  ring_leave(true);
}

static void *sender_thread(void *context) {
  sender(context);
  return NULL;
}

/// Returns the seconds from the first message to the last.
static double receiver(const plan *p) {
  uint8_t *messages = bench_private(p->batch * p->bytes);
  place(p, false);
  receive_range(p, messages, 0, p->warm);
  gantry_store_release(&p->gate->open, 1);
  receive_range(p, messages, p->warm, p->warm + p->n);
  uint64_t end = bench_clock_ns();
  ring_leave(false);
  return (double)(end - gantry_load_acquire(&p->gate->opened_at)) * 1e-9;
}

static uint64_t size_of(const char *workload) {
  for (int i = 0; i < SIZES; i += 1) {
    char name[32];
    snprintf(name, sizeof name, "ring-%llu", (unsigned long long)sizes[i]);
    if (strcmp(workload, name) == 0) return sizes[i];
  }
  bench_fail("There is no workload '%s': see --about for those there are.", workload);
}

static plan plan_make(const char *workload) {
  plan p = {.bytes = size_of(workload)};
  const char *refusal = ring_refusal(p.bytes);
  if (refusal != NULL) bench_cannot("%s", refusal);
  uint64_t fits = BYTES_MOST / p.bytes;
  p.n = bench_setting("n", fits < MESSAGES_MOST ? fits : MESSAGES_MOST, UINT32_MAX);
  p.batch = bench_setting("batch", 0, UINT32_MAX);
  p.pinned = bench_setting("pin", 0, 1) != 0;
  bench_setting("workers", 2, UINT64_MAX);
  bench_begin();
  for (int k = 0; k < BATCHES && p.batch == 0; k += 1) {
    if (allows(p.bytes, batches[BATCHES - 1 - k])) p.batch = batches[BATCHES - 1 - k];
  }
  if (p.n == 0) bench_fail("A measurement takes one message at least: n is 0.");
  if (!allows(p.bytes, p.batch)) bench_fail("%s cannot send such a batch: see --about for those it can.", ring.name);
  // Once round the ring and more, so that all its pages were touched.
  p.warm = 2 * RING_ROOM / p.bytes;
  if (p.warm > p.n) p.warm = p.n;
  p.gate = bench_shared(sizeof *p.gate);
  return p;
}

int main(int count, char **words) {
  if (count < 2) bench_fail("Usage: %s --about, or %s WORKLOAD [setting=value...].", words[0], words[0]);
  if (strcmp(words[1], "--about") == 0) return about();
  bench_settings(count - 2, words + 2);
  plan p = plan_make(words[1]);
  if (p.pinned && !bench_pin(1)) bench_cannot("Two sides that are bound to a processor each take two processors.");
  ring_open(p.bytes, p.batch);
  double seconds;
  if (ring.threads) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, sender_thread, &p) != 0) bench_fail("A second thread could not be started.");
    seconds = receiver(&p);
    pthread_join(thread, NULL);
  } else {
    bench_peer(sender, &p);
    seconds = receiver(&p);
    bench_join();
  }
  double rate = (double)p.n / seconds;
  printf("{\"seconds\": %.9f, \"messages_per_second\": %.6e, \"bytes_per_second\": %.6e}\n", seconds, rate,
         rate * (double)p.bytes);
  return 0;
}
