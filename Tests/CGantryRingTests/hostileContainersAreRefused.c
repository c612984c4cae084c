// Whatever a container writes into its region - tails, claims, headers with valid checksums and mad lengths,
// plain noise, also while it is read - is refused or harmless, and the driver never reads outside the region.

// build: -pthread

#include "support.h"

/// The region with nothing mapped before it and behind its second copy: reading beyond is a fault.
static void *fenced_region(int fd, uint64_t ring_bytes) {
  uint64_t span = gantry_memory_ring_span(ring_bytes);
  uint64_t margin = 1u << 20;
  char *base = mmap(NULL, span + 2 * margin, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(base != MAP_FAILED, "no address space");
  base += margin;
  char *again = base + GANTRY_PAGE + ring_bytes;
  int access = PROT_READ | PROT_WRITE, kind = MAP_SHARED | MAP_FIXED;
  CHECK(mmap(base, GANTRY_PAGE + ring_bytes, access, kind, fd, 0) != MAP_FAILED, "no region");
  CHECK(mmap(again, ring_bytes, access, kind, fd, GANTRY_PAGE) != MAP_FAILED, "no region");
  return base;
}

typedef struct target {
  lane_memory memory;
  gantry_container_page *words;
  uint8_t *ring;
  gantry_producer producer;
} target;

static target target_make(uint64_t ring_bytes, uint64_t descriptors, uint64_t bytes) {
  target t = {.memory = lane_memory_make(ring_bytes, false, true)};
  t.words = fenced_region(t.memory.container.writable, ring_bytes);
  t.ring = (uint8_t *)t.words + GANTRY_PAGE;
  gantry_producer_open_at(&t.producer, t.memory.driver_page, t.words, ring_bytes, 9, 0, true, descriptors,
                          bytes);
  gantry_store_relaxed(&t.words->claim, descriptors);
  gantry_store_relaxed(&t.words->tail, bytes);
  return t;
}

static void target_drop(target *t) {
  uint64_t margin = 1u << 20;
  munmap((char *)t->words - margin, gantry_memory_ring_span(t->memory.ring_bytes) + 2 * margin);
  lane_memory_drop(&t->memory);
}

static uint8_t *slot(target *t) { return t->ring + (t->producer.head & (t->memory.ring_bytes - 1)); }

/// Writes a header that is well formed but for what `header` says.
static void forge(target *t, gantry_record header) {
  header.header_check = gantry_checksum(&header, offsetof(gantry_record, header_check));
  memcpy(slot(t), &header, sizeof header);
}

static int next_of(target *t) {
  gantry_record record;
  const void *payload;
  return gantry_producer_next(&t->producer, &record, &payload);
}

static const gantry_record honest = {
    .magic = GANTRY_RECORD_MAGIC, .kind = GANTRY_RECORD_OUTPUTS, .epoch = 9, .length = 100};

static void tails(uint64_t ring, uint64_t start) {
  const uint64_t ahead[] = {
      ring + 64, ring + 128, 2 * ring,        UINT64_MAX / 2,   (uint64_t)1 << 63, 1,       63, 65,
      100,       ring - 1,   0 - (uint64_t)1, 0 - (uint64_t)64, 0 - (uint64_t)128, 0 - ring};
  for (size_t i = 0; i < sizeof ahead / sizeof ahead[0]; i += 1) {
    target t = target_make(ring, 0, start);
    forge(&t, honest);
    gantry_store_release(&t.words->tail, start + ahead[i]);
    CHECK(gantry_producer_pending(&t.producer), "a moved tail is not noticed");
    for (int again = 0; again < 2; again += 1) {
      int result = next_of(&t);
      CHECK(result == -EPROTO, "a tail %lld from the head gave %d", (long long)ahead[i], result);
    }
    target_drop(&t);
  }
  // Backwards after an honest record, to anywhere.
  target t = target_make(ring, 0, start);
  for (int step = 0; step < 3; step += 1) {
    gantry_record record;
    const void *payload;
    forge(&t, honest);
    gantry_store_release(&t.words->tail, t.producer.head + 192);
    CHECK(gantry_producer_next(&t.producer, &record, &payload) == 1, "an honest record is refused");
    gantry_producer_take(&t.producer, &record);
    CHECK(next_of(&t) == 0, "a record too many");
  }
  for (uint64_t back = 64; back < 640; back += 64) {
    gantry_store_release(&t.words->tail, t.producer.head - back);
    CHECK(next_of(&t) == -EPROTO, "a tail %llu back is accepted", (unsigned long long)back);
    uint64_t room;
    gantry_producer_progress(&t.producer);
    CHECK(gantry_producer_open_record(&t.producer, &room) == NULL, "an open record behind a tail that moved");
  }
  target_drop(&t);
}

static void headers(uint64_t ring, uint64_t start) {
  target t = target_make(ring, 0, start);
  uint64_t tail = start + 256;  // 192 bytes of payload at most
  gantry_store_release(&t.words->tail, tail);
  const uint64_t lengths[] = {193,
                              194,
                              255,
                              256,
                              ring - 64,
                              ring,
                              ring + 1,
                              UINT32_MAX,
                              (uint64_t)1 << 32,
                              INT64_MAX,
                              (uint64_t)1 << 63,
                              UINT64_MAX - 255,
                              UINT64_MAX - 63,
                              UINT64_MAX - 1,
                              UINT64_MAX};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i += 1) {
    gantry_record bad = honest;
    bad.length = lengths[i];
    forge(&t, bad);
    CHECK(next_of(&t) == -EPROTO, "a length of %llu is accepted", (unsigned long long)lengths[i]);
  }
  gantry_record bad = honest;
  bad.epoch = 8;
  forge(&t, bad);
  CHECK(next_of(&t) == -EPROTO, "another container's epoch is accepted");
  bad = honest;
  bad.magic += 1;
  forge(&t, bad);
  CHECK(next_of(&t) == -EPROTO, "another magic is accepted");
  memset(slot(&t), 0, sizeof bad);
  CHECK(next_of(&t) == -EPROTO, "zeroes are accepted");
  memset(slot(&t), 255, sizeof bad);
  CHECK(next_of(&t) == -EPROTO, "ones are accepted");
  bad = honest;
  bad.length = 192;
  forge(&t, bad);
  CHECK(next_of(&t) == 1, "the longest honest record is refused");
  target_drop(&t);
}

