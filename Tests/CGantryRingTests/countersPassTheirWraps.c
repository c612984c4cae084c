// Free-running counters pass 2^64, and tags 2^31, unnoticed: positions, claims, revokes, splits, room and
// records are right on both sides, step by step in one thread and with containers at work.

// build: -pthread
// threads: yes

#include "threads.h"

static void publish(pair *p, uint32_t first, uint32_t end) {
  gantry_producer_publish(&p->producer,
                          &(gantry_range){.offset = first, .first = first, .end = end, .count = end});
}

static void expect_claim(pair *p, uint64_t position, uint32_t first) {
  gantry_claim claim;
  CHECK(gantry_consumer_ready(&p->consumer), "nothing is ready");
  CHECK(gantry_consumer_claim(&p->consumer, &claim) == 1, "nothing to claim");
  CHECK(claim.position == position && claim.first == first, "claimed %llu instead of %llu",
        (unsigned long long)claim.position, (unsigned long long)position);
  gantry_cursor cursor = gantry_cursor_make(&p->consumer, &claim);
  uint64_t seen;
  CHECK(gantry_producer_claim(&p->producer, &seen) == 0 && seen == position + 1, "the claim was read as %llu",
        (unsigned long long)seen);

  // Split behind the running input.
  CHECK(gantry_cursor_begin(cursor, first), "the first input is not ours");
  gantry_progress progress = gantry_producer_progress(&p->producer);
  CHECK(progress.tag == gantry_tag(position) && progress.input == first && progress.running,
        "a wrong progress");
  CHECK(gantry_producer_lower_end(&p->producer, position, first + 1), "no barrier");
  CHECK(gantry_claim_end(claim) == first + 1 && !gantry_cursor_begin(cursor, first + 1),
        "the split is not seen");
  gantry_cursor_leave(cursor, first + 1);
  progress = gantry_producer_progress(&p->producer);
  CHECK(progress.tag == gantry_tag(position) && progress.input == first + 1 && !progress.running,
        "a wrong progress");

  memset(gantry_consumer_payload(&p->consumer), (int)first, 100);
  gantry_consumer_publish(&p->consumer, &(gantry_record){.kind = GANTRY_RECORD_OUTPUTS,
                                                         .first = first,
                                                         .count = 1,
                                                         .position = position,
                                                         .length = 100,
                                                         .flags = GANTRY_RECORD_LAST});
  gantry_record record;
  const void *payload;
  CHECK(gantry_producer_next(&p->producer, &record, &payload) == 1, "no record");
  CHECK(record.position == position && gantry_checksum(payload, 100) == record.check, "another record");
  gantry_producer_take(&p->producer, &record);
  CHECK(gantry_producer_next(&p->producer, &record, &payload) == 0, "one record too many");
  gantry_producer_release(&p->producer);
  CHECK(gantry_consumer_room(&p->consumer) == p->memory.ring_bytes - sizeof record, "the ring is not empty");
}

static void step_by_step(uint64_t descriptors, uint64_t bytes, uint64_t steps) {
  pair p = pair_make(4096, descriptors, bytes);
  gantry_claim claim;
  for (uint64_t i = 0; i < steps; i += 1) {
    uint64_t position = descriptors + i;
    CHECK(!gantry_consumer_ready(&p.consumer) && gantry_consumer_claim(&p.consumer, &claim) == 0,
          "a claim of nothing");
    publish(&p, (uint32_t)i, (uint32_t)i + 9);
    publish(&p, 1000, 1009);
    publish(&p, 2000, 2009);
    uint64_t kept;
    CHECK(gantry_producer_revoke(&p.producer, position + 1, &kept) == 0 && kept == position + 1,
          "a revoke kept %llu", (unsigned long long)kept);
    expect_claim(&p, position, (uint32_t)i);
    CHECK(gantry_consumer_claim(&p.consumer, &claim) == 0, "a revoked descriptor was claimed");
    CHECK(gantry_producer_revoke(&p.producer, position, &kept) == 0 && kept == position + 1,
          "what was claimed was taken back");

    // Cancelling names the running descriptor only. (Position + 1 is 0 once in 2^64 positions: nothing is
    // named.)
    uint32_t seen = 0;
    gantry_producer_cancel(&p.producer, position + 1);
    gantry_consumer_watch(&p.consumer, &seen, 1);
    CHECK(!gantry_consumer_unwanted(&p.consumer), "another descriptor was cancelled");
  }
  pair_drop(&p);
}

static void at_work(uint64_t descriptors, uint64_t bytes, random_numbers random) {
  uint64_t items = 40000 / slowness();
  world *w = world_make(items);
  w->has_singles = true;
  w->slow = 64;
  driver d = driver_make(w, 1, random);
  d.start_descriptors = descriptors;
  d.start_bytes = bytes;
  d.fenced = true;
  d.churn = 1;
  d.chunk_most = 4;
  driver_start_threads(&d);
  while (d.delivered < items) driver_turn(&d);
  CHECK(d.lanes[0].producer.avail - descriptors > 150, "the lane did not get past the wrap");
  driver_stop_threads(&d);
  check_all_delivered(&d);
  check_all_ran_once(&d);
  driver_drop(&d);
}

int main(void) {
  watchdog(120);
  random_numbers random = random_begin();
  const uint64_t starts[] = {0,
                             UINT64_MAX - 100,
                             UINT64_MAX,
                             0x7fffffff - 100,
                             0x7fffffff,
                             0xffffffff - 100,
                             INT64_MAX - (uint64_t)100};
  for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i += 1) {
    for (uint64_t behind = 0; behind <= 70; behind += 7) {
      step_by_step(starts[i], 0 - behind * GANTRY_RECORD_ALIGN, 300);
    }
    at_work(starts[i], 0 - (uint64_t)100 * GANTRY_RECORD_ALIGN, random);
    at_work(starts[i], ((uint64_t)1 << 63) - 6400, random);
  }
}
