// The driver's side of a lane: publishes and takes back chunks, reads records, wakes the container.
// Called under the driver's lock. Nothing read here is believed before it is checked; a violation is -EPROTO
// and means: close the lane, kill the container. PROTOCOL.md: Publish, Revoke, Split, Harvest, Checks.
#ifndef GANTRY_PRODUCER_H
#define GANTRY_PRODUCER_H

#include <stdbool.h>
#include <stdint.h>

#include "gantry_layout.h"

/// What was wrong with the last tail or record that was refused.
enum {
  GANTRY_FAULT_NONE = 0,
  GANTRY_FAULT_TAIL,          ///< `fault_value` is the tail: back, beyond the room that was told, or between records
  GANTRY_FAULT_MAGIC,         ///< no record begins where one should
  GANTRY_FAULT_EPOCH,         ///< one of another container
  GANTRY_FAULT_HEADER_CHECK,  ///< a header that its checksum does not fit
  GANTRY_FAULT_LENGTH,        ///< `fault_value` is a length that ends behind the tail
};

/// Private memory of the driver.
typedef struct gantry_producer {
  void *own;              ///< gantry_driver_page
  const void *container;  ///< gantry_container_page, read-only here
  const uint8_t *ring;
  uint64_t ring_bytes;
  uint64_t epoch;
  uint64_t avail;         ///< descriptors published; free-running
  uint64_t claim_seen;    ///< highest claim that was valid
  uint64_t head;          ///< bytes of records taken
  uint64_t head_told;     ///< what the container was told of it
  uint64_t tail_seen;     ///< last valid tail
  uint32_t parked_level;  ///< what driver_parked holds
  int fault;              ///< GANTRY_FAULT_…, of the last -EPROTO of gantry_producer_next
  uint64_t fault_value;
} gantry_producer;

/// The range of a chunk that a descriptor names; see gantry_descriptor.
typedef struct gantry_range {
  uint64_t offset, stored, raw, check;
  uint32_t first, end, count, publish_every, flags, stride;
} gantry_range;

/// Lays out a zeroed driver's page and attaches. All counters start at 0.
void gantry_producer_open(gantry_producer *producer, void *own, const void *container, uint64_t ring_bytes,
                          uint64_t epoch, uint32_t function, bool fence_inputs);

/// Likewise with counters that start elsewhere, `bytes` at a multiple of 64: for tests near the wrap. The consumer
/// must be opened at the same ones before anything is read from it.
void gantry_producer_open_at(gantry_producer *producer, void *own, const void *container, uint64_t ring_bytes,
                             uint64_t epoch, uint32_t function, bool fence_inputs, uint64_t descriptors,
                             uint64_t bytes);

/// Publishes a descriptor; the caller knows from its ledger that the slot is free. Wakes nobody.
void gantry_producer_publish(gantry_producer *producer, const gantry_range *range);

/// Wakes the container if it sleeps. true: a system call was made.
bool gantry_producer_wake(gantry_producer *producer);

/// The container's claim, checked. 0 or -EPROTO.
int gantry_producer_claim(gantry_producer *producer, uint64_t *claim);

/// Takes back all descriptors from `keep` on that are provably not claimed.
/// 0: `*kept` is the first position that is ours again, which is `keep` or a little above. -EPROTO.
int gantry_producer_revoke(gantry_producer *producer, uint64_t keep, uint64_t *kept);

/// Where the container stands: `position` mod 2^31, input, running.
typedef struct gantry_progress {
  uint32_t tag, input;
  bool running;
} gantry_progress;

gantry_progress gantry_producer_progress(const gantry_producer *producer);

/// The tag that a progress of this position carries.
static inline uint32_t gantry_tag(uint64_t position) { return (uint32_t)(position & 0x7fffffffu); }

/// Lowers the end of a published descriptor and passes a barrier that reaches the container, so that a progress read
/// afterwards is decisive. false: the barrier failed, and the outcome must be treated as a conflict.
bool gantry_producer_lower_end(gantry_producer *producer, uint64_t position, uint32_t end);

/// Puts the end back after a conflict.
void gantry_producer_restore_end(gantry_producer *producer, uint64_t position, uint32_t end);

/// Whether records wait, or the tail is no longer what it was: one shared load.
bool gantry_producer_pending(const gantry_producer *producer);

/// Copies and checks the next record's header. 1: `*payload` holds `record->length` bytes *in shared memory*: copy
/// once, check the copy. 0: none. -EPROTO: `fault` says why.
int gantry_producer_next(gantry_producer *producer, gantry_record *record, const void **payload);

/// Passes the record that `next` gave.
void gantry_producer_take(gantry_producer *producer, const gantry_record *record);

/// Tells the container how far its ring was read; wakes it if it sleeps. Once a drain.
void gantry_producer_release(gantry_producer *producer);

/// The payload of the open record, if the tail still stands where all records were taken: read the progress
/// *before* this. NULL: new records came; take them first. At most `*room` bytes may be read.
const void *gantry_producer_open_record(const gantry_producer *producer, uint64_t *room);

/// Says when the container is to ring the driver's eventfd. The caller passes a fence before it relies on it.
void gantry_producer_set_parked(gantry_producer *producer, uint32_t level);

/// Orders set_parked before the scan that follows it.
void gantry_producer_fence(void);

void gantry_producer_set_spin(gantry_producer *producer, uint32_t spin_ns);

/// Tells an asynchronous container to cancel the input that runs for this descriptor. One system call. A container
/// that lags more than GANTRY_CANCELS behind misses some.
void gantry_producer_cancel(gantry_producer *producer, uint64_t position);

/// Asks the container to end, and wakes it.
void gantry_producer_stop(gantry_producer *producer);

/// What a dying container's signal handler noted, as untrusted words; false: nothing. Read after its death only.
bool gantry_producer_crash(const gantry_producer *producer, uint64_t words[GANTRY_CRASH_WORDS]);

#endif
