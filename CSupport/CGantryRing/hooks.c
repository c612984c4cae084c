// Counts the protocol steps a container passes and kills it at the one it was armed for; remembers what a driver has read
// of a container's memory and ends it at the second read of a byte within one decision.
#define _POSIX_C_SOURCE 200809L
#include "gantry_hooks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(GANTRY_HOOKS)
/// Bytes that were read and the name they have in the layout.
typedef struct noted_read {
  uintptr_t from, end;
  const char *name;
} noted_read;

enum { NOTED_MOST = 32 };

// By thread: a decision is made by one, under the driver's lock.
static _Thread_local noted_read noted[NOTED_MOST];
static _Thread_local int noted_count;
// What the last decision is about: a whole lane, but for those about one word.
static _Thread_local uintptr_t lane_start, lane_end;

/// Forgets what was read of these bytes.
void gantry_hook_decide(const void *from, uint64_t bytes) {
  uintptr_t start = (uintptr_t)from, end = start + bytes;
  if (bytes > sizeof(uint64_t)) {
    lane_start = start;
    lane_end = end;
  }
  int kept = 0;
  for (int i = 0; i < noted_count; i += 1) {
    if (noted[i].from >= end || noted[i].end <= start) noted[kept++] = noted[i];
  }
  noted_count = kept;
}

static _Noreturn void read_twice(const noted_read *first, const char *name) {
  char sentence[256];
  int length = snprintf(sentence, sizeof sentence,
                        "Gantry read %s twice within one decision, the first time as %s: a container may have changed it "
                        "in between. Copy it once and use the copy.\n",
                        name, first->name);
  ssize_t written = write(2, sentence, (size_t)length);
  (void)written;
  abort();
}

/// Makes room by what was read of other lanes, whose decisions are over. Returns whether that made any.
static bool forget_other_lanes(void) {
  int kept = 0, before = noted_count;
  for (int i = 0; i < noted_count; i += 1) {
    if (noted[i].from >= lane_start && noted[i].end <= lane_end) noted[kept++] = noted[i];
  }
  noted_count = kept;
  return kept < before;
}

void gantry_hook_read(const void *from, uint64_t bytes, const char *name) {
  uintptr_t start = (uintptr_t)from, end = start + bytes;
  if (bytes == 0) return;
  for (int i = 0; i < noted_count; i += 1) {
    if (noted[i].from < end && start < noted[i].end) read_twice(&noted[i], name);
  }
  noted_read *last = noted_count > 0 ? &noted[noted_count - 1] : NULL;
  if (last != NULL && last->end == start && last->name == name) {
    last->end = end;  // one run, read piece by piece
  } else if (noted_count < NOTED_MOST || forget_other_lanes()) {
    noted[noted_count++] = (noted_read){.from = start, .end = end, .name = name};
  } else {
    // No decision reads so many words: one was begun nowhere.
    read_twice(&noted[0], "more words than a lane has, one of them perhaps");
  }
}

static int armed_step;
static uint64_t armed_passes;  // left until death; 0: not armed
static void (*listener)(int step);

void gantry_hook_step(int step) {
  if (step == GANTRY_STEP_WOKEN_LATE && listener != NULL) listener(step);
  if (armed_passes == 0 || (armed_step != 0 && armed_step != step)) return;
  if (--armed_passes > 0) return;
  if (listener != NULL) listener(step);
  kill(getpid(), SIGKILL);
}

bool gantry_hooks_compiled(void) { return true; }

void gantry_hooks_arm(int step, uint64_t nth) {
  armed_step = step;
  armed_passes = nth;
}

void gantry_hooks_watch(void (*hear)(int step)) { listener = hear; }
#else
bool gantry_hooks_compiled(void) { return false; }

void gantry_hooks_arm(int step, uint64_t nth) {
  (void)step;
  (void)nth;
}

void gantry_hooks_watch(void (*hear)(int step)) { (void)hear; }
#endif
