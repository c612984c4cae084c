// The layout of a lane's shared memory: every word has one writer, and the MMU enforces which.
// Offsets are asserted below; all values are little-endian, fixed-width, and hold no pointers.
#ifndef GANTRY_LAYOUT_H
#define GANTRY_LAYOUT_H

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "gantry_atomics.h"

#define GANTRY_LAYOUT_MAGIC 0x59525447u  // "GTRY"
#define GANTRY_LAYOUT_VERSION 2u
#define GANTRY_PAGE 4096u
/// Words that different processes write stand this far apart: pairs of lines are fetched together.
#define GANTRY_LINE 128u
/// Descriptors in a lane; a power of two.
#define GANTRY_DESCRIPTORS 64u
/// Cancelled positions that are remembered; a power of two.
#define GANTRY_CANCELS 256u
/// Records in a completion ring begin at multiples of this.
#define GANTRY_RECORD_ALIGN 64u
#define GANTRY_RECORD_MAGIC 0x43455247u  // "GREC"

/// How the bytes of a chunk or of a record are to be read.
enum {
  GANTRY_CHUNK_LZ4 = 1,       ///< one LZ4 block, else stored
  GANTRY_CHUNK_SHUFFLED = 2,  ///< bytes of fixed-width inputs were shuffled before LZ4
  GANTRY_CHUNK_FRAMED = 4,    ///< each input stands behind its length; said where inputs are picked out singly
};

/// What a record carries.
enum {
  GANTRY_RECORD_OUTPUTS = 1,  ///< outputs of `count` inputs from `first` on
  GANTRY_RECORD_MORE = 2,     ///< a piece of one output too large for the ring; others follow
  GANTRY_RECORD_LARGE = 7,    ///< the last piece of it
  GANTRY_RECORD_BYTES = 8,    ///< the last piece of an array of bytes, which came without its count
  GANTRY_RECORD_THREW = 3,    ///< the error that input `first` threw
  GANTRY_RECORD_UNENCODABLE = 4,  ///< why the output or the input of `first` could not be coded
  GANTRY_RECORD_STARTED = 5,  ///< the container is ready; no inputs; `busy_ns` is its pid
};

/// The container has left the descriptor: inputs from `first + count` on were not run.
#define GANTRY_RECORD_LAST 1u

/// One chunk, or a range of its inputs, on its way to one container. Written by the driver.
typedef struct gantry_descriptor {
  uint64_t offset;         ///< of the chunk's bytes in the arena
  uint64_t stored;         ///< bytes there
  uint64_t raw;            ///< bytes after decompression; equals `stored` of a stored chunk
  uint64_t check;          ///< gantry_checksum of the stored bytes
  uint64_t position;       ///< the free-running number of this descriptor in its lane
  uint32_t first;          ///< first input of the chunk to run
  _Atomic uint32_t end;    ///< one past the last; the driver may lower it while the chunk runs (Split)
  uint32_t count;          ///< inputs in the whole chunk
  uint32_t publish_every;  ///< publish after so many inputs
  uint32_t flags;          ///< GANTRY_CHUNK_…
  uint32_t stride;         ///< of shuffled inputs, in bytes
} gantry_descriptor;

/// Written by the driver; mapped read-only in the container.
typedef struct gantry_driver_page {
  uint32_t magic;
  uint32_t version;
  uint64_t epoch;         ///< of this container; stands in each of its records
  uint64_t ring_bytes;    ///< completion ring, a power of two
  uint32_t fence_inputs;  ///< 1: the driver cannot membarrier, so all containers fence each input
  uint32_t function;
  alignas(GANTRY_LINE) _Atomic uint64_t avail;  ///< descriptors published; lowered by Revoke
  alignas(GANTRY_LINE) _Atomic uint64_t head;   ///< bytes of the completion ring consumed
  alignas(GANTRY_LINE) _Atomic uint32_t bell;   ///< futex: bumped for each wake
  alignas(GANTRY_LINE) _Atomic uint32_t driver_parked;  ///< gantry_ring_when
  _Atomic uint32_t stop;                        ///< 1: finish and exit
  _Atomic uint32_t spin_ns;                     ///< how long a container may spin before it parks
  _Atomic uint32_t cancel_bell;                 ///< futex: bumped for each cancel
  alignas(GANTRY_LINE) gantry_descriptor descriptors[GANTRY_DESCRIPTORS];
  _Atomic uint64_t cancel_count;                ///< cancels so far
  _Atomic uint64_t cancels[GANTRY_CANCELS];     ///< positions whose running input is unwanted; slot = count mod 256
} gantry_driver_page;

