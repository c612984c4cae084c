// Step-kill hooks: in test builds a container can be told to die at any numbered step of the protocol.
// Elsewhere every hook compiles to nothing.
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
};

#if defined(GANTRY_HOOKS)
void gantry_hook_step(int step);
#define GANTRY_STEP(step) gantry_hook_step(step)
#else
#define GANTRY_STEP(step) ((void)0)
#endif

/// Passes a step from Swift.
static inline void gantry_hooks_pass(int step) {
  (void)step;
  GANTRY_STEP(step);
}

/// Whether this build has the hooks.
bool gantry_hooks_compiled(void);

/// From now on this process kills itself with SIGKILL when it passes `step` (0: any step) for the `nth` time.
/// Without hooks it does nothing.
void gantry_hooks_arm(int step, uint64_t nth);

#endif
