// One lane of the C ring, and how each of its two ends is opened and waits: what a driver and a container do around the
// module's own calls.
#ifndef GANTRY_LANE_ENDS_H
#define GANTRY_LANE_ENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "CGantryRing.h"

/// Bytes of a completion ring, as Gantry's driver makes it.
enum { LANE_RING_BYTES = 1 << 20, LANE_SPIN_NS = 50000 };

/// Its two shared objects. Neither has a name. Made before the processes are started.
typedef struct lane {
  gantry_memory driver, container;
  int doorbell;  ///< the driver's; lanes may share one
} lane;

lane lane_make(int doorbell);

/// A driver's doorbell.
int lane_doorbell(void);

/// Opens the driver's end, in the driver's process, before the container's is opened.
gantry_producer lane_drive(const lane *l);

/// Opens the container's end, in the container's process.
gantry_consumer lane_contain(const lane *l);

/// Memory that a driver writes and containers read.
gantry_memory lane_arena_make(uint64_t bytes);
void *lane_arena_map(const gantry_memory *arena, uint64_t bytes, bool writable);

/// Spins for so long, then sleeps until any of the lanes has a record.
void lane_await_records(gantry_producer *producers, uint64_t count, int doorbell, uint64_t spin_ns);

/// Waits until so many bytes of payload fit the container's ring.
void lane_await_room(gantry_consumer *consumer, uint64_t bytes);

/// Copies a record's payload once; the copy must have the checksum that the record says, unless nobody checks.
void lane_copy_payload(const gantry_record *record, const void *payload, void *to, bool checks);

#endif
