// Notes a crash of this process in shared memory, then lets the signal end it.
// Installed by a container before it runs the program's code. The handler must not allocate, lock, or return.
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "internal.h"

// Enough for the largest register frame in use (AMX: 11 KiB) and the handler many times over.
#define ALTERNATE_BYTES ((size_t)65536)

static const int crashes[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGSYS};

static gantry_crash_note *volatile destination;
// Two threads may crash at once; the first one's note is the cause.
static atomic_flag noted = ATOMIC_FLAG_INIT;

static gantry_registers registers(const void *context) {
  const ucontext_t *machine = context;
  gantry_registers at = {0};
#if defined(__x86_64__)
  at.pc = (uint64_t)machine->uc_mcontext.gregs[REG_RIP];
  at.stack = (uint64_t)machine->uc_mcontext.gregs[REG_RSP];
  at.frame = (uint64_t)machine->uc_mcontext.gregs[REG_RBP];
#elif defined(__aarch64__)
  at.pc = (uint64_t)machine->uc_mcontext.pc;
  at.stack = (uint64_t)machine->uc_mcontext.sp;
  at.frame = (uint64_t)machine->uc_mcontext.regs[29];
  at.link = (uint64_t)machine->uc_mcontext.regs[30];
#else
  (void)machine;
#endif
  return at;
}

static void on_crash(int number, siginfo_t *info, void *context) {
  gantry_crash_note *note = destination;
  if (note != NULL && !atomic_flag_test_and_set(&noted)) {
    volatile gantry_crash_note *to = note;
    gantry_registers at = registers(context);
    to->signal = (uint64_t)number;
    to->code = (uint64_t)(int64_t)info->si_code;
    // Sent by a process, the same bytes hold the sender's pid.
    bool fault = info->si_code > 0 && number != SIGABRT;
    to->address = fault ? (uint64_t)(uintptr_t)info->si_addr : 0;
    to->pc = at.pc;
    to->stack = at.stack;
    // Partner: the driver's read after it saw the pidfd, which orders everything; the release only keeps a note
    // that is cut short by SIGKILL from looking whole.
    __atomic_store_n(&note->filled, (uint64_t)GANTRY_CRASH_FILLED, __ATOMIC_RELEASE);
    gantry_frames_collect(note, &at);
  }
  // The disposition is the default again (SA_RESETHAND). Raised rather than returned to: an int3 or a kill
  // would not happen a second time. The kernel's own thread id, since libc's copy may be what was
  // overwritten.
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), number);
  sigprocmask(SIG_UNBLOCK, &only, NULL);
  _exit(128 + number);
}

void gantry_crash_handler_install(gantry_crash_note *note) {
  gantry_image_find(note);
  destination = note;
  // One page below stays inaccessible: a handler that overran would otherwise write into the neighbour.
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK;
  char *memory = mmap(NULL, page + ALTERNATE_BYTES, PROT_NONE, kind, -1, 0);
  if (memory != MAP_FAILED && mprotect(memory + page, ALTERNATE_BYTES, PROT_READ | PROT_WRITE) == 0) {
    stack_t stack = {.ss_sp = memory + page, .ss_size = ALTERNATE_BYTES};
    sigaltstack(&stack, NULL);
  }
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_RESETHAND | SA_ONSTACK;
  // A second fault inside the handler then ends the process by the kernel's hand.
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i += 1) sigaction(crashes[i], &action, NULL);
}
