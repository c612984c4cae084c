// Waiting for many descriptors and one time: epoll, a timer, and a way to end a wait. For the driver's background thread.
// All calls return 0 or a negative errno and may be made by any thread; only gantry_poller_wait blocks.
#ifndef GANTRY_POLLER_H
#define GANTRY_POLLER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct gantry_poller {
  int epoll, timer, waker;
} gantry_poller;

/// Makes one; the timer reports itself as `timer_id`, a wake as `wake_id`.
int gantry_poller_open(gantry_poller *_Nonnull poller, uint64_t timer_id, uint64_t wake_id);
void gantry_poller_close(gantry_poller *_Nonnull poller);

/// Watches a descriptor for input; `edge`: each change is reported once, so that nobody need read it.
int gantry_poller_add(const gantry_poller *_Nonnull poller, int fd, uint64_t id, bool edge);
int gantry_poller_remove(const gantry_poller *_Nonnull poller, int fd);

/// Sets the timer to a time of the monotonic clock, in nanoseconds.
int gantry_poller_set_timer(const gantry_poller *_Nonnull poller, uint64_t at);
int gantry_poller_wake(const gantry_poller *_Nonnull poller);

/// Blocks until something is reported, or for so long; writes at most `most` ids and returns their number, 0 after a
/// signal and at the end of the time, -errno where somebody has closed what it waits in.
int gantry_poller_wait(const gantry_poller *_Nonnull poller, uint64_t *_Nonnull ids, int most, int timeout_ms);

/// A close-on-exec pipe whose reading end does not block. ends[0] reads, ends[1] writes.
int gantry_pipe_create(int *_Nonnull ends);

/// The processors this process may run on, by affinity.
int gantry_processor_count(void);

#endif
