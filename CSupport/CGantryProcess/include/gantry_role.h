// Starting a program again in a role: as the zygote of a driver that cannot fork one, or as its container.
// Called by the driver's Swift side, and by whoever makes a driver in the program that was started.
#ifndef GANTRY_ROLE_H
#define GANTRY_ROLE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __clang__
#pragma clang assume_nonnull begin
#endif

// How a role is given and taken
//
// A process that is about to execute the program writes its role (which driver is meant, the program's
// arguments and environment, its own pid) into a memfd at descriptor 3, and its other descriptors behind it.
// A constructor of this module looks there before `main`, checks magic, version and pid, and marks all of them
// close-on-exec: nobody who comes later can see the role or take it for his own. No variable of the
// environment is set.
//
// While `main` runs what stands before the driver, standard input and output are /dev/null. Standard error is
// `words` in the second process (GANTRY_ROLE_SECOND) and the driver's pipe in a container.

/// What to execute, and what for.
typedef struct gantry_program {
  const char *path;  ///< The executable; /proc/self/exe for the driver's own.
  const char *_Nullable const *_Nonnull arguments;     ///< argv, ended by NULL.
  const char *_Nullable const *_Nullable environment;  ///< envp, ended by NULL; NULL for this process's own.
  const char *wanted;  ///< The driver that is meant, in the caller's words.
  uint32_t wanted_bytes;
  uint32_t occurrence;  ///< Which of several that are equal by those words, from 0.
  int words;            ///< From gantry_page_open: what the program writes on standard error.
  int reports;          ///< The same: what gantry_role_report is given.
} gantry_program;

/// Memory without a name that processes append to and this one reads with pread; emptied by the keeper at each
/// start of a zygote. Close-on-exec, above stderr; -errno.
int gantry_page_open(void);

/// Between its start and the driver it was started for: it becomes the zygote there.
#define GANTRY_ROLE_SECOND 2u
/// The same, but it becomes a container there.
#define GANTRY_ROLE_CONTAINER 4u

/// What this process was started as, and has not become yet.
typedef struct gantry_role {
  uint32_t kind;      ///< One of GANTRY_ROLE_….
  uint32_t function;  ///< For a container, the function that its request names.
  uint32_t occurrence;
  const char *wanted;
  uint32_t wanted_bytes;
} gantry_role;

/// The role that waits for its driver, or NULL in an ordinary program. Any thread; the memory stays.
const gantry_role *_Nullable gantry_role_pending(void);

/// Tells the driver that a driver other than the wanted one was made. Appends to `reports`.
void gantry_role_report(const char *bytes, uint32_t count);

/// The initial value of the signal mask of this process, as `main` found it.
uint64_t gantry_initial_mask(void);

/// Whether Dispatch has had threads in this process: a fork of it could run neither Dispatch nor Swift's tasks.
int gantry_dispatch_was_threaded(void);

/// The number of this process: what getpid says, without a system call after the first in each process.
pid_t gantry_pid(void);

/// Whether the calling thread is the one that entered `main`.
int gantry_is_main_thread(void);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif
#endif
