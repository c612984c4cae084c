// Shared memory objects: POSIX shared memory without a name, or a memfd; written by one side, read-only to the other.
// All calls return 0 (or a count) or a negative errno; none blocks but for the kernel's page work.
#ifndef GANTRY_MEMORY_H
#define GANTRY_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/// One object, by two descriptors. The caller closes both.
typedef struct gantry_memory {
  int writable;
  int readable;     ///< opened for reading only: no mapping through it can ever be made writable
  bool anonymous;   ///< a sealable memfd rather than POSIX shared memory
} gantry_memory;

/// Makes an object of `bytes`, sparse: no page is reserved.
/// POSIX shared memory that never has a name, where its file system can make that, and else an unguessable one that is
/// unlinked before the call returns; a memfd where `/dev/shm` cannot serve or `prefer_anonymous` asks for it.
/// -EFBIG: more than gantry_memory_most.
int gantry_memory_create(uint64_t bytes, bool prefer_anonymous, gantry_memory *out);

/// Forbids, where the object is anonymous, any change of size and any *future* writable mapping.
/// Call it after the one writer has mapped. POSIX shared memory cannot be sealed: 0 is returned.
int gantry_memory_seal(const gantry_memory *memory, bool future_writes);

/// The most bytes an object of this process may have: its RLIMIT_FSIZE. UINT64_MAX: no limit.
uint64_t gantry_memory_most(void);

/// The most bytes this process may map: its RLIMIT_AS. UINT64_MAX: no limit.
uint64_t gantry_memory_address_space(void);

/// Reserves the pages of a range that has none yet, so that touching them cannot raise SIGBUS. -ENOSPC: there is no
/// room, and nothing is reserved.
int gantry_memory_reserve(int fd, uint64_t offset, uint64_t bytes);

/// Gives the pages of a range back to the system; they read as zero afterwards.
int gantry_memory_punch(int fd, uint64_t offset, uint64_t bytes);

/// Maps an object. `forked`: whether a child made by fork keeps the mapping.
int gantry_memory_map(int fd, uint64_t bytes, bool writable, bool forked, void **out);

/// Maps a page followed by a ring, and the ring once more behind it, so that no record ever wraps.
int gantry_memory_map_ring(int fd, uint64_t ring_bytes, bool writable, bool forked, void **out);

int gantry_memory_unmap(void *base, uint64_t bytes);

/// Bytes of address space that map_ring takes.
static inline uint64_t gantry_memory_ring_span(uint64_t ring_bytes) { return 4096u + 2 * ring_bytes; }

/// Bytes free in `/dev/shm`, or 0 where it is missing.
uint64_t gantry_memory_free(void);

#endif
