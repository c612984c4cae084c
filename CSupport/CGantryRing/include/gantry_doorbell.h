// Waking a peer: a futex in the driver's page for containers, an eventfd for the driver.
// Every wait has a time limit: a lost wake costs a delay, never a hang.
#ifndef GANTRY_DOORBELL_H
#define GANTRY_DOORBELL_H

#include <stdbool.h>
#include <stdint.h>

#include "gantry_atomics.h"

/// Sleeps until the word is bumped from `seen` or the time is over. One system call.
void gantry_futex_wait(const _Atomic uint32_t *word, uint32_t seen, uint64_t timeout_ns);

/// Wakes all who sleep on the word, in any process. One system call.
void gantry_futex_wake(_Atomic uint32_t *word);

/// A non-blocking close-on-exec eventfd, or a negative errno.
int gantry_eventfd_create(void);

/// Rings it; a full counter is as good as a rung one. One system call.
void gantry_eventfd_ring(int fd);

/// The monotonic clock in nanoseconds. No system call where the vDSO serves.
uint64_t gantry_clock_ns(void);

/// Sleeps for so long, or a little less where a signal arrives.
void gantry_sleep_ns(uint64_t nanoseconds);

/// Tells the processor that this is a spin loop.
static inline void gantry_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Lets the driver's barrier reach the processes that this one forks from here on. 0 or -errno.
int gantry_membarrier_register(void);

/// Whether the barrier surely reaches this process while it has one thread: one that it was forked from had registered,
/// and no exec came between. Why nothing less will do: PROTOCOL.md, Membarrier.
bool gantry_membarrier_reaches_us(void);

/// A full barrier on every running thread of the processes that it reaches. 0 or -errno.
int gantry_membarrier_all(void);

#endif
