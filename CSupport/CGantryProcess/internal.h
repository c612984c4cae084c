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
/// Takes a request for a container: 1 (descriptors in `fds`, the caller's), 0 none now. 2: a container is to be killed,
/// whose pid is in `spawn->request`. -EMFILE: the request is in `spawn`, but its descriptors were lost.
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
/// Sets or clears close-on-exec on `count` descriptors from 3 up.
void gantry_fds_inherit(int count, bool inherited);
/// Closes all descriptors from `first` up / marks them close-on-exec.
void gantry_fds_close_from(int first);
void gantry_fds_forget_from(int first);
/// Points one standard descriptor to /dev/null; /dev/null is left out where there is none.
void gantry_fd_nullify(int fd);
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
/// The same before an exec: a handler becomes the default, as the exec would make it, and `mask` is the mask.
void gantry_signals_give_up(uint64_t mask);
/// After an exec: what the process has inherited is the program's own, and `mask` its mask.
void gantry_signals_inherited(uint64_t mask);
/// A non-blocking signalfd for SIGCHLD, or -errno.
int gantry_signals_open(void);
/// Takes what is pending on it.
void gantry_signals_drain(int signals);

// children.c: forking and reaping.

/// fork(), or -errno. `role` is for the hook.
pid_t gantry_fork(int role);
/// Ends the caller unless it is still the child of `parent`; from now on it is killed with it.
void gantry_bind_to_parent(pid_t parent);
/// From now on the caller is not killed with its parent, but woken by its death if somebody has stopped it.
void gantry_wake_with_parent(void);
/// The next dead child, left as a zombie, and its wait status; 0 when none is dead, -ECHILD when there is no
/// child.
pid_t gantry_child_peek(int32_t *status);
/// Releases a child that gantry_child_peek returned.
void gantry_child_reap(pid_t pid);
/// A pidfd above stderr, or -errno.
int gantry_pidfd_open(pid_t pid);
/// Monotonic milliseconds.
int64_t gantry_now(void);

// sweep.c: async-signal-safe.

/// Kills every child of the calling process but one. Returns how many there were, zombies included; -errno if they
/// cannot be listed.
int gantry_sweep(pid_t spared);
/// Kills and reaps all descendants of the calling process, until there are none. `signals`: as gantry_signals_open
/// gave it.
void gantry_sweep_to_the_end(int signals);

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

// roles.c: a role on its way through an exec.

/// What a process does after an exec. Numbers beside GANTRY_ROLE_SECOND and GANTRY_ROLE_CONTAINER.
#define GANTRY_ROLE_KEEPER 1u
#define GANTRY_ROLE_ZYGOTE 3u

/// The descriptors of each role, from 3 up; a container's own follow CONTAINER_FDS.
enum { ROLE_FD = 3, STDOUT_FD = 4 };
enum { SECOND_SOCKET = 5, SECOND_LIFELINE, SECOND_WORDS, SECOND_REPORTS, SECOND_END };
enum { KEEPER_CONTROL = 4, KEEPER_ZYGOTE, KEEPER_WORDS, KEEPER_REPORTS, KEEPER_DRIVER };
enum { CONTAINER_FDS = 5 };

/// The packed form, as it stands in the memfd: this, then the strings.
typedef struct gantry_role_text {
  uint64_t magic;
  uint32_t version;
  uint32_t bytes;  // of all
  uint32_t kind;
  int32_t pid;     // who may take it: an exec keeps its pid, a heir of a leaked descriptor has another
  int32_t parent;  // who must be its parent
  int32_t driver;
  uint32_t zygote;  // the incarnation
  uint32_t occurrence;
  uint32_t arguments;  // how many
  uint32_t variables;  // how many
  uint32_t wanted_bytes;
  uint32_t fd_count;  // a container's
  uint64_t mask;      // of signals, for the program
  gantry_spawn spawn;
  // then: path, arguments, environment, each with its zero; wanted
} gantry_role_text;

/// A role as an exec needs it.
typedef struct gantry_role_plan {
  gantry_role_text *text;
  const char *path;
  char **arguments;
  char **environment;
  const char *wanted;
} gantry_role_plan;

/// Packs a program; -errno. Freed by gantry_role_free. Allocates: not after a fork.
int gantry_role_pack(const gantry_program *program, gantry_role_plan *out);
void gantry_role_free(gantry_role_plan *plan);
/// Writes the role with this kind for the calling process into a memfd; -errno. Async-signal-safe.
int gantry_role_write(const gantry_role_plan *plan, uint32_t kind, const gantry_role_text *details);
/// Executes the plan's program / this program again. Returns -errno. Async-signal-safe.
int gantry_role_execute(const gantry_role_plan *plan, bool again);

// The processes, each entered right after its fork with all signals blocked.

/// What a keeper is born with.
typedef struct gantry_keeper_birth {
  gantry_container_main main;  // NULL with a plan
  const gantry_role_plan *plan;
  int control;
  int first_zygote;
  int words;
  int reports;
  pid_t driver;
} gantry_keeper_birth;

_Noreturn void gantry_keeper_run(const gantry_keeper_birth *born);
/// A keeper after its exec, its descriptors in their places.
_Noreturn void gantry_keeper_resume(const gantry_role_plan *plan);

/// What a zygote is born with.
typedef struct gantry_zygote {
  gantry_container_main main;
  const gantry_role_plan *plan;  // NULL: a fork all the way
  int socket;       // to the driver
  int lifeline;     // to the keeper: its end is the keeper's death, a byte on it asks for a sweep
  int words;
  int reports;
  uint32_t number;  // the incarnation
  pid_t keeper;
  pid_t driver;
} gantry_zygote;

_Noreturn void gantry_zygote_run(const gantry_zygote *born);

/// A zygote that serves: forks containers that enter `main`, or execute `plan`.
typedef struct gantry_zygote_server {
  gantry_container_main main;
  const gantry_role_plan *plan;
  pid_t self;
  pid_t keeper;
  uint32_t number;
  int socket;
  int lifeline;
  int signals;
} gantry_zygote_server;

/// Serves for ever. `is_news`: the driver waits to hear of it.
_Noreturn void gantry_zygote_serve(gantry_zygote_server *zygote, bool is_news);

_Noreturn void gantry_container_run(
    gantry_container_main main, const gantry_spawn *spawn, const int *fds, int count, pid_t zygote);
/// The same by executing the zygote's program, which becomes the container at its driver.
_Noreturn void gantry_container_execute(
    const gantry_role_plan *plan, const gantry_spawn *spawn, const int *fds, int count, pid_t zygote);
/// Lowers RLIMIT_DATA as the request asks, or ends the process with a sentence.
void gantry_container_limit(const gantry_spawn *spawn);

// filter.c

/// Forbids this process and its heirs the system calls that no sandbox of this level allows; 0 or -errno. The last step
/// into a sandbox. Async-signal-safe.
int gantry_filter_load(int level);

#pragma GCC visibility pop
#endif
