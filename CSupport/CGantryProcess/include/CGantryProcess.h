// Processes of a driver: start a keeper, ask its zygote for containers, hear of every start and every end.
// Called by the driver's Swift side; the container's side calls the crash handler only. C because everything
// between a fork and the container's loop has to be async-signal-safe, which no Swift code can promise.
#ifndef CGANTRY_PROCESS_H
#define CGANTRY_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "gantry_poller.h"
#include "gantry_role.h"
#include "gantry_sandbox.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __clang__
#pragma clang assume_nonnull begin
#endif

// The family
//
//   driver ---- forks ----> keeper ---- forks ----> zygote ---- forks ----> container 1..n
//     |  <--- keeper socket --->  |  <-- lifeline -->  |
//     |  <------------------- zygote socket -------->  |
//
// After gantry_keeper_start all are forks without exec: images of the driver as it was then.
//
// After gantry_keeper_start_program, which a process with threads may call, the keeper and the zygote execute a
// program instead (gantry_role.h). The keeper is this module alone, before `main`. The zygote runs `main` up to
// the driver that is meant. If it still has one thread there, it becomes a zygote like any other, and containers
// are forks of it. If it has more, it executes itself once more and is this module alone, too:
//
//   zygote ---- forks ----> child ---- executes the program, runs main up to its driver ----> container
//
// In either case the family is the same. The keeper is a subreaper, runs no code of the user, and outlives the
// driver by the clean-up. Who notices whose death:
//
//   driver     the keeper, by the end of its socket or the driver's pidfd: it kills and reaps every
//              descendant.
//   keeper     the driver, by -EPIPE on the keeper socket and by the pidfd; the zygote, by the
//              lifeline, and by SIGCONT as its parent-death signal if it was stopped: it then kills and reaps
//              all that the keeper would have, and ends.
//   zygote     the keeper, by SIGCHLD: it kills and reaps the orphans, reports them, and forks a
//              successor; the containers, by SIGKILL as their parent-death signal.
//   container  the zygote, by SIGCHLD: it reports the end; the driver, by the container's pidfd. Children
//              that the container left behind are killed and reaped by the keeper, in whatever session
//              they hide. While it lives, they are its own: it is a subreaper too.
//
// The keeper lives in a process group of its own, so that a SIGKILL of the program's whole group leaves it
// alive to clean up; zygote and containers stay in the driver's group. The one gap: a process that a
// container detached outlives a keeper and a zygote that were killed by SIGKILL at the same time.
//
// Every function returns 0 or a positive count, or a negative errno. None keeps a pointer after its return.
// None takes a lock or allocates; calls that share a socket or a gantry_keeper are made under one lock of the
// caller.

// Limits and codes

/// The most descriptors one request may carry, the stderr pipe included.
#define GANTRY_SPAWN_FDS 12
/// The exit code of a container whose `gantry_container_main` returned, which it must not.
#define GANTRY_EXIT_RETURNED 70
/// The exit code of a container that could not be set up; the reason is the last line on its stderr.
#define GANTRY_EXIT_SETUP 71

/// What the driver asks the zygote for. The zygote reads `request`, `memory_limit` and `sandbox`; the rest is for
/// the container.
typedef struct gantry_spawn {
  uint64_t request;         ///< The caller's number of this request; comes back in the notice.
  uint32_t function_index;  ///< Which function the container runs.
  uint32_t flags;           ///< The caller's.
  uint64_t epoch;           ///< The caller's; distinguishes incarnations of a lane.
  uint64_t memory_limit;    ///< RLIMIT_DATA of the container in bytes, 0 for the driver's own limit.
  uint64_t sandbox;         ///< The level of the sandbox whose rules are the last descriptor, 0 for none.
  uint64_t arena_bytes;     ///< The caller's.
  uint64_t ring_bytes;      ///< The caller's.
  uint64_t detail[8];       ///< The caller's.
} gantry_spawn;

