// Records of every length at every place of small rings, across the wrap too, arrive byte for byte, and the
// room that the container sees is the room there is.
#include "support.h"

static uint8_t expected[65536 + 8];
static uint8_t copy[65536];

static uint64_t padded(uint64_t bytes) {
  return (bytes + GANTRY_RECORD_ALIGN - 1) & ~(uint64_t)(GANTRY_RECORD_ALIGN - 1);
}

/// Expected bytes differ at each offset and from record to record; beginning anywhere costs nothing.
static const uint8_t *bytes_of(uint64_t salt) { return expected + salt % 8; }

static void put(pair *p, uint64_t length, uint64_t salt) {
  memcpy(gantry_consumer_payload(&p->consumer), bytes_of(salt), length);
  gantry_record record = {.kind = GANTRY_RECORD_OUTPUTS,
                          .first = (uint32_t)salt,
                          .count = 1,
                          .length = length,
                          .position = ~salt,
                          .busy_ns = salt * 3};
  gantry_consumer_publish(&p->consumer, &record);
}

static void get(pair *p, uint64_t length, uint64_t salt) {
  gantry_record record;
  const void *payload;
  CHECK(gantry_producer_pending(&p->producer), "nothing is pending");
  int result = gantry_producer_next(&p->producer, &record, &payload);
  CHECK(result == 1, "a record of %llu bytes at %llu gave %d", (unsigned long long)length,
        (unsigned long long)p->producer.head, result);
  CHECK(record.kind == GANTRY_RECORD_OUTPUTS && record.first == (uint32_t)salt && record.count == 1 &&
            record.length == length && record.position == ~salt && record.busy_ns == salt * 3 &&
            record.epoch == 77,
        "a header came with other words");
  memcpy(copy, payload, length);
  CHECK(gantry_checksum(copy, length) == record.check, "the checksum of %llu bytes is wrong",
        (unsigned long long)length);
  CHECK(memcmp(copy, bytes_of(salt), length) == 0, "%llu bytes at %llu came as others",
        (unsigned long long)length, (unsigned long long)p->producer.head);
  gantry_producer_take(&p->producer, &record);
}

static void get_nothing(pair *p) {
  gantry_record record;
  const void *payload;
  CHECK(!gantry_producer_pending(&p->producer), "something is pending");
  CHECK(gantry_producer_next(&p->producer, &record, &payload) == 0, "a record that nobody wrote");
  gantry_producer_release(&p->producer);
}

static void check_empty(pair *p) {
  uint64_t room = gantry_consumer_room(&p->consumer);
  CHECK(room == p->memory.ring_bytes - sizeof(gantry_record), "an empty ring has room for %llu",
        (unsigned long long)room);
}

/// One record of `length` at each multiple of 64 of the ring; the way there is a record as well.
static void at_every_place(pair *p, uint64_t length) {
  uint64_t ring = p->memory.ring_bytes;
  for (uint64_t place = 0; place < ring; place += GANTRY_RECORD_ALIGN) {
    uint64_t way = (place - p->consumer.tail) & (ring - 1);
    if (way != 0) {
      put(p, way - sizeof(gantry_record), place);
      get(p, way - sizeof(gantry_record), place);
      get_nothing(p);
    }
    put(p, length, length + place);
    uint64_t used = sizeof(gantry_record) + padded(length);
    uint64_t left = ring - used < sizeof(gantry_record) ? 0 : ring - used - sizeof(gantry_record);
    CHECK(gantry_consumer_room(&p->consumer) == left, "the room beside %llu bytes is wrong",
          (unsigned long long)length);
    get(p, length, length + place);
    get_nothing(p);
    check_empty(p);
  }
}

static void all_lengths(uint64_t ring, bool each) {
  pair p = pair_make(ring, 0, 0);
  uint64_t most = ring - sizeof(gantry_record);
  // Lengths beside multiples of 64 and of 16 are where padding and checksum change their paths.
  for (uint64_t length = 0; length <= most; length += 1) {
    uint64_t beside = (length + 1) % 64;
    if (each || (beside <= 2 && (length + 1) % 512 <= 2) || length + 2 > most) at_every_place(&p, length);
  }
  pair_drop(&p);
}

enum { QUEUE = 512 };

/// Many records of mixed lengths in the ring at once, as far as there is room.
static void mixed(uint64_t ring, uint64_t rounds, random_numbers *random) {
  pair p = pair_make(ring, 0, 0);
  uint64_t lengths[QUEUE], salts[QUEUE];
  uint64_t put_count = 0, got_count = 0;
  for (uint64_t round = 0; round < rounds; round += 1) {
    uint64_t burst = draw(random, 12);
    while (burst-- > 0 && put_count - got_count < QUEUE) {
      uint64_t room = gantry_consumer_room(&p.consumer);
      uint64_t length = draw_one_in(random, 3) ? room : draw(random, draw_one_in(random, 4) ? ring : 300);
      bool full = ring - (p.consumer.tail - p.consumer.head_seen) < sizeof(gantry_record);
      if (full || length > room) break;
      lengths[put_count % QUEUE] = length;
      salts[put_count % QUEUE] = put_count;
      put(&p, length, put_count);
      put_count += 1;
    }
    burst = draw(random, 12);
    while (burst-- > 0 && got_count < put_count) {
      get(&p, lengths[got_count % QUEUE], salts[got_count % QUEUE]);
      got_count += 1;
    }
    if (got_count == put_count) {
      get_nothing(&p);
      check_empty(&p);
    } else if (draw_one_in(random, 2)) {
      gantry_producer_release(&p.producer);
    }
  }
  pair_drop(&p);
}

/// A full ring has no room for a record without payload either, and a wait for none of it does not say
/// otherwise.
static void full_is_full(void) {
  pair p = pair_make(4096, 0, 0);
  put(&p, 4096 - sizeof(gantry_record), 1);
  CHECK(gantry_consumer_room(&p.consumer) == 0, "a full ring has room");
  CHECK(gantry_consumer_wait_room(&p.consumer, 0) == GANTRY_WAIT_TIMEOUT,
        "a full ring has room for a header");
  get(&p, 4096 - sizeof(gantry_record), 1);
  get_nothing(&p);
  CHECK(gantry_consumer_wait_room(&p.consumer, 0) == GANTRY_WAIT_READY, "an empty ring has no room");
  pair_drop(&p);
}

int main(void) {
  watchdog(120);
  random_numbers random = random_begin();
  for (size_t i = 0; i < sizeof expected; i += 1) expected[i] = (uint8_t)mix(i);
  all_lengths(4096, slowness() == 1);
  all_lengths(8192, false);
  all_lengths(16384, false);
  full_is_full();
  for (uint64_t ring = 4096; ring <= 65536; ring *= 2) mixed(ring, 100000 / slowness(), &random);
}
