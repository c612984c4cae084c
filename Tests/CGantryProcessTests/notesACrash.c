// A crash leaves its signal, code, address and program counter behind, an exhausted stack too, over an
// earlier handler, and the wait status shows the signal itself.
#include "support.h"

static gantry_crash_note *notes;

static void earlier(int number) {
  (void)number;
  _exit(55);
}

__attribute__((noinline)) static int exhaust(volatile char *above) {
  volatile char frame[8192];
  frame[0] = above[0];
  return above[0] == 1 ? 0 : exhaust(frame) + frame[0];
}

__attribute__((no_sanitize("all"))) static void box(const gantry_spawn *spawn, const int *fds, int count) {
  (void)fds, (void)count;
  gantry_crash_note *note = &notes[spawn->function_index];
  gantry_crash_handler_install(note);
  volatile char zero = 0;
  switch (spawn->function_index) {
    case 0: *(volatile int *)0xdead0000 = 1; break;
    case 1: __builtin_trap();
    case 2: abort();
    case 3: exhaust(&zero); break;
    case 4: {
      char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fds[0], 0);
      zero = page[0];
      break;
    }
    case 5: raise(SIGFPE); break;
    case 6: raise(SIGSYS); break;
    case 7: raise(SIGTRAP); break;
    case 8: kill(getpid(), SIGSEGV); break;
  }
  _exit(66);
}

int main(void) {
  watchdog(60);
  const int signals[] = {SIGSEGV, 0, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGSYS, SIGTRAP, SIGSEGV};
  const int total = sizeof signals / sizeof signals[0];
  for (int number = 1; number < 32; number += 1) {
    if (number != SIGALRM && number != SIGCHLD) signal(number, earlier);
  }
  notes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int before = fds_of(getpid());
  static book b;
  book_start(&b, box);
  int empty = memfd_create("empty", MFD_CLOEXEC);
  for (int i = 0; i < total; i += 1) {
    gantry_spawn spawn = {.function_index = (uint32_t)i};
    booked *c = book_spawn_with(&b, spawn, (int[]){2, empty}, 2);
    BOOK_UNTIL(&b, c->exited);
    int got = gantry_status_signal(c->status);
    CHECK(got != 0 && (signals[i] == 0 || got == signals[i]), "case %d ended with %x", i, c->status);
    CHECK(notes[i].filled == GANTRY_CRASH_FILLED, "case %d left no note", i);
    CHECK(notes[i].signal == (uint64_t)got,
          "case %d noted signal %llu", i, (unsigned long long)notes[i].signal);
    CHECK(notes[i].pc != 0, "case %d noted no program counter", i);
    if (i == 0) CHECK(notes[i].address == 0xdead0000, "address %llx", (unsigned long long)notes[i].address);
    if (i == 1) {
      // A compiler may put the trap's cold path apart from its function, but not outside the program.
      uint64_t distance = notes[i].pc - (uint64_t)(uintptr_t)&box + 0x800000;
      CHECK(distance < 0x1000000, "the trap's program counter is not in the program");
    }
    if (i >= 5) CHECK(notes[i].address == 0, "case %d noted the sender as an address", i);
  }
  close(empty);
  book_stop(&b, before);
}
