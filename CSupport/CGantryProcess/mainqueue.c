// Serves the main queue of a program that is on its way to being a container.
// Called by the constructor, in that role only. A program whose main is asynchronous gives its main thread to Dispatch
// at its first suspension, and the thread ends there: another serves the queue from then on, and a driver made on the
// main actor could not become a container without stopping the queue for good. Here the main thread serves it itself,
// as a run loop does, and can still give the queue away when it becomes the container.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "internal.h"

#define SWIFTCALL __attribute__((swiftcall))

typedef SWIFTCALL void (*drain)(void);
typedef SWIFTCALL void (*drain_hook)(drain original, drain compatible);

// The doors that Dispatch and Swift keep for run loops. Weak: a program may be linked without either.
extern drain_hook swift_task_asyncMainDrainQueue_hook __attribute__((weak));
extern int _dispatch_get_main_queue_handle_4CF(void) __attribute__((weak));
extern void _dispatch_main_queue_callback_4CF(void *message) __attribute__((weak));

static SWIFTCALL void drain_here(drain original, drain compatible) {
  (void)original;
  (void)compatible;
  int handle = _dispatch_get_main_queue_handle_4CF();
  for (;;) {
    struct pollfd wait = {.fd = handle, .events = POLLIN};
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) _exit(GANTRY_EXIT_SETUP);
    uint64_t count;
    // Its value says nothing: that there is one means that there is work.
    ssize_t got = read(handle, &count, sizeof count);
    (void)got;
    _dispatch_main_queue_callback_4CF(NULL);
  }
}

void gantry_main_queue_keep(void) {
  if (&swift_task_asyncMainDrainQueue_hook == NULL || _dispatch_get_main_queue_handle_4CF == NULL ||
      _dispatch_main_queue_callback_4CF == NULL) {
    return;
  }
  swift_task_asyncMainDrainQueue_hook = drain_here;
}