/// Runs in a fresh container, single-threaded, and never returns. `fds` are the request's descriptors after
/// the first, but a sandbox's rules, in order, renumbered from 3 without a gap and close-on-exec: the container
/// owns them.
/// Descriptor 0 is /dev/null, 1 the program's stdout, 2 the request's first descriptor (/dev/null when it had
/// none); nothing else is open. Dispositions and mask of signals are the driver's at gantry_keeper_start,
/// except that SIGINT is ignored.
typedef void (*gantry_container_main)(const gantry_spawn *spawn, const int *fds, int fd_count);

/// A running keeper, owned by the caller until gantry_keeper_stop. After a GANTRY_NOTICE_ZYGOTE_STARTED the caller
/// stores the zygote's pid here; after one with a descriptor it closes `zygote_socket` and stores the new one, too.
typedef struct gantry_keeper {
  pid_t pid;          ///< The keeper's process, 0 after gantry_keeper_stop.
  pid_t zygote;       ///< The present zygote, 0 while none was announced.
  pid_t owner;        ///< The process that started it: in a fork of it, stopping only closes descriptors.
  int pidfd;          ///< Readable once the keeper is gone.
  int socket;         ///< For gantry_control_receive and gantry_zygote_kill.
  int zygote_socket;  ///< For gantry_control_receive and gantry_spawn_request; -1 while there is none.
  uint64_t socket_id;  ///< What the kernel numbers the socket by, whatever the descriptor's number leads to.
} gantry_keeper;

/// A container runs: `request`, `pid`, `zygote`; the descriptor is its pidfd, or -1 where descriptors ran
/// out.
#define GANTRY_NOTICE_SPAWNED 1u
/// A container could not be forked: `request`, `status` is the errno, `zygote`.
#define GANTRY_NOTICE_SPAWN_FAILED 2u
/// A container has ended: `pid`, `status` is the wait status, `zygote`. See gantry_control_receive.
#define GANTRY_NOTICE_EXITED 3u
/// A zygote runs: `pid`, `zygote`; the descriptor is the driver's end of its socket (-1 for the first zygote,
/// whose socket gantry_keeper_start returned; -1 later when descriptors ran out: another zygote will follow
/// by itself).
#define GANTRY_NOTICE_ZYGOTE_STARTED 4u
/// A zygote has ended: `pid`, `status` is the wait status, `zygote`. Its containers end too; a successor
/// follows.
#define GANTRY_NOTICE_ZYGOTE_EXITED 5u
/// A zygote could not be forked: `status` is the errno. The keeper tries again, up to a second later.
#define GANTRY_NOTICE_ZYGOTE_FAILED 6u
/// The zygote answers requests from now on: `zygote`. Comes after gantry_keeper_start_program alone, from each
/// zygote, on its own socket.
#define GANTRY_NOTICE_ZYGOTE_READY 7u
/// The program could not be executed: `status` is the errno. On the zygote's socket; the zygote then ends.
#define GANTRY_NOTICE_EXEC_FAILED 8u

/// What the keeper and the zygotes tell the driver.
typedef struct gantry_notice {
  uint32_t magic;    ///< Checked by gantry_control_receive.
  uint32_t kind;     ///< One of GANTRY_NOTICE_….
  uint64_t request;  ///< The request that is answered, or 0.
  int32_t pid;       ///< The process meant, or 0.
  int32_t status;    ///< A wait status or an errno, by kind.
  uint32_t zygote;   ///< The incarnation of the zygote meant, counted from 1.
  uint32_t unused;
} gantry_notice;

// Driver

/// Starts a keeper, and through it the first zygote.
///
/// Call it while gantry_thread_count() is 1: a fork of a process with threads has lost them and the locks
/// they held. Flushes all stdio streams first, so that no buffered text is written twice. Blocks for one
/// fork. The zygote starts behind it and is announced by a notice; requests may be sent at once.
/// Returns 0, or -errno with nothing left behind: -EMFILE, -ENFILE (descriptors), -EAGAIN, -ENOMEM
/// (processes, memory), -ENOSYS (a kernel without pidfd_open).
int gantry_keeper_start(gantry_container_main main, gantry_keeper *out);

