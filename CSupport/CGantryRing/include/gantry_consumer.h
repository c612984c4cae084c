// The container's side of a lane: claims chunks, marks its progress, writes outputs in place, publishes them.
// One thread at a time uses it; or one claims and waits for descriptors, and one at a time publishes, polls for room.
// PROTOCOL.md: Claim, Input, Commit, Sleep, Several inputs at once.
#ifndef GANTRY_CONSUMER_H
#define GANTRY_CONSUMER_H

#include <stdbool.h>
#include <stdint.h>

#include "gantry_hooks.h"
#include "gantry_layout.h"

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

/// Private memory of the container; shared words are reached through it only.
typedef struct gantry_consumer {
  const void *driver;   ///< gantry_driver_page, read-only here
  void *own;            ///< gantry_container_page
  uint8_t *ring;        ///< completion ring, mapped twice in a row
  uint64_t ring_bytes;
  uint64_t epoch;
  uint64_t claimed;     ///< descriptors claimed; free-running
  uint64_t tail;        ///< bytes published; free-running
  uint64_t head_seen;   ///< last read `head`
  uint64_t idle_average_ns;  ///< of recent waits: how long spinning pays
  uint64_t park_ns;     ///< how long the next sleep may last
  int doorbell;         ///< the driver's eventfd
  bool fenced;          ///< each input takes a fence: the driver's membarrier may not reach us
} gantry_consumer;

/// A private copy of a claimed descriptor.
typedef struct gantry_claim {
  uint64_t offset, stored, raw, check, position;
  uint32_t first, count, publish_every, flags, stride;
  const void *end;  ///< the shared word that says where to stop; it may be lowered at any time
} gantry_claim;

/// What the loop over inputs needs in registers.
typedef struct gantry_cursor {
  void *progress;
  const void *end;
  uint64_t base;  ///< the descriptor's tag in place
  bool fenced;
} gantry_cursor;

/// Attaches to a lane whose two regions are mapped. -EPROTO: they are no lane of this layout.
int gantry_consumer_open(gantry_consumer *consumer, const void *driver, void *own, int doorbell);

/// Likewise with counters that start elsewhere; see gantry_producer_open_at.
int gantry_consumer_open_at(gantry_consumer *consumer, const void *driver, void *own, int doorbell,
                            uint64_t descriptors, uint64_t bytes);

/// Claims the next descriptor. 1: `out` is ours; 0: there is none.
int gantry_consumer_claim(gantry_consumer *consumer, gantry_claim *out);

/// What a wait ended with.
enum {
  GANTRY_WAIT_READY = 1,    ///< there is a descriptor, or room
  GANTRY_WAIT_TIMEOUT = 0,  ///< look whether the parent still lives, then wait again
  GANTRY_WAIT_STOP = -1,    ///< the driver wants the container to end
};

/// Whether a descriptor or a stop is there already. No system call.
bool gantry_consumer_ready(const gantry_consumer *consumer);

/// Spins for as long as recent waits say it pays. true: there is a descriptor or a stop.
bool gantry_consumer_spin(gantry_consumer *consumer);

/// Spins, then sleeps until a descriptor is published or `stop` is set; at most a second, and at
/// most 64 where the waits before were in vain.
int gantry_consumer_wait(gantry_consumer *consumer);

/// Waits likewise until `bytes` of payload, at least one, and a header fit the ring. They must fit it at all.
int gantry_consumer_wait_room(gantry_consumer *consumer, uint64_t bytes);

/// Like gantry_consumer_wait_room, but sleeps a moment at most and touches nothing that a claiming thread uses: for
/// containers whose publishers are other threads.
int gantry_consumer_poll_room(gantry_consumer *consumer, uint64_t bytes);

/// Sleeps until the driver cancels something (`*seen` moves on) or the time is over. Any thread of the container.
void gantry_consumer_watch(const gantry_consumer *consumer, uint32_t *seen, uint64_t timeout_ns);

/// Whether the driver no longer wants the input that runs. Any thread of the container.
bool gantry_consumer_unwanted(const gantry_consumer *consumer);

/// The next position the driver cancelled, for containers that run several inputs at a time; `*cursor` begins at 0 and
/// belongs to one thread. false: none is left. Whoever lags too far behind misses some.
bool gantry_consumer_cancelled(const gantry_consumer *consumer, uint64_t *cursor, uint64_t *position);

/// Payload bytes that fit now without waiting. 0: maybe not even a header does, so an empty payload waits for 1 too.
uint64_t gantry_consumer_room(gantry_consumer *consumer);

/// Where the payload of the open record goes.
static inline uint8_t *gantry_consumer_payload(const gantry_consumer *consumer) {
  return consumer->ring + (consumer->tail & (consumer->ring_bytes - 1)) + sizeof(gantry_record);
}

/// Publishes the open record, whose payload stands in place, and rings the driver if it wants that.
/// `kind`, `flags`, `first`, `count`, `length`, `position` and `busy_ns` are taken from `record`.
void gantry_consumer_publish(gantry_consumer *consumer, const gantry_record *record);

static inline gantry_cursor gantry_cursor_make(const gantry_consumer *consumer, const gantry_claim *claim) {
  gantry_container_page *own = (gantry_container_page *)consumer->own;
  return (gantry_cursor){.progress = &own->progress,
                         .end = claim->end,
                         .base = claim->position << 33,
                         .fenced = consumer->fenced};
}

/// Whether this process, or one that it was forked from, may have had a second thread: what the C library says, and true
/// without its word. glibc's byte stays 0 from the first pthread_create on, in forks too (2.36; later versions may set it
/// again where all others have ended).
static inline bool gantry_had_threads(void) {
#if __has_include(<sys/single_threaded.h>)
  return !__libc_single_threaded;
#else
  return true;
#endif
}

/// Where the chunk ends now.
static inline uint32_t gantry_claim_end(gantry_claim claim) {
  return gantry_load_acquire((const _Atomic uint32_t *)claim.end);
}

/// Marks `input` as running, and only then asks whether it is still ours to run. false: leave the chunk here.
/// The release store also says that the output of the input before is complete (Harvest).
static inline bool gantry_cursor_begin(gantry_cursor cursor, uint32_t input) {
  gantry_store_release((_Atomic uint64_t *)cursor.progress, cursor.base | (uint64_t)input << 1 | 1);
  GANTRY_STEP(GANTRY_STEP_INPUT_BEGUN);
  // Pairs with the driver's barrier between lowering `end` and reading `progress` (Split). Without it both
  // could miss each other's store and an input would run in two containers.
  if (cursor.fenced || gantry_had_threads()) {
    gantry_fence_full();
  } else {
    gantry_fence_compiler();
  }
  bool ours = input < gantry_load_acquire((const _Atomic uint32_t *)cursor.end);
  if (ours) GANTRY_STEP(GANTRY_STEP_INPUT_RUNNING);
  return ours;
}

/// Marks that everything before `input` is complete and nothing runs.
static inline void gantry_cursor_leave(gantry_cursor cursor, uint32_t input) {
  gantry_store_release((_Atomic uint64_t *)cursor.progress, cursor.base | (uint64_t)input << 1);
  GANTRY_STEP(GANTRY_STEP_CHUNK_LEFT);
}

#endif
