// Claim, Commit and Sleep of PROTOCOL.md, as the container runs them.
#include "gantry_consumer.h"

#include <errno.h>

#include "gantry_checksum.h"
#include "gantry_doorbell.h"

/// Who has nothing to do for long is to cost nothing: after each wait in vain the next may last longer.
#define PARK_LEAST_NS UINT64_C(1000000000)
#define PARK_MOST_NS UINT64_C(64000000000)
#define PARK_GROWTH 16

enum { SPIN_LEAST_NS = 2000, SPIN_MOST_NS = 50000, PAUSES_PER_LOOK = 16, ROOM_POLL_NS = 100000 };

static inline const gantry_driver_page *driver_page(const gantry_consumer *consumer) {
  return consumer->driver;
}

static inline gantry_container_page *own_page(const gantry_consumer *consumer) { return consumer->own; }

int gantry_consumer_open(gantry_consumer *consumer, const void *driver, void *own, int doorbell) {
  return gantry_consumer_open_at(consumer, driver, own, doorbell, 0, 0);
}

int gantry_consumer_open_at(gantry_consumer *consumer, const void *driver, void *own, int doorbell,
                            uint64_t descriptors, uint64_t bytes) {
  const gantry_driver_page *page = driver;
  if (page->magic != GANTRY_LAYOUT_MAGIC || page->version != GANTRY_LAYOUT_VERSION) return -EPROTO;
  *consumer = (gantry_consumer){
      .driver = driver,
      .own = own,
      .ring = (uint8_t *)own + GANTRY_PAGE,
      .ring_bytes = page->ring_bytes,
      .epoch = page->epoch,
      .claimed = descriptors,
      .tail = bytes,
      .head_seen = bytes,
      .idle_average_ns = SPIN_MOST_NS,
      .park_ns = PARK_LEAST_NS,
      .doorbell = doorbell,
      .fenced = page->fence_inputs != 0 || !gantry_membarrier_reaches_us(),
  };
  gantry_store_relaxed(&own_page(consumer)->claim, descriptors);
  gantry_store_relaxed(&own_page(consumer)->tail, bytes);
  // A zeroed progress would name input 0 of position 0 before that was begun: name the position before it.
  gantry_store_release(&own_page(consumer)->progress, (consumer->claimed - 1) << 33);
  return 0;
}

int gantry_consumer_claim(gantry_consumer *consumer, gantry_claim *out) {
  const gantry_driver_page *driver = driver_page(consumer);
  gantry_container_page *own = own_page(consumer);
  uint64_t mine = consumer->claimed;
  if ((int64_t)(gantry_load_acquire(&driver->avail) - mine) <= 0) return 0;

  // Claim: mine first, then look at theirs again. Partner: store avail, fence, load claim in Revoke.
  // Release: the copy of the descriptor before was read, so its slot may be written again (PROTOCOL.md, Several inputs).
  gantry_store_release(&own->claim, mine + 1);
  GANTRY_STEP(GANTRY_STEP_CLAIM_STORED);
  gantry_fence_full();
  if ((int64_t)(gantry_load_acquire(&driver->avail) - mine) <= 0) {
    gantry_store_release(&own->claim, mine);
    GANTRY_STEP(GANTRY_STEP_CLAIM_WITHDRAWN);
    return 0;
  }
  GANTRY_STEP(GANTRY_STEP_CLAIM_CHECKED);
  consumer->claimed = mine + 1;
  const gantry_descriptor *slot = &driver->descriptors[mine % GANTRY_DESCRIPTORS];
  *out = (gantry_claim){
      .offset = slot->offset,
      .stored = slot->stored,
      .raw = slot->raw,
      .check = slot->check,
      .position = slot->position,
      .first = slot->first,
      .count = slot->count,
      .publish_every = slot->publish_every,
      .flags = slot->flags,
      .stride = slot->stride,
      .end = &slot->end,
  };
  return 1;
}

static bool stopping(const gantry_consumer *consumer) {
  return gantry_load_acquire(&driver_page(consumer)->stop) != 0;
}

bool gantry_consumer_ready(const gantry_consumer *consumer) {
  uint64_t avail = gantry_load_acquire(&driver_page(consumer)->avail);
  return (int64_t)(avail - consumer->claimed) > 0 || stopping(consumer);
}