static void claims(uint64_t start) {
  target t = target_make(4096, start, 0);
  uint64_t claim, kept;
  for (int i = 0; i < 10; i += 1) gantry_producer_publish(&t.producer, &(gantry_range){.end = 1, .count = 1});
  gantry_store_release(&t.words->claim, start + 5);
  CHECK(gantry_producer_claim(&t.producer, &claim) == 0 && claim == start + 5, "an honest claim is refused");
  gantry_store_release(&t.words->claim, start + 4);
  CHECK(gantry_producer_claim(&t.producer, &claim) == 0, "a withdrawn claim is refused");
  gantry_store_release(&t.words->claim, start + 11);
  gantry_producer before = t.producer;
  CHECK(gantry_producer_claim(&t.producer, &claim) == 0, "a claim on its way to be withdrawn is refused");
  t.producer = before;
  const uint64_t mad[] = {start + 12, start + 13, start + 1000, start + ((uint64_t)1 << 62),
                          start + 3,  start,      start - 1,    start - ((uint64_t)1 << 62)};
  for (size_t i = 0; i < sizeof mad / sizeof mad[0]; i += 1) {
    gantry_store_release(&t.words->claim, mad[i]);
    CHECK(gantry_producer_claim(&t.producer, &claim) == -EPROTO, "a claim %lld from the start is accepted",
          (long long)(mad[i] - start));
    before = t.producer;
    CHECK(gantry_producer_revoke(&t.producer, start + 7, &kept) == -EPROTO, "a revoke believes a mad claim");
    CHECK(kept - start <= 10 && t.producer.avail == kept, "a mad claim moved `avail` to %lld",
          (long long)(kept - start));
    gantry_store_release(&((gantry_driver_page *)t.memory.driver_page)->avail, before.avail);
    t.producer = before;
  }
  target_drop(&t);
}

/// Takes what it can of a region full of noise. Any payload it is given is read whole.
static uint64_t read_noise(target *t, uint8_t *copy) {
  gantry_record record;
  const void *payload;
  uint64_t taken = 0;
  while (gantry_producer_next(&t->producer, &record, &payload) == 1) {
    CHECK(record.length <= t->memory.ring_bytes - sizeof record, "a payload of %llu bytes",
          (unsigned long long)record.length);
    const uint8_t *from = payload;
    CHECK(from >= t->ring && from + record.length <= t->ring + 2 * t->memory.ring_bytes,
          "a payload elsewhere");
    memcpy(copy, payload, record.length);
    gantry_producer_take(&t->producer, &record);
    CHECK(t->producer.head % GANTRY_RECORD_ALIGN == 0 &&
              t->producer.tail_seen - t->producer.head < t->memory.ring_bytes + 1,
          "the head left its way");
    taken += 1;
  }
  gantry_producer_release(&t->producer);
  uint64_t room;
  gantry_producer_progress(&t->producer);
  const uint8_t *open = gantry_producer_open_record(&t->producer, &room);
  if (open != NULL) memcpy(copy, open, room);
  return taken;
}

/// A header that may be anything, most often nearly right.
static gantry_record any_header(random_numbers *random, uint64_t ring) {
  gantry_record header = honest;
  header.length = draw(random, draw_one_in(random, 8) ? UINT64_MAX : ring / (1 + draw(random, 16)));
  if (draw_one_in(random, 16)) header.epoch = draw(random, 12);
  if (draw_one_in(random, 16)) header.magic ^= 1u << draw(random, 32);
  header.kind = (uint16_t)draw(random, 9);
  header.count = (uint32_t)draw(random, UINT32_MAX);
  header.position = draw(random, UINT64_MAX);
  return header;
}

