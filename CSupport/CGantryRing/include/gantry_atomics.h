// The five verbs by which shared words are read and written; no other file names a memory order.
// Both sides of every pair are named at the call; PROTOCOL.md says what each pair prevents.
#ifndef GANTRY_ATOMICS_H
#define GANTRY_ATOMICS_H

#include <stdatomic.h>
#include <stdint.h>

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

#endif
