// Gantry's way up: the completion ring, in which a container publishes records and from which its driver takes them. A
// batch is one record, as outputs of one chunk are. Header and payload are checksummed, and both are verified.
#include "lane_ends.h"
#include "ring.h"

#include <string.h>

#include "bench.h"

enum { RELEASE_BYTES = LANE_RING_BYTES / 8 };

const ring_facts ring = {
    .name = "Gantry, completion ring",
    .version = "this tree",
    .note = "A batch is one record of a 64-byte header and the messages; all bytes are checksummed and verified.",
    .batches = true,
};

static lane ends;
static gantry_consumer container;
static gantry_producer driver;
static uint64_t message_bytes, taken;

const char *ring_refusal(uint64_t bytes) {
  (void)bytes;
  return NULL;
}

void ring_open(uint64_t bytes, uint64_t batch) {
  (void)batch;
  message_bytes = bytes;
  ends = lane_make(lane_doorbell());
  // Before the container opens its end. A mapping of the module's is not passed to a child that is forked.
  driver = lane_drive(&ends);
}

void ring_join(bool sender) {
  if (sender) container = lane_contain(&ends);
}

void ring_send(const uint8_t *messages, uint64_t count) {
  uint64_t length = count * message_bytes;
  lane_await_room(&container, length);
  memcpy(gantry_consumer_payload(&container), messages, length);
  gantry_consumer_publish(
      &container, &(gantry_record){.kind = GANTRY_RECORD_OUTPUTS, .count = (uint32_t)count, .length = length});
}

static void release(void) {
  gantry_producer_release(&driver);
  taken = 0;
}

uint64_t ring_receive(uint8_t *messages, uint64_t most) {
  gantry_record record;
  const void *payload;
  int result;
  while ((result = gantry_producer_next(&driver, &record, &payload)) == 0) {
    release();
    lane_await_records(&driver, 1, ends.doorbell, LANE_SPIN_NS);
  }
  if (result < 0 || record.count > most || record.length != record.count * message_bytes) {
    bench_fail("A record is not of the layout.");
  }
  lane_copy_payload(&record, payload, messages, true);
  gantry_producer_take(&driver, &record);
  taken += sizeof record + record.length;
  // The other side is told of room now and then only.
  if (taken >= RELEASE_BYTES) release();
  return record.count;
}

void ring_leave(bool sender) { (void)sender; }
