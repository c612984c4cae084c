// The epoll calls behind gantry_poller.h.
#define _GNU_SOURCE
#include "gantry_poller.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "internal.h"

enum { MOST_EVENTS = 64 };

static int checked(int result) { return result < 0 ? -errno : result; }

/// A program that closed its standard output must not find one of ours there.
static int opened(int fd) { return fd < 0 ? -errno : gantry_fd_lift(fd); }

int gantry_poller_open(gantry_poller *poller, uint64_t timer_id, uint64_t wake_id) {
  poller->epoll = opened(epoll_create1(EPOLL_CLOEXEC));
  poller->timer = opened(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  poller->waker = opened(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  int failure = poller->epoll < 0 ? poller->epoll : poller->timer < 0 ? poller->timer : 0;
  if (failure == 0 && poller->waker < 0) failure = poller->waker;
  if (failure == 0) failure = gantry_poller_add(poller, poller->timer, timer_id, true);
  if (failure == 0) failure = gantry_poller_add(poller, poller->waker, wake_id, true);
  if (failure != 0) gantry_poller_close(poller);
  return failure;
}

void gantry_poller_close(gantry_poller *poller) {
  if (poller->epoll >= 0) close(poller->epoll);
  if (poller->timer >= 0) close(poller->timer);
  if (poller->waker >= 0) close(poller->waker);
  *poller = (gantry_poller){.epoll = -1, .timer = -1, .waker = -1};
}

int gantry_poller_add(const gantry_poller *poller, int fd, uint64_t id, bool edge) {
  struct epoll_event event = {.events = EPOLLIN | (edge ? (uint32_t)EPOLLET : 0), .data.u64 = id};
  return checked(epoll_ctl(poller->epoll, EPOLL_CTL_ADD, fd, &event));
}

int gantry_poller_remove(const gantry_poller *poller, int fd) {
  struct epoll_event event = {0};
  return checked(epoll_ctl(poller->epoll, EPOLL_CTL_DEL, fd, &event));
}

int gantry_poller_set_timer(const gantry_poller *poller, uint64_t at) {
  struct itimerspec when = {
      .it_value = {.tv_sec = (time_t)(at / 1000000000u), .tv_nsec = (long)(at % 1000000000u)}};
  return checked(timerfd_settime(poller->timer, TFD_TIMER_ABSTIME, &when, NULL));
}

int gantry_poller_wake(const gantry_poller *poller) { return checked(eventfd_write(poller->waker, 1)); }

int gantry_poller_wait(const gantry_poller *poller, uint64_t *ids, int most, int timeout_ms) {
  struct epoll_event events[MOST_EVENTS];
  int count = epoll_wait(poller->epoll, events, most < MOST_EVENTS ? most : MOST_EVENTS, timeout_ms);
  for (int i = 0; i < count; i++) ids[i] = events[i].data.u64;
  return count < 0 && errno != EINTR ? -errno : count < 0 ? 0 : count;
}

int gantry_pipe_create(int *ends) {
  if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
  for (int i = 0; i < 2; i++) ends[i] = gantry_fd_lift(ends[i]);
  if (ends[0] < 0 || ends[1] < 0) {
    int failure = ends[0] < 0 ? ends[0] : ends[1];
    gantry_fd_drop(&ends[0]);
    gantry_fd_drop(&ends[1]);
    return failure;
  }
  // Only this end: a container may wait for room in its own standard error, the driver for nothing.
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return 0;
}

int gantry_processor_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return (int)sysconf(_SC_NPROCESSORS_ONLN);
}
