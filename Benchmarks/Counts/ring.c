// Both sides of the C ring in one process: publishes, claims, runs and takes CHUNKS chunks of INPUTS inputs of 8 bytes.
// tools/count runs it under callgrind: what each function below executes a chunk is what the ring costs a side.
// Prints the bytes that records and descriptors take. Usage: ring CHUNKS INPUTS
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "CGantryRing.h"

enum { RING_BYTES = 1 << 20 };

#define A_STEP __attribute__((noinline))

static gantry_producer producer;
static gantry_consumer consumer;

static void demand(int holds, const char *sentence) {
  if (holds) return;
  fprintf(stderr, "%s\n", sentence);
  exit(1);
}

static void *map(uint64_t bytes, uint64_t ring_bytes) {
  gantry_memory memory;
  void *base = NULL;
  demand(gantry_memory_create(bytes, true, &memory) == 0, "There is no shared memory to be had.");
  int failure = ring_bytes > 0 ? gantry_memory_map_ring(memory.writable, ring_bytes, true, false, &base)
                               : gantry_memory_map(memory.writable, bytes, true, false, &base);
  demand(failure == 0, "Shared memory could not be mapped.");
  return base;
}

/// Driver: hands a chunk over.
A_STEP void step_publish(const gantry_range *range) {
  gantry_producer_publish(&producer, range);
  gantry_producer_wake(&producer);
}

/// Container: takes it.
A_STEP void step_claim(gantry_claim *claim) {
  demand(gantry_consumer_claim(&consumer, claim) == 1, "A chunk that was published could not be claimed.");
}

/// Container: the marks around its inputs, with the least that a function can do between them.
A_STEP uint32_t step_run(const gantry_claim *claim, const uint64_t *inputs) {
  gantry_cursor cursor = gantry_cursor_make(&consumer, claim);
  demand(gantry_consumer_room(&consumer) >= claim->count * sizeof(uint64_t), "The ring has no room for outputs.");
  uint64_t *outputs = (uint64_t *)gantry_consumer_payload(&consumer);
  uint32_t input = claim->first;
  for (; gantry_cursor_begin(cursor, input); input++) outputs[input] = inputs[input] * inputs[input];
  gantry_cursor_leave(cursor, input);
  return input;
}

/// Container: shows the outputs.
A_STEP void step_commit(const gantry_claim *claim, uint32_t end) {
  gantry_record record = {.kind = GANTRY_RECORD_OUTPUTS,
                          .flags = GANTRY_RECORD_LAST,
                          .first = claim->first,
                          .count = end - claim->first,
                          .position = claim->position,
                          .length = (end - claim->first) * sizeof(uint64_t)};
  gantry_consumer_publish(&consumer, &record);
}

/// Driver: takes them, all but the copy to where they are wanted, which is the C library's.
A_STEP void step_take(uint32_t inputs) {
  gantry_record record;
  const void *payload;
  demand(gantry_producer_pending(&producer), "A record that was published is not seen.");
  while (gantry_producer_next(&producer, &record, &payload) == 1) {
    demand(gantry_checksum(payload, record.length) == record.check, "The checksum of the outputs is wrong.");
    demand(record.count == inputs, "The record has other inputs than its chunk.");
    gantry_producer_take(&producer, &record);
  }
  gantry_producer_release(&producer);
}

int main(int argc, char **argv) {
  long chunks = argc == 3 ? atol(argv[1]) : 0;
  long inputs = argc == 3 ? atol(argv[2]) : 0;
  if (chunks < 1 || inputs < 1 || inputs > 4096) {
    fputs("usage: ring CHUNKS INPUTS, at most 4096 inputs\n", stderr);
    return 2;
  }
  void *driver = map(GANTRY_DRIVER_BYTES, 0);
  void *own = map(GANTRY_PAGE + RING_BYTES, RING_BYTES);
  gantry_producer_open(&producer, driver, own, RING_BYTES, 1, 0, false);
  demand(gantry_consumer_open(&consumer, driver, own, gantry_eventfd_create()) == 0, "The lane could not be opened.");
  // As where the driver's membarrier reaches containers; under callgrind the kernel's call may be missing.
  consumer.fenced = false;

  uint64_t values[4096];
  for (long i = 0; i < inputs; i++) values[i] = (uint64_t)i;
  uint64_t bytes = (uint64_t)inputs * sizeof(uint64_t);
  for (long chunk = 0; chunk < chunks; chunk++) {
    gantry_range range = {.stored = bytes, .raw = bytes, .end = (uint32_t)inputs, .count = (uint32_t)inputs,
                          .publish_every = (uint32_t)inputs};
    gantry_claim claim;
    step_publish(&range);
    step_claim(&claim);
    step_commit(&claim, step_run(&claim, values));
    step_take((uint32_t)inputs);
  }
  printf("record_bytes=%g descriptor_bytes=%zu\n", (double)consumer.tail / (double)chunks - (double)bytes,
         sizeof(gantry_descriptor));
  return 0;
}
