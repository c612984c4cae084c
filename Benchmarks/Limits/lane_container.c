// The containers' side of the lane workload: squares each input of a chunk from the arena into the open record.
#include "bench.h"
#include "lane.h"

/// Outputs in a record at most: a quarter of the ring, so that the driver can take some while others are written.
enum { RECORD_MOST = LANE_RING_BYTES / 4 / sizeof(int64_t) };

static void square_all(const int64_t *inputs, int64_t *outputs, uint32_t count) {
  for (uint32_t i = 0; i < count; i += 1) outputs[i] = (int64_t)((uint64_t)inputs[i] * (uint64_t)inputs[i]);
}

/// Input by input, each marked and asked for before it runs (PROTOCOL.md, Input); returns how many were run.
static uint32_t square_marked(gantry_cursor cursor, uint32_t from, const int64_t *inputs, int64_t *outputs,
                              uint32_t count) {
  uint32_t i = 0;
  for (; i < count && gantry_cursor_begin(cursor, from + i); i += 1) {
    outputs[i] = (int64_t)((uint64_t)inputs[i] * (uint64_t)inputs[i]);
  }
  return i;
}

static void run(gantry_consumer *consumer, const gantry_claim *claim, const uint8_t *arena, lane_rules rules) {
  const int64_t *inputs = (const int64_t *)(const void *)(arena + claim->offset);
  if (rules.checks && gantry_checksum(inputs, claim->stored) != claim->check) {
    bench_fail("A chunk in the arena is not what its checksum says.");
  }
  gantry_cursor cursor = gantry_cursor_make(consumer, claim);
  uint32_t end = gantry_claim_end(*claim);
  for (uint32_t from = claim->first; from < end;) {
    uint32_t count = end - from < RECORD_MOST ? end - from : RECORD_MOST;
    lane_await_room(consumer, count * sizeof(int64_t));
    int64_t *outputs = (int64_t *)(void *)gantry_consumer_payload(consumer);
    if (rules.marks) {
      count = square_marked(cursor, from, inputs + from, outputs, count);
    } else {
      square_all(inputs + from, outputs, count);
    }
    gantry_cursor_leave(cursor, from + count);
    gantry_consumer_publish(consumer, &(gantry_record){.kind = GANTRY_RECORD_OUTPUTS,
                                                       .flags = from + count == end ? GANTRY_RECORD_LAST : 0,
                                                       .first = from,
                                                       .count = count,
                                                       .position = claim->position,
                                                       .length = count * sizeof(int64_t)});
    from += count;
  }
}

void lane_container(void *context) {
  const container_work *work = context;
  gantry_consumer consumer = lane_contain(&work->ends);
  const uint8_t *arena = lane_arena_map(&work->arena, work->arena_bytes, false);
  gantry_consumer_publish(&consumer, &(gantry_record){.kind = GANTRY_RECORD_STARTED});
  for (;;) {
    gantry_claim claim;
    if (gantry_consumer_claim(&consumer, &claim) == 1) {
      run(&consumer, &claim, arena, work->rules);
    } else if (gantry_consumer_wait(&consumer) == GANTRY_WAIT_STOP) {
      return;
    }
  }
}
