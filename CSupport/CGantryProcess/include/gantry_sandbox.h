// What a sandboxed container may not do: write files, use the network, signal or trace others, gain privileges.
// Prepared by the driver, entered by a container in its fresh fork. By Landlock and seccomp; nothing of it can be undone.
#ifndef GANTRY_SANDBOX_H
#define GANTRY_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#pragma clang assume_nonnull begin
#endif

// Who forbids what
//
//   Landlock      opening files for writing, making, moving and removing them, but below the given paths; tracing
//                 and reading the memory of processes outside; from its ABI 6 on also signals to them.
//   seccomp       what Landlock leaves alone: sockets, IPC with a name, modes, owners and times of files, the
//                 priorities and limits of other processes, namespaces, kernel interfaces that go past both, what
//                 is asked of a terminal, a file or a device by ioctl, but for questions; on kernels before ABI 6
//                 signals to any process but oneself.
//   SIGTTIN, SIGTTOU  ignored for good: the kernel sends them to the whole group of who uses a terminal.
//   no_new_privs, no capabilities: a root program's containers are no more than root's files make them.

/// How much of Landlock the kernel has: its ABI, 1 or more, the `level` of the calls below.
/// -ENOSYS: it has none, or no seccomp filters; -EOPNOTSUPP: it was switched off at boot.
int gantry_sandbox_level(void);

/// Makes the rules of a sandbox in which files may be changed at and below `count` paths; `*failed` is the path that
/// cannot be had, `count` where it was not a path. It has been entered once, by a process of its own, before this
/// returns: what is around the program and forbids that is found here.
/// Returns a close-on-exec descriptor above stderr, which may be entered any number of times; -ENOENT, -ELOOP, -EACCES,
/// -ENOTDIR for a path; -errno. Any process, any thread; a path is followed now and named never again.
int gantry_sandbox_prepare(const char *_Nullable const *_Nonnull writable, size_t count, int level,
                           size_t *failed);

/// Enters it, with all that this process will start; for good. Async-signal-safe; the process must have one thread.
/// Returns 0 or -errno: the process may then be half inside, and should end.
int gantry_sandbox_enter(int rules, int level);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif
#endif
