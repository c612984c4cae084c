// What the files of this module share: the private half of the contract. Nobody outside includes it.
#ifndef GANTRY_PROCESS_INTERNAL_H
#define GANTRY_PROCESS_INTERNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "CGantryProcess.h"

#ifdef GANTRY_HOOKS
/// Test builds only: called before each fork with the new process's role, 'k', 'z' or 'c'; a value other
/// than 0 is the errno that the fork fails with. Set before gantry_keeper_start; each process has its copy.
extern int (*gantry_fork_hook)(int role);
#endif

#pragma GCC visibility push(hidden)

// control.c: messages with descriptors over SOCK_SEQPACKET. All return -errno; -EPIPE is "the peer is gone".

/// A socketpair, both ends close-on-exec, non-blocking, and above stderr.
int gantry_control_pair(int ends[2]);
/// Takes a request for a container: 1 (descriptors in `fds`, the caller's), 0 none now. -EMFILE: the request
/// is in `spawn`, but its descriptors were lost.
int gantry_request_receive(int socket, gantry_spawn *spawn, int fds[GANTRY_SPAWN_FDS], int *count);
/// Takes an order to kill a zygote: 1 with its incarnation, 0 none now.
int gantry_order_receive(int socket, uint32_t *zygote);
/// Sends a notice, waiting for room; gives up with -EPIPE when `watch` (unless -1) shows that nobody is left
/// to read.
int gantry_notice_send(int socket, int watch, uint32_t kind, gantry_notice notice, int fd);

// descriptors.c: async-signal-safe.

/// Moves `fd` above stderr, close-on-exec; -errno with `fd` closed.
int gantry_fd_lift(int fd);
/// Renumbers `fds` to 3, 4, … in order, close-on-exec, and closes every other descriptor from 3 up.
int gantry_fds_arrange(const int *fds, int count);
/// Points stdin and stderr to /dev/null, and stdout too where the program has none.
void gantry_fds_silence(void);
/// Closes `*fd` unless it is -1, and makes it -1.
void gantry_fd_drop(int *fd);

// procfs.c: async-signal-safe.

/// Calls `visit` for each entry of `directory` that is a number; -errno if it cannot be read.
int gantry_proc_each(const char *directory, void (*visit)(void *context, int number), void *context);
/// Calls `visit` for each child of the calling, single-threaded process; -errno if they cannot be listed. One
/// that dies meanwhile can hide another: list again after each SIGCHLD.
int gantry_children_each(void (*visit)(void *context, int pid), void *context);
/// The same the slow way, for a kernel without CONFIG_PROC_CHILDREN: asks every process for its parent.
int gantry_children_search(void (*visit)(void *context, int pid), void *context);

// signals.c: async-signal-safe. The saved state is a static, so that each fork carries its own copy.

/// Blocks all signals and remembers dispositions and mask as the program's own.
void gantry_signals_remember(void);
/// Unblocks what gantry_signals_remember blocked.
void gantry_signals_release(void);
/// The dispositions and the mask of keeper and zygote: deaf to the terminal, SIGCHLD waiting for a signalfd.
void gantry_signals_serve(void);
/// Blocks all signals / back to a server's mask, around a server's fork.
void gantry_signals_hold(void);
void gantry_signals_resume(void);
/// Gives a container the program's dispositions and mask back, with SIGINT ignored.
void gantry_signals_give_back(void);
/// A non-blocking signalfd for SIGCHLD, or -errno.
int gantry_signals_open(void);
/// Takes what is pending on it.
void gantry_signals_drain(int signals);

// children.c: forking and reaping.

/// fork(), or -errno. `role` is for the hook.
pid_t gantry_fork(int role);
/// Ends the caller unless it is still the child of `parent`; from now on it is killed with it.
void gantry_bind_to_parent(pid_t parent);
/// The next dead child, left as a zombie, and its wait status; 0 when none is dead, -ECHILD when there is no
/// child.
pid_t gantry_child_peek(int32_t *status);
/// Releases a child that gantry_child_peek returned.
void gantry_child_reap(pid_t pid);
/// A pidfd above stderr, or -errno.
int gantry_pidfd_open(pid_t pid);
/// Monotonic milliseconds.
int64_t gantry_now(void);

// frames.c: async-signal-safe.

/// Where a thread stood when it crashed.
typedef struct gantry_registers {
  uint64_t pc, stack, frame;
  uint64_t link;  // the return address where a register holds it, or 0
} gantry_registers;

/// Enters into the note where the program was loaded and where its code lies.
void gantry_image_find(gantry_crash_note *note);
/// Adds the return addresses that can be found without risk to the note.
void gantry_frames_collect(gantry_crash_note *note, const gantry_registers *at);

// The processes, each entered right after its fork with all signals blocked.

_Noreturn void gantry_keeper_run(gantry_container_main main, int control, int first_zygote, pid_t driver);

/// What a zygote is born with.
typedef struct gantry_zygote {
  gantry_container_main main;
  int socket;       // to the driver
  int lifeline;     // to the keeper: its end is the keeper's death, a byte on it asks for a sweep
  uint32_t number;  // the incarnation
  pid_t keeper;
  pid_t driver;
} gantry_zygote;

_Noreturn void gantry_zygote_run(const gantry_zygote *born);

_Noreturn void gantry_container_run(
    gantry_container_main main, const gantry_spawn *spawn, const int *fds, int count, pid_t zygote);

#pragma GCC visibility pop
#endif