/// The same by executing a program, in a process that may have threads. See gantry_role.h.
///
/// Neither flushes a stream nor takes a lock that another thread may hold. Returns at once, and as
/// gantry_keeper_start does; ZYGOTE_READY, EXEC_FAILED or ZYGOTE_EXITED says how the program fared. The
/// zygotes that follow a dead one execute the program again.
int gantry_keeper_start_program(const gantry_program *program, gantry_keeper *out);

/// Makes the second process (GANTRY_ROLE_SECOND) the zygote. Never returns.
///
/// `alone`: the process has one thread, and its containers are forked from it as it is now, with all its
/// descriptors closed. Otherwise it executes itself, and each container runs the program again.
_Noreturn void gantry_role_become_zygote(gantry_container_main main, int alone);

/// Makes a process in GANTRY_ROLE_CONTAINER the container. Never returns.
///
/// `main` is called on the calling thread. Other threads of the program may run on. `separate`: they keep the
/// descriptors that the program opened, and print to /dev/null; this thread and those that it starts have the
/// container's alone, as in a fork. Otherwise, or where the system refuses that, all share one table: what the
/// program opened stays open, since they may use it, and what they print is the container's.
_Noreturn void gantry_role_become_container(gantry_container_main main, int separate);

/// Whether the keeper's socket is still what it was: a program that closes all descriptors it does not know closes this
/// one, too, and its number may be another file's by now. One system call.
bool gantry_keeper_is_reachable(const gantry_keeper *keeper);

/// Closes the sockets, waits for the keeper to end, reaps it, and closes its pidfd. Safe to call twice.
///
/// Blocks for at most `timeout_ms`, a second more where that passes. Returns 0: nothing of ours lives any
/// more; or -ETIMEDOUT: the keeper did not end in time and was killed, and its zygote and containers by that.
/// A host that reaps all children itself, or ignores SIGCHLD, is tolerated.
int gantry_keeper_stop(gantry_keeper *keeper, int timeout_ms);

/// Asks the zygote for one container. Does not block, does not allocate. The descriptors stay the caller's.
///
/// `fds[0]` becomes the container's stderr. Returns 0 when the request is on its way: SPAWNED or SPAWN_FAILED
/// follows, or the socket ends, which voids all unanswered requests (a container may have started for one,
/// and is killed). -EAGAIN: the socket is full, read notices first. -EPIPE: this zygote is gone, wait for the
/// next. -EINVAL: more than GANTRY_SPAWN_FDS descriptors. -ETOOMANYREFS: too many descriptors under way, try
/// again later.
int gantry_spawn_request(int zygote_socket, const gantry_spawn *spawn, const int *fds, int n);

/// Has the keeper kill incarnation `zygote` (one that missed its deadlines), if it is the present one; with
/// it go its containers. Does not block. Returns 0, -EAGAIN or -EPIPE.
int gantry_zygote_kill(int keeper_socket, uint32_t zygote);

/// Has the zygote kill one of its containers, if it still is: for a driver that has no pidfd of it, since it had no
/// descriptors left, or may not signal it, since it has become another user. Does not block. Returns 0, -EAGAIN or
/// -EPIPE.
int gantry_container_kill(int zygote_socket, pid_t pid);

/// Takes one notice from a keeper's or a zygote's socket. Does not block, does not allocate.
///
/// Returns 1 with a notice (`*fd` is its descriptor, the caller's to close, or -1), 0 when there is none now,
/// -EPIPE when the peer is gone and all it said was read, -EPROTO for a message that is not ours.
///
/// Order: on one socket SPAWNED comes before EXITED of the same process. While a zygote lives it reports its
/// own containers; after its death the keeper sends ZYGOTE_EXITED, then EXITED of the orphans. On
/// ZYGOTE_EXITED read that zygote's socket to -EPIPE before going on with the keeper's, and the order holds
/// across both. EXITED from the keeper may name processes the driver never heard of, or such with a pid used
/// again: it means the container `pid` of an incarnation at or below `zygote`, if one is still on the books.
int gantry_control_receive(int socket, gantry_notice *out, int *fd);