/// Where the crash words stand in the container page.
#define GANTRY_CRASH_OFFSET 512u

/// Words of a crash note behind the first; what they mean is the process module's.
#define GANTRY_CRASH_WORDS 31u

/// What a dying container's signal handler leaves behind; the process module writes it.
typedef struct gantry_crash_words {
  _Atomic uint64_t filled;  ///< not 0 once the others were stored
  uint64_t words[GANTRY_CRASH_WORDS];
} gantry_crash_words;

/// Written by the container; mapped read-only in the driver. The completion ring follows it.
typedef struct gantry_container_page {
  alignas(GANTRY_LINE) _Atomic uint64_t claim;     ///< descriptors claimed
  alignas(GANTRY_LINE) _Atomic uint64_t progress;  ///< tag 31 | input 32 | running 1
  alignas(GANTRY_LINE) _Atomic uint64_t tail;      ///< bytes of the completion ring published
  alignas(GANTRY_LINE) _Atomic uint32_t parked;    ///< GANTRY_PARKED_…
  alignas(GANTRY_LINE) gantry_crash_words crash;
} gantry_container_page;

/// The header of one entry of a completion ring; its payload follows, the next begins at a multiple of 64.
typedef struct gantry_record {
  uint32_t magic;
  uint16_t kind;          ///< GANTRY_RECORD_…
  uint16_t flags;         ///< GANTRY_RECORD_LAST
  uint32_t first;         ///< first input it speaks of
  uint32_t count;         ///< how many
  uint64_t epoch;
  uint64_t position;      ///< of the descriptor
  uint64_t length;        ///< payload bytes
  uint64_t busy_ns;       ///< time since the previous record of this descriptor, or since its claim; in a piece
                          ///< of a large output that is not its last: the bytes that are to come, a hint
  uint64_t check;         ///< gantry_checksum of the payload
  uint64_t header_check;  ///< gantry_checksum of the 56 bytes before
} gantry_record;

static_assert(sizeof(gantry_descriptor) == 64, "one line each");
static_assert(offsetof(gantry_descriptor, end) == 44, "container reads it while the chunk runs");
static_assert(offsetof(gantry_driver_page, avail) == 128, "own line");
static_assert(offsetof(gantry_driver_page, head) == 256, "own line");
static_assert(offsetof(gantry_driver_page, bell) == 384, "own line");
static_assert(offsetof(gantry_driver_page, driver_parked) == 512, "own line");
static_assert(offsetof(gantry_driver_page, descriptors) == 640, "own lines");
static_assert(offsetof(gantry_driver_page, cancel_count) == 4736, "behind the descriptors");
static_assert(offsetof(gantry_driver_page, cancels) == 4744, "behind their count");
static_assert(sizeof(gantry_driver_page) <= 2 * GANTRY_PAGE, "two pages");
static_assert(offsetof(gantry_container_page, claim) == 0, "own line");
static_assert(offsetof(gantry_container_page, progress) == 128, "own line");
static_assert(offsetof(gantry_container_page, tail) == 256, "own line");
static_assert(offsetof(gantry_container_page, parked) == 384, "own line");
static_assert(sizeof(gantry_container_page) <= GANTRY_PAGE, "one page before the ring");
static_assert(offsetof(gantry_container_page, crash) == GANTRY_CRASH_OFFSET, "own line");
static_assert(sizeof(gantry_record) == GANTRY_RECORD_ALIGN, "a header fills one slot");
static_assert(offsetof(gantry_record, header_check) == 56, "covers what stands before it");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "shared words need address-free atomics");

#define GANTRY_DRIVER_BYTES (2u * GANTRY_PAGE)

/// When a container rings the driver's doorbell.
enum {
  GANTRY_RING_NEVER = 0,    ///< the driver is looking
  GANTRY_RING_WHEN_DRY = 1, ///< before it waits for descriptors or for room
  GANTRY_RING_ALWAYS = 2,   ///< at every publication
};

/// Why a container sleeps on the bell.
enum {
  GANTRY_PARKED_NOT = 0,
  GANTRY_PARKED_FOR_CHUNKS = 1,
  GANTRY_PARKED_FOR_ROOM = 2,
};

#endif
