// A crash leaves the way back into the program behind: by frame pointers, or by what a library's call left on the
// stack; whatever the frame pointer says, the walk ends by itself and the wait status shows the signal itself.
// build: -fno-omit-frame-pointer -O1
#include "support.h"

#define PLAIN __attribute__((noinline, no_sanitize("all")))

static gantry_crash_note *notes;

PLAIN static int descend(int depth) {
  if (depth == 0) __builtin_trap();
  volatile int below = descend(depth - 1);
  return below + depth;
}

PLAIN static int give_up(const char *why) {
  if (why[0] == '!') abort();
  return why[0];
}

PLAIN static int measure(const char *text) { return (int)strlen(text) + 1; }

/// Traps with this frame pointer.
PLAIN static void trap_with(uint64_t frame) {
#if defined(__x86_64__)
  __asm__ volatile("movq %0, %%rbp\n\tud2" : : "r"(frame) : "memory");
#else
  __asm__ volatile("mov x29, %0\n\tudf #0" : : "r"(frame) : "memory");
#endif
  __builtin_unreachable();
}

PLAIN static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)fds, (void)count;
  gantry_crash_note *note = &notes[spawn->function_index];
  gantry_crash_handler_install(note);
  // Frames that are where frames may be, above the stack pointer.
  uint64_t fake[4] = {0};
  uint64_t here = (uint64_t)(uintptr_t)fake;
  char *none = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  volatile int sink = 0;
  switch (spawn->function_index) {
    case 0: sink = descend(3); break;
    case 1: sink = descend(100); break;
    case 2: sink = give_up("!"); break;
    case 3: sink = measure((const char *)8); break;
    case 4: trap_with(0); break;
    case 5: trap_with(here + 1); break;
    case 6: trap_with(UINT64_MAX - 7); break;
    case 7: trap_with((uint64_t)(uintptr_t)none); break;
    case 8: trap_with(0x10); break;
    case 9: fake[0] = here, fake[1] = 1, trap_with(here); break;
    case 10: fake[0] = here - 4096, fake[1] = 2, trap_with(here); break;
    case 11: fake[0] = here + 16, fake[1] = 3, fake[2] = UINT64_MAX, fake[3] = 4, trap_with(here); break;
    case 12: fake[0] = 1, fake[1] = UINT64_MAX, trap_with(here | (uint64_t)1 << 60); break;
    case 13: trap_with(here + ((uint64_t)1 << 29)); break;
  }
  _exit(66 + sink % 2);
}

/// Whether a frame lies in the first `bytes` of a function.
static bool has_frame_in(const gantry_crash_note *note, void *function, uint64_t bytes) {
  for (uint64_t i = 0; i < note->frame_count; i += 1) {
    if (note->frames[i] - (uint64_t)(uintptr_t)function < bytes) return true;
  }
  return false;
}

int main(void) {
  watchdog(60);
  notes = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  const uint64_t expected[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 1, 0};
  for (int i = 0; i < 14; i += 1) {
    booked *c = book_spawn(&b, (uint32_t)i, 0);
    BOOK_UNTIL(&b, c->exited);
    gantry_crash_note *note = &notes[i];
    int signal = gantry_status_signal(c->status);
    CHECK(signal == (i == 2 ? SIGABRT : i == 3 ? SIGSEGV : SIGILL), "case %d ended with %x", i, c->status);
    CHECK(note->filled == GANTRY_CRASH_FILLED, "case %d left no note", i);
    uint64_t code = (uint64_t)(uintptr_t)&box;
    CHECK(note->code_start <= code && code < note->code_end, "case %d misplaces the program's code", i);
    CHECK(note->image_base < code && note->image_base % 4096 == 0, "case %d misplaces the program", i);
    CHECK(note->stack != 0, "case %d noted no stack pointer", i);
    if (i >= 4) {
      CHECK(note->frame_count == expected[i],
            "case %d found %llu frames", i, (unsigned long long)note->frame_count);
    }
    for (uint64_t n = 0; i >= 9 && n < note->frame_count; n += 1) {
      CHECK(note->frames[n] == (i == 9 ? 1 : i == 10 ? 2 : i == 11 ? 3 + n : UINT64_MAX), "case %d, a wrong frame", i);
    }
  }
  CHECK(has_frame_in(&notes[0], &box, 4096), "the way back from a trap misses its caller");
  CHECK(notes[1].frame_count == GANTRY_CRASH_FRAMES, "a deep stack must fill the note");
  CHECK(has_frame_in(&notes[2], &give_up, 96), "abort's caller was not found");
  CHECK(has_frame_in(&notes[3], &measure, 48), "a library function's caller was not found");
  book_stop(&b, before);
}
