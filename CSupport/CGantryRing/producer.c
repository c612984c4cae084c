// Publish, Revoke, Split, Harvest and the checks of PROTOCOL.md, as the driver runs them.
#include "gantry_producer.h"

#include <errno.h>

#include "gantry_checksum.h"
#include "gantry_doorbell.h"

static inline gantry_driver_page *own_page(const gantry_producer *producer) { return producer->own; }

static inline const gantry_container_page *container_page(const gantry_producer *producer) {
  return producer->container;
}

/// Reads a word that the container writes; in test builds, once within a decision.
#define read_acquire(producer, word)                                                             \
  (GANTRY_READ(&container_page(producer)->word, sizeof container_page(producer)->word, "`" #word "`"), \
   gantry_load_acquire(&container_page(producer)->word))
#define read_relaxed(producer, word)                                                             \
  (GANTRY_READ(&container_page(producer)->word, sizeof container_page(producer)->word, "`" #word "`"), \
   gantry_load_relaxed(&container_page(producer)->word))

/// Begins a decision about the lane: all of it may be read again, once.
static inline void decide(const gantry_producer *producer) {
  (void)producer;
  GANTRY_DECIDE(producer->container, GANTRY_PAGE + 2 * producer->ring_bytes);
}

/// Begins a decision about one word, within whatever other decision.
#define decide_again(producer, word) \
  GANTRY_DECIDE(&container_page(producer)->word, sizeof container_page(producer)->word)

void gantry_producer_open(gantry_producer *producer, void *own, const void *container, uint64_t ring_bytes,
                          uint64_t epoch, uint32_t function, bool fence_inputs) {
  gantry_producer_open_at(producer, own, container, ring_bytes, epoch, function, fence_inputs, 0, 0);
}

void gantry_producer_open_at(gantry_producer *producer, void *own, const void *container, uint64_t ring_bytes,
                             uint64_t epoch, uint32_t function, bool fence_inputs, uint64_t descriptors,
                             uint64_t bytes) {
  gantry_driver_page *page = own;
  page->magic = GANTRY_LAYOUT_MAGIC;
  page->version = GANTRY_LAYOUT_VERSION;
  page->epoch = epoch;
  page->ring_bytes = ring_bytes;
  page->function = function;
  page->fence_inputs = fence_inputs;
  gantry_store_relaxed(&page->avail, descriptors);
  gantry_store_relaxed(&page->head, bytes);
  *producer = (gantry_producer){
      .own = own,
      .container = container,
      .ring = (const uint8_t *)container + GANTRY_PAGE,
      .ring_bytes = ring_bytes,
      .epoch = epoch,
      .avail = descriptors,
      .claim_seen = descriptors,
      .head = bytes,
      .head_told = bytes,
      .tail_seen = bytes,
  };
}

void gantry_producer_publish(gantry_producer *producer, const gantry_range *range) {
  gantry_driver_page *page = own_page(producer);
  gantry_descriptor *slot = &page->descriptors[producer->avail % GANTRY_DESCRIPTORS];
  slot->offset = range->offset;
  slot->stored = range->stored;
  slot->raw = range->raw;
  slot->check = range->check;
  slot->position = producer->avail;
  slot->first = range->first;
  gantry_store_relaxed(&slot->end, range->end);
  slot->count = range->count;
  slot->publish_every = range->publish_every;
  slot->flags = range->flags;
  slot->stride = range->stride;
  producer->avail += 1;
  // Publish: the descriptor and the chunk before the word that shows them. Partner: load avail in Claim.
  gantry_store_release(&page->avail, producer->avail);
}

/// Wakes a container that sleeps for `least` or for more (GANTRY_PARKED_…).
static bool wake_sleeper(gantry_producer *producer, uint32_t least) {
  // Partner: store parked, fence, re-check in the container's Sleep; without the fence its wake is lost.
  gantry_fence_full();
  decide_again(producer, parked);
  if (read_relaxed(producer, parked) < least) return false;
  gantry_driver_page *page = own_page(producer);
  gantry_store_release(&page->bell, gantry_load_relaxed(&page->bell) + 1);
  gantry_futex_wake(&page->bell);
  return true;
}

bool gantry_producer_wake(gantry_producer *producer) {
  return wake_sleeper(producer, GANTRY_PARKED_FOR_CHUNKS);
}

/// A claim may pass `avail` by one between the two halves of the handshake, and go back by one after it.
static int check_claim(gantry_producer *producer, uint64_t published, uint64_t claim) {
  if ((int64_t)(published + 1 - claim) < 0) return -EPROTO;
  if ((int64_t)(claim + 1 - producer->claim_seen) < 0) return -EPROTO;
  if ((int64_t)(claim - producer->claim_seen) > 0) producer->claim_seen = claim;
  return 0;
}

int gantry_producer_claim(gantry_producer *producer, uint64_t *claim) {
  decide_again(producer, claim);
  *claim = read_acquire(producer, claim);
  return check_claim(producer, producer->avail, *claim);
}

int gantry_producer_revoke(gantry_producer *producer, uint64_t keep, uint64_t *kept) {
  gantry_driver_page *page = own_page(producer);
  uint64_t published = producer->avail;
  // Revoke: mine first, then look at theirs. Partner: store claim, fence, load avail in Claim.
  gantry_store_relaxed(&page->avail, keep);
  gantry_fence_full();
  decide(producer);
  uint64_t claim = read_acquire(producer, claim);
  int failure = check_claim(producer, published, claim);
  bool gave_back = (int64_t)(claim - keep) > 0;
  if (gave_back) {
    // It may have taken that one before it could see the change: give it back.
    keep = (int64_t)(claim - published) > 0 ? published : claim;
  }
  gantry_store_release(&page->avail, keep);
  producer->avail = keep;
  *kept = keep;
  // The container may have withdrawn its claim and gone to sleep before it could see what was given back.
  if (gave_back) wake_sleeper(producer, GANTRY_PARKED_FOR_CHUNKS);
  return failure;
}

gantry_progress gantry_producer_progress(const gantry_producer *producer) {
  decide(producer);
  uint64_t word = read_acquire(producer, progress);
  return (gantry_progress){.tag = (uint32_t)(word >> 33), .input = (uint32_t)(word >> 1), .running = word & 1};
}

/// More than any store waits for its line, by far.
#define DRAIN_NS 10000

bool gantry_producer_lower_end(gantry_producer *producer, uint64_t position, uint32_t end) {
  gantry_producer_restore_end(producer, position, end);
  // Split: partner is gantry_cursor_begin, which stores progress and then loads this word. The fence serves
  // containers that fence each input; the barrier reaches those that do not.
  gantry_fence_full();
  if (own_page(producer)->fence_inputs != 0) return true;
  uint64_t start = gantry_clock_ns();
  if (gantry_membarrier_all() != 0) return false;
  // For what the kernel passed over; a barrier that had a virtual processor to reach has taken as long already.
  while (gantry_clock_ns() - start < DRAIN_NS) gantry_pause();
  return true;
}

void gantry_producer_restore_end(gantry_producer *producer, uint64_t position, uint32_t end) {
  gantry_descriptor *slot = &own_page(producer)->descriptors[position % GANTRY_DESCRIPTORS];
  gantry_store_release(&slot->end, end);
}

bool gantry_producer_pending(const gantry_producer *producer) {
  decide(producer);
  return read_relaxed(producer, tail) != producer->head;
}

static int refuse(gantry_producer *producer, int fault, uint64_t value) {
  producer->fault = fault;
  producer->fault_value = value;
  return -EPROTO;
}

int gantry_producer_next(gantry_producer *producer, gantry_record *record, const void **payload) {
  decide(producer);
  if (producer->head == producer->tail_seen) {
    // Partner: store_release of tail in Commit.
    uint64_t tail = read_acquire(producer, tail);
    if (tail == producer->tail_seen) return 0;
    // Not more than it was told that there is room for: one that writes on regardless would be drained for ever.
    bool goes_back = tail - producer->head > producer->ring_bytes;
    bool overruns = tail - producer->head_told > producer->ring_bytes;
    if (goes_back || overruns || tail % GANTRY_RECORD_ALIGN != 0) {
      return refuse(producer, GANTRY_FAULT_TAIL, tail);
    }
    producer->tail_seen = tail;
  }
  uint64_t left = producer->tail_seen - producer->head;
  const uint8_t *at = producer->ring + (producer->head & (producer->ring_bytes - 1));
  gantry_copy_once(record, at, sizeof *record, "a record's header");
  if (record->magic != GANTRY_RECORD_MAGIC) return refuse(producer, GANTRY_FAULT_MAGIC, record->magic);
  if (record->epoch != producer->epoch) return refuse(producer, GANTRY_FAULT_EPOCH, record->epoch);
  if (record->header_check != gantry_checksum(record, offsetof(gantry_record, header_check))) {
    return refuse(producer, GANTRY_FAULT_HEADER_CHECK, record->header_check);
  }
  if (left < sizeof *record || record->length > left - sizeof *record) {
    return refuse(producer, GANTRY_FAULT_LENGTH, record->length);
  }
  *payload = at + sizeof *record;
  return 1;
}

void gantry_producer_take(gantry_producer *producer, const gantry_record *record) {
  uint64_t padded = (record->length + GANTRY_RECORD_ALIGN - 1) & ~(uint64_t)(GANTRY_RECORD_ALIGN - 1);
  uint64_t left = producer->tail_seen - producer->head;
  uint64_t whole = sizeof *record + padded;
  producer->head += whole < left ? whole : left;
}

void gantry_producer_release(gantry_producer *producer) {
  if (producer->head == producer->head_told) return;
  producer->head_told = producer->head;
  // Partner: load head where the container asks for room.
  gantry_store_release(&own_page(producer)->head, producer->head);
  wake_sleeper(producer, GANTRY_PARKED_FOR_ROOM);
}

const void *gantry_producer_open_record(const gantry_producer *producer, uint64_t *room) {
  // Harvest: progress was read before this load. If the tail has not moved since the last drain, all that
  // progress calls complete lies in the one open record behind it.
  if (read_acquire(producer, tail) != producer->head) return NULL;
  *room = producer->ring_bytes - sizeof(gantry_record);
  return producer->ring + (producer->head & (producer->ring_bytes - 1)) + sizeof(gantry_record);
}

void gantry_producer_set_parked(gantry_producer *producer, uint32_t level) {
  if (producer->parked_level == level) return;
  producer->parked_level = level;
  gantry_store_relaxed(&own_page(producer)->driver_parked, level);
}

void gantry_producer_fence(void) { gantry_fence_full(); }

void gantry_producer_set_spin(gantry_producer *producer, uint32_t spin_ns) {
  gantry_store_relaxed(&own_page(producer)->spin_ns, spin_ns);
}

void gantry_producer_cancel(gantry_producer *producer, uint64_t position) {
  gantry_driver_page *page = own_page(producer);
  // Partner: gantry_consumer_cancelled reads the count, then the slot; a slot that was reused meanwhile names another
  // cancelled position, which does no harm.
  uint64_t count = gantry_load_relaxed(&page->cancel_count);
  gantry_store_release(&page->cancels[count % GANTRY_CANCELS], position);
  gantry_store_release(&page->cancel_count, count + 1);
  gantry_store_release(&page->cancel_bell, gantry_load_relaxed(&page->cancel_bell) + 1);
  gantry_futex_wake(&page->cancel_bell);
}

void gantry_producer_stop(gantry_producer *producer) {
  gantry_store_release(&own_page(producer)->stop, 1);
  wake_sleeper(producer, GANTRY_PARKED_FOR_CHUNKS);
}

bool gantry_producer_crash(const gantry_producer *producer, uint64_t words[GANTRY_CRASH_WORDS]) {
  decide(producer);
  if (read_acquire(producer, crash.filled) == 0) return false;
  const gantry_crash_words *crash = &container_page(producer)->crash;
  gantry_copy_once(words, crash->words, sizeof crash->words, "the crash words");
  return true;
}
