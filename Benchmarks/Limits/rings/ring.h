// What a ring offers to be measured. Each ring is one source file with these definitions and one program with main.c.
#ifndef GANTRY_BENCH_RING_H
#define GANTRY_BENCH_RING_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes that a ring may hold, so that none is measured with more room than others.
enum { RING_ROOM = 1 << 20 };

typedef struct ring_facts {
  const char *name, *version;
  const char *note;  ///< what a reader of its figures should know, in a sentence
  bool batches;      ///< several messages may go by one call
  bool threads;      ///< works between threads of one process only
  bool sleeps;       ///< a side sleeps for almost each message: bound to two processors it is many times slower
} ring_facts;

extern const ring_facts ring;

/// Why messages of so many bytes cannot be sent on this machine, or NULL.
const char *ring_refusal(uint64_t bytes);

/// Makes the ring, before there are two sides. No name outlives the call.
void ring_open(uint64_t bytes, uint64_t batch);

/// Takes one side: in the sender's or the receiver's own process or thread.
void ring_join(bool sender);

/// Sends so many messages, which stand one behind another in private memory; waits for room.
void ring_send(const uint8_t *messages, uint64_t count);

/// Waits for messages and copies up to `most` of them into private memory; returns how many, at least one.
uint64_t ring_receive(uint8_t *messages, uint64_t most);

/// Leaves; what was sent is still to arrive.
void ring_leave(bool sender);

#ifdef __cplusplus
}
#endif

#endif