uint64_t gantry_consumer_room(gantry_consumer *consumer) {
  consumer->head_seen = gantry_load_acquire(&driver_page(consumer)->head);
  uint64_t used = consumer->tail - consumer->head_seen;
  uint64_t left = consumer->ring_bytes - used;
  return left < sizeof(gantry_record) ? 0 : left - sizeof(gantry_record);
}

/// What a wait is for: a descriptor, or room for a payload.
typedef struct need {
  bool room;
  uint64_t bytes;
} need;

static bool satisfied(gantry_consumer *consumer, need need) {
  return need.room ? gantry_consumer_room(consumer) >= need.bytes : gantry_consumer_ready(consumer);
}

/// Rings a driver that sleeps and wants to know of waiting containers. Partner: Sleep of the driver.
static void ring_when_dry(const gantry_consumer *consumer) {
  gantry_fence_full();
  if (gantry_load_acquire(&driver_page(consumer)->driver_parked) == GANTRY_RING_WHEN_DRY) {
    gantry_eventfd_ring(consumer->doorbell);
  }
}

/// Spinning pays where recent waits were shorter than a sleep and a wake.
static uint64_t spin_budget(const gantry_consumer *consumer) {
  uint64_t wish = 2 * consumer->idle_average_ns;
  if (wish > SPIN_MOST_NS) wish = consumer->idle_average_ns > 2 * SPIN_MOST_NS ? SPIN_LEAST_NS : SPIN_MOST_NS;
  if (wish < SPIN_LEAST_NS) wish = SPIN_LEAST_NS;
  uint64_t allowed = gantry_load_acquire(&driver_page(consumer)->spin_ns);
  return wish < allowed ? wish : allowed;
}

static bool spin_for(gantry_consumer *consumer, need need, uint64_t start) {
  uint64_t budget = spin_budget(consumer);
  bool met = satisfied(consumer, need);
  while (!met && gantry_clock_ns() - start < budget) {
    for (int i = 0; i < PAUSES_PER_LOOK && !met; i++) {
      gantry_pause();
      met = satisfied(consumer, need);
    }
  }
  return met;
}

static void learn(gantry_consumer *consumer, uint64_t start) {
  consumer->idle_average_ns = (7 * consumer->idle_average_ns + gantry_clock_ns() - start) / 8;
}

bool gantry_consumer_spin(gantry_consumer *consumer) {
  uint64_t start = gantry_clock_ns();
  ring_when_dry(consumer);
  bool met = spin_for(consumer, (need){.room = false}, start);
  if (met) learn(consumer, start);
  return met;
}

static int wait_for(gantry_consumer *consumer, need need) {
  if (satisfied(consumer, need)) return stopping(consumer) ? GANTRY_WAIT_STOP : GANTRY_WAIT_READY;
  const gantry_driver_page *driver = driver_page(consumer);
  gantry_container_page *own = own_page(consumer);
  uint64_t start = gantry_clock_ns();
  ring_when_dry(consumer);
  bool met = spin_for(consumer, need, start);
  if (!met) {
    uint32_t seen = gantry_load_acquire(&driver->bell);
    gantry_store_relaxed(&own->parked, need.room ? GANTRY_PARKED_FOR_ROOM : GANTRY_PARKED_FOR_CHUNKS);
    GANTRY_STEP(GANTRY_STEP_PARKED);
    // Sleep: flag first, then look again. Partner: publish, fence, load parked in gantry_producer_wake.
    gantry_fence_full();
    met = satisfied(consumer, need);
    if (!met && !stopping(consumer)) {
      gantry_futex_wait(&driver->bell, seen, consumer->park_ns);
      met = satisfied(consumer, need);
      // Unrung, and something is there all the same: a wake was lost, or came in just this moment.
      if (met && gantry_load_acquire(&driver->bell) == seen) GANTRY_STEP(GANTRY_STEP_WOKEN_LATE);
    }
    GANTRY_STEP(GANTRY_STEP_AWAKE);
    gantry_store_relaxed(&own->parked, GANTRY_PARKED_NOT);
  }
  learn(consumer, start);
  if (met) {
    consumer->park_ns = PARK_LEAST_NS;
  } else if (consumer->park_ns < PARK_MOST_NS) {
    uint64_t longer = consumer->park_ns * PARK_GROWTH;
    consumer->park_ns = longer < PARK_MOST_NS ? longer : PARK_MOST_NS;
  }
  if (stopping(consumer)) return GANTRY_WAIT_STOP;
  return met ? GANTRY_WAIT_READY : GANTRY_WAIT_TIMEOUT;
}

