// Gantry's way down: the driver copies messages into a block of the arena and publishes a descriptor of 64 bytes; the
// container claims it and copies them out. A batch is one descriptor, as a chunk is.
#include <string.h>

#include "bench.h"
#include "lane_ends.h"
#include "ring.h"

const ring_facts ring = {
    .name = "Gantry, submission ring",
    .version = "this tree",
    .note = "A batch is one descriptor and one block of the arena; all bytes are checksummed and verified.",
    .batches = true,
};

static lane ends;
static gantry_memory arena;
static gantry_producer driver;
static gantry_consumer container;
static uint8_t *blocks;
static uint64_t message_bytes, block_bytes, slots;

const char *ring_refusal(uint64_t bytes) {
  (void)bytes;
  return NULL;
}

void ring_open(uint64_t bytes, uint64_t batch) {
  message_bytes = bytes;
  block_bytes = bytes * batch;
  slots = RING_ROOM / block_bytes < GANTRY_DESCRIPTORS ? RING_ROOM / block_bytes : GANTRY_DESCRIPTORS;
  ends = lane_make(lane_doorbell());
  arena = lane_arena_make(RING_ROOM);
  // Lays out the page that a container is opened on. The sender does the same once more, with the same words: the
  // module's mappings do not pass to a child that is forked.
  driver = lane_drive(&ends);
}

void ring_join(bool sender) {
  if (sender) {
    driver = lane_drive(&ends);
  } else {
    container = lane_contain(&ends);
  }
  blocks = lane_arena_map(&arena, RING_ROOM, sender);
}

/// Waits until the container has left the block that the next descriptor is to name: it claimed the one behind.
static void await_block(void) {
  uint64_t turns = 0, claim;
  for (;;) {
    if (gantry_producer_claim(&driver, &claim) != 0) bench_fail("The container has claimed what nobody has published.");
    if (driver.avail < slots || (int64_t)(claim - (driver.avail - slots + 2)) >= 0) return;
    bench_relax(&turns);
  }
}

void ring_send(const uint8_t *messages, uint64_t count) {
  await_block();
  uint64_t offset = driver.avail % slots * block_bytes, length = count * message_bytes;
  memcpy(blocks + offset, messages, length);
  gantry_producer_publish(&driver, &(gantry_range){.offset = offset,
                                                   .stored = length,
                                                   .raw = length,
                                                   .check = gantry_checksum(blocks + offset, length),
                                                   .end = (uint32_t)count,
                                                   .count = (uint32_t)count});
  gantry_producer_wake(&driver);
}

uint64_t ring_receive(uint8_t *messages, uint64_t most) {
  gantry_claim claim;
  while (gantry_consumer_claim(&container, &claim) == 0) gantry_consumer_wait(&container);
  if (claim.count > most) bench_fail("A descriptor has more messages than were sent at once.");
  memcpy(messages, blocks + claim.offset, claim.stored);
  if (gantry_checksum(messages, claim.stored) != claim.check) {
    bench_fail("The messages in the arena are not what their checksum says.");
  }
  return claim.count;
}

void ring_leave(bool sender) { (void)sender; }
