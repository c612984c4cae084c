// Hooks of test builds: a container can be told to die at any numbered step of the protocol, and a driver that reads a
// container's byte twice within one decision is ended. Elsewhere every hook compiles to nothing.
#ifndef GANTRY_HOOKS_H
#define GANTRY_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

/// The steps of PROTOCOL.md at which a container can be told to die.
enum {
  GANTRY_STEP_CLAIM_STORED = 1,   ///< claim stored, not yet fenced
  GANTRY_STEP_CLAIM_CHECKED = 2,  ///< claimed for good, descriptor not yet copied
  GANTRY_STEP_CLAIM_WITHDRAWN = 3,  ///< saw the revoke, claim put back
  GANTRY_STEP_CHUNK_READY = 4,    ///< decompressed, no input begun
  GANTRY_STEP_INPUT_BEGUN = 5,    ///< progress says running, end not yet read
  GANTRY_STEP_INPUT_RUNNING = 6,  ///< the end allows it; user code is next
  GANTRY_STEP_INPUT_DONE = 7,     ///< output complete, progress still says running
  GANTRY_STEP_CHUNK_LEFT = 8,     ///< progress says idle, last record not yet published
  GANTRY_STEP_HEADER_WRITTEN = 9,  ///< record complete, tail not stored
  GANTRY_STEP_TAIL_STORED = 10,   ///< published, doorbell not rung
  GANTRY_STEP_BELL_RUNG = 11,     ///< doorbell rung
  GANTRY_STEP_PARKED = 12,        ///< parked stored, not yet asleep
  GANTRY_STEP_AWAKE = 13,         ///< awake again, parked not yet cleared
  GANTRY_STEP_ROOM_WAIT = 14,     ///< about to wait for room in the completion ring
  GANTRY_STEP_STARTED = 15,       ///< lane mapped, ready not yet reported
  GANTRY_STEP_WOKEN_LATE = 16,    ///< what was waited for was there, and only the time limit ended the sleep
};

#if defined(GANTRY_HOOKS)
void gantry_hook_step(int step);
void gantry_hook_decide(const void *from, uint64_t bytes);
void gantry_hook_read(const void *from, uint64_t bytes, const char *name);
#define GANTRY_STEP(step) gantry_hook_step(step)
#define GANTRY_DECIDE(from, bytes) gantry_hook_decide((from), (bytes))
#define GANTRY_READ(from, bytes, name) gantry_hook_read((from), (bytes), (name))
#else
#define GANTRY_STEP(step) ((void)0)
/// Begins a decision (PROTOCOL.md, Checks): the bytes of the other side from here on may be read again, once.
#define GANTRY_DECIDE(from, bytes) ((void)0)
/// Notes a read of bytes that the other side writes; `name` is a string that lives for ever.
#define GANTRY_READ(from, bytes, name) ((void)0)
#endif

/// Passes a step from Swift.
static inline void gantry_hooks_pass(int step) {
  (void)step;
  GANTRY_STEP(step);
}

/// Notes a read from Swift of a record's payload.
static inline void gantry_hooks_read_payload(const void *from, uint64_t bytes) {
  (void)from;
  (void)bytes;
  GANTRY_READ(from, bytes, "payload");
}

/// Whether this build has the hooks.
bool gantry_hooks_compiled(void);

/// From now on this process kills itself with SIGKILL when it passes `step` (0: any step) for the `nth` time.
/// Without hooks it does nothing.
void gantry_hooks_arm(int step, uint64_t nth);

/// From now on `hear` is told each death at a step and each late wake, in the process that it happens in, right before.
/// Forks inherit it. Without hooks it does nothing.
void gantry_hooks_watch(void (*hear)(int step));

#endif