void gantry_consumer_watch(const gantry_consumer *consumer, uint32_t *seen, uint64_t timeout_ns) {
  const gantry_driver_page *driver = driver_page(consumer);
  gantry_futex_wait(&driver->cancel_bell, *seen, timeout_ns);
  *seen = gantry_load_acquire(&driver->cancel_bell);
}

bool gantry_consumer_unwanted(const gantry_consumer *consumer) {
  const gantry_driver_page *driver = driver_page(consumer);
  uint64_t count = gantry_load_acquire(&driver->cancel_count);
  if (count == 0) return false;
  // One input runs at a time: all cancels but the last are of descriptors that were left.
  uint64_t unwanted = gantry_load_acquire(&driver->cancels[(count - 1) % GANTRY_CANCELS]);
  uint64_t progress = gantry_load_acquire(&own_page(consumer)->progress);
  return (progress & 1) && (unwanted << 33) >> 33 == progress >> 33;
}

bool gantry_consumer_cancelled(const gantry_consumer *consumer, uint64_t *cursor, uint64_t *position) {
  const gantry_driver_page *driver = driver_page(consumer);
  // Partner: the count is stored behind its slot in gantry_producer_cancel.
  uint64_t count = gantry_load_acquire(&driver->cancel_count);
  if (count == *cursor) return false;
  if (count - *cursor > GANTRY_CANCELS) *cursor = count - GANTRY_CANCELS;
  *position = gantry_load_acquire(&driver->cancels[*cursor % GANTRY_CANCELS]);
  *cursor += 1;
  return true;
}

int gantry_consumer_wait(gantry_consumer *consumer) { return wait_for(consumer, (need){.room = false}); }

int gantry_consumer_poll_room(gantry_consumer *consumer, uint64_t bytes) {
  need need = {.room = true, .bytes = bytes > 0 ? bytes : 1};
  if (!satisfied(consumer, need)) {
    // The driver drains as soon as it hears of this; `parked` belongs to the thread that waits for descriptors.
    ring_when_dry(consumer);
    gantry_sleep_ns(ROOM_POLL_NS);
  }
  if (stopping(consumer)) return GANTRY_WAIT_STOP;
  return satisfied(consumer, need) ? GANTRY_WAIT_READY : GANTRY_WAIT_TIMEOUT;
}

int gantry_consumer_wait_room(gantry_consumer *consumer, uint64_t bytes) {
  GANTRY_STEP(GANTRY_STEP_ROOM_WAIT);
  return wait_for(consumer, (need){.room = true, .bytes = bytes > 0 ? bytes : 1});
}

void gantry_consumer_publish(gantry_consumer *consumer, const gantry_record *record) {
  gantry_record *slot = (gantry_record *)(gantry_consumer_payload(consumer) - sizeof(gantry_record));
  gantry_record header = *record;
  header.magic = GANTRY_RECORD_MAGIC;
  header.epoch = consumer->epoch;
  header.check = gantry_checksum(gantry_consumer_payload(consumer), header.length);
  header.header_check = gantry_checksum(&header, offsetof(gantry_record, header_check));
  *slot = header;
  GANTRY_STEP(GANTRY_STEP_HEADER_WRITTEN);

  uint64_t padded = (header.length + GANTRY_RECORD_ALIGN - 1) & ~(uint64_t)(GANTRY_RECORD_ALIGN - 1);
  consumer->tail += sizeof(gantry_record) + padded;
  // Commit: all of the record before the word that shows it. Partner: load of tail in the driver.
  gantry_store_release(&own_page(consumer)->tail, consumer->tail);
  GANTRY_STEP(GANTRY_STEP_TAIL_STORED);
  // Partner: store driver_parked, fence, load tail in the driver's Sleep; else its wake is lost.
  gantry_fence_full();
  if (gantry_load_acquire(&driver_page(consumer)->driver_parked) == GANTRY_RING_ALWAYS) {
    gantry_eventfd_ring(consumer->doorbell);
    GANTRY_STEP(GANTRY_STEP_BELL_RUNG);
  }
}
