// The verbs by which shared words are read and written, and the one by which bytes are copied from the other side; no
// other file names a memory order.
// Both sides of every pair are named at the call; PROTOCOL.md says what each pair prevents.
#ifndef GANTRY_ATOMICS_H
#define GANTRY_ATOMICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "gantry_hooks.h"

/// Reads a word whose value guards nothing: a hint, or a word the reader itself writes.
#define gantry_load_relaxed(word) atomic_load_explicit((word), memory_order_relaxed)

/// Reads a word and everything its writer stored before the matching store_release.
#define gantry_load_acquire(word) atomic_load_explicit((word), memory_order_acquire)

/// Writes a word that a fence_full or a later release orders, or that guards nothing.
#define gantry_store_relaxed(word, value) \
  atomic_store_explicit((word), (value), memory_order_relaxed)

/// Publishes all earlier stores to whoever load_acquires this word.
#define gantry_store_release(word, value) \
  atomic_store_explicit((word), (value), memory_order_release)

/// Orders earlier stores before later loads: one half of each "I write mine, then read yours" pair.
#define gantry_fence_full() atomic_thread_fence(memory_order_seq_cst)

/// Keeps the compiler, not the processor, from reordering: the partner runs membarrier instead.
#define gantry_fence_compiler() atomic_signal_fence(memory_order_seq_cst)

/// Copies bytes that the other side may change meanwhile, once: what is checked of the copy is what is used of it.
static inline void gantry_copy_once(void *to, const void *from, uint64_t bytes, const char *name) {
  (void)name;
  GANTRY_READ(from, bytes, name);
  __builtin_memcpy(to, from, bytes);
  // The compiler must not read the shared bytes again in place of the copy.
  gantry_fence_compiler();
}

#endif