static void noise(uint64_t ring, uint64_t rounds, random_numbers *random) {
  target t = target_make(ring, 0, 0);
  uint8_t *copy = malloc(ring);
  CHECK(copy != NULL, "no memory");
  uint64_t taken = 0;
  for (uint64_t round = 0; round < rounds; round += 1) {
    for (uint64_t count = draw(random, 6); count > 0; count -= 1) {
      gantry_record header = any_header(random, ring);
      header.header_check = gantry_checksum(&header, offsetof(gantry_record, header_check));
      uint64_t at = draw_one_in(random, 2) ? t.producer.head : draw(random, ring) & ~(uint64_t)63;
      memcpy(t.ring + (at & (ring - 1)), &header, sizeof header);
    }
    t.ring[draw(random, ring)] ^= (uint8_t)draw(random, 256);
    uint64_t move = draw(random, ring / 64 + 2) * 64 + (draw_one_in(random, 16) ? draw(random, 64) : 0);
    if (draw_one_in(random, 32)) move = draw(random, UINT64_MAX);
    gantry_store_release(&t.words->tail, t.producer.tail_seen + move);
    taken += read_noise(&t, copy);
    // A closed lane is not read again: the next container begins anew.
    if (t.producer.head != t.producer.tail_seen || draw_one_in(random, 64)) {
      gantry_producer_open(&t.producer, t.memory.driver_page, t.words, ring, 9, 0, true);
    }
  }
  CHECK(taken > rounds / 100, "the noise was never well formed: %llu of %llu", (unsigned long long)taken,
        (unsigned long long)rounds);
  free(copy);
  target_drop(&t);
}

static _Atomic bool enough;

/// Writes into the region while it is read, as a container gone wild does. Not built for ThreadSanitizer: it
/// races.
static void *scribble(void *argument) {
  target *t = argument;
  random_numbers random = {.state = test_seed};
  uint64_t ring = t->memory.ring_bytes;
  while (!gantry_load_relaxed(&enough)) {
    gantry_record header = any_header(&random, ring);
    header.header_check = gantry_checksum(&header, offsetof(gantry_record, header_check));
    memcpy(t->ring + (draw(&random, ring) & ~(uint64_t)63), &header, sizeof header);
    gantry_store_release(&t->words->tail,
                         gantry_load_relaxed(&t->words->tail) + 64 * draw(&random, ring / 1024));
    gantry_store_release(&t->words->progress, draw(&random, UINT64_MAX));
  }
  return NULL;
}

static void wild(uint64_t ring, uint64_t nanoseconds) {
  target t = target_make(ring, 0, 0);
  uint8_t *copy = malloc(ring);
  CHECK(copy != NULL, "no memory");
  gantry_store_relaxed(&enough, false);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, scribble, &t) == 0, "no thread");
  uint64_t until = gantry_clock_ns() + nanoseconds, taken = 0, lives = 0;
  while (gantry_clock_ns() < until) {
    taken += read_noise(&t, copy);
    uint64_t tail = (gantry_load_relaxed(&t.words->tail) & ~(uint64_t)63) - ring / 2;
    gantry_producer_open_at(&t.producer, t.memory.driver_page, t.words, ring, 9, 0, true, 0, tail);
    lives += 1;
  }
  gantry_store_relaxed(&enough, true);
  pthread_join(thread, NULL);
  printf("ring of %llu: %llu records taken from %llu wild containers\n", (unsigned long long)ring,
         (unsigned long long)taken, (unsigned long long)lives);
  free(copy);
  target_drop(&t);
}

int main(void) {
  watchdog(120);
  random_numbers random = random_begin();
  for (uint64_t ring = 4096; ring <= 16384; ring *= 2) {
    const uint64_t starts[] = {0, 64, ring - 64, ring, 7 * ring - 192, 0 - (uint64_t)64, 0 - (uint64_t)192};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i += 1) {
      tails(ring, starts[i]);
      headers(ring, starts[i]);
    }
    noise(ring, 400000 / slowness(), &random);
    wild(ring, 300000000);
  }
  claims(0);
  claims(1000);
  claims(UINT64_MAX - 5);
  gantry_consumer consumer;
  alignas(GANTRY_LINE) uint64_t page[GANTRY_DRIVER_BYTES / 8] = {0};
  CHECK(gantry_consumer_open(&consumer, page, page, -1) == -EPROTO, "a page of zeroes is a lane");
  page[0] = GANTRY_LAYOUT_MAGIC | (uint64_t)(GANTRY_LAYOUT_VERSION + 1) << 32;
  CHECK(gantry_consumer_open(&consumer, page, page, -1) == -EPROTO, "another version is a lane");
}