/// Signals the process of a pidfd: never a stranger that has got its pid. Returns 0, -ESRCH when it is gone,
/// -errno.
int gantry_pidfd_signal(int pidfd, int signal);

/// Runs a program with these arguments (NULL ends them), without input, and takes up to `room` bytes of what it prints
/// on its standard output. It is killed when it takes longer than so many milliseconds, and when it
/// prints more.
/// Returns the bytes taken, -ETIMEDOUT, or -errno; a program that cannot be executed gives 0. Blocks its caller.
long gantry_tool_run(const char *path, char *_Nullable const *_Nonnull arguments, char *output, size_t room,
                     int milliseconds);

/// What the addresses of this process's program were shifted by when it was loaded.
uint64_t gantry_own_base(void);

/// The file of the library or program that this process has at an address, and where its first byte lies; false: there
/// is none, or `room` is too small for its path.
bool gantry_library_at(uint64_t address, char *path, size_t room, uint64_t *base);

/// The number of threads of the calling process, or -errno where /proc cannot be read.
int gantry_thread_count(void);

/// The exit code in a wait status, -1 if a signal ended the process.
static inline int gantry_status_code(int32_t status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// The signal in a wait status, 0 if the process exited by itself.
static inline int gantry_status_signal(int32_t status) {
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

// Container

/// Buffers standard output by lines, whatever it is. Before anything was printed.
void gantry_output_by_lines(void);

/// Has the C library keep up to 64 MiB of freed memory for what is allocated next, where it can be told to.
void gantry_heap_keep_pages(void);

/// Writes what was printed and is still buffered. No system call where nothing is.
void gantry_output_flush(void);

/// Return addresses in a crash note, at most.
#define GANTRY_CRASH_FRAMES 16

/// What a dying container leaves behind, in memory that it shares with the driver. One writer: the crash
/// handler. The driver reads it after the container was reaped, and trusts none of it.
typedef struct gantry_crash_note {
  uint64_t filled;       ///< GANTRY_CRASH_FILLED, stored when all but the frames are there.
  uint64_t signal;       ///< The signal's number.
  uint64_t code;         ///< si_code, sign-extended: above 0 and below 2^63 the kernel raised it for a fault.
  uint64_t address;      ///< The faulting address, or 0 where the signal has none.
  uint64_t pc;           ///< The program counter (for int3 after it), or 0 on processors unknown here.
  uint64_t stack;        ///< The stack pointer, or 0.
  uint64_t image_base;   ///< What the program's addresses were shifted by when it was loaded.
  uint64_t code_start;   ///< The program's own code, without its libraries: from here,
  uint64_t code_end;     ///< to here; both 0 where that could not be found out.
  uint64_t frame_count;  ///< Of `frames`; stored after each.
  uint64_t frames[GANTRY_CRASH_FRAMES];  ///< Return addresses, innermost first; some may be missing.
} gantry_crash_note;

/// The value of `filled` in a note.
#define GANTRY_CRASH_FILLED 0x6372617368656421ull

/// Has a crash of this process noted in `note` before its signal ends it, so that the wait status shows the
/// signal.
///
/// For SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT and SIGSYS; replaces whoever handled them, the Swift
/// backtracer included. The calling thread gets an alternate stack, so that an exhausted stack is noted too;
/// call it again with the same note on every further thread that needs one. `note` must stay mapped for the
/// process's life. Only the first crash is noted. Without memory for the stack the handlers work on the
/// ordinary one.
void gantry_crash_handler_install(gantry_crash_note *note);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif
#ifdef __cplusplus
}
#endif
#endif
