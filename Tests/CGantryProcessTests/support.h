// What the tests of the process module share: checks, a watchdog, and a book of notices kept like a driver's.
// Included by each test program once. A check that fails prints a sentence and ends the program with 1.
#ifndef GANTRY_PROCESS_TEST_SUPPORT_H
#define GANTRY_PROCESS_TEST_SUPPORT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "CGantryProcess.h"

#define CHECK(condition, ...)                                        \
  do {                                                               \
    if (!(condition)) check_failed(__FILE__, __LINE__, __VA_ARGS__); \
  } while (0)

__attribute__((format(printf, 3, 4))) static _Noreturn void check_failed(
    const char *file, int line, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "%s:%d: ", file, line);
  vfprintf(stderr, format, arguments);
  fprintf(stderr, " (errno %d)\n", errno);
  _exit(1);
}

static inline void on_watchdog(int number) {
  (void)number;
  static const char sentence[] = "the watchdog ended a test that hung\n";
  ssize_t written = write(2, sentence, sizeof sentence - 1);
  (void)written;
  _exit(1);
}

/// Ends a hang. Not a bound of any promise: generous on purpose.
static inline void watchdog(unsigned seconds) {
  signal(SIGALRM, on_watchdog);
  alarm(seconds);
}

static inline void nap(int milliseconds) {
  struct timespec pause = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
  nanosleep(&pause, NULL);
}

/// Polls until `condition` holds; the watchdog bounds it.
#define AWAIT(condition) \
  while (!(condition)) nap(2)

/// The letter of the process's state, 0 when it is gone.
static inline char state_of(pid_t pid) {
  char path[64];
  char text[256];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  if (got <= 0) return 0;
  text[got] = 0;
  char *at = strrchr(text, ')');
  return at != NULL ? at[2] : 0;
}

/// Whether the process runs: neither gone nor a zombie.
static inline bool is_alive(pid_t pid) {
  char state = state_of(pid);
  return state != 0 && state != 'Z' && state != 'X';
}

static inline bool is_stopped(pid_t pid) { return state_of(pid) == 'T'; }

/// Whether the process still has an entry, a zombie's included.
static inline bool exists(pid_t pid) { return kill(pid, 0) == 0 || errno != ESRCH; }

static inline int entries_of(const char *path) {
  DIR *directory = opendir(path);
  if (directory == NULL) return -1;
  int count = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) count += entry->d_name[0] != '.';
  closedir(directory);
  return count;
}

static inline int fds_of(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  return entries_of(path);
}

/// The children of a process, zombies included; returns their number.
static inline int children_of(pid_t pid, pid_t *found, int room) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
  FILE *file = fopen(path, "re");
  if (file == NULL) return 0;
  int count = 0;
  for (int child; fscanf(file, "%d", &child) == 1; count += 1) {
    if (count < room) found[count] = child;
  }
  fclose(file);
  return count;
}

/// For a request without descriptors: the contract wants a pointer even then.
static const int no_fds[1] = {-1};

// A book of notices

enum { BOOK = 1024 };

typedef struct booked {
  uint64_t request;
  pid_t pid;
  int pidfd;
  int error;    // of SPAWN_FAILED
  int status;   // of EXITED
  bool exited;
} booked;

typedef struct book {
  gantry_keeper keeper;
  uint32_t zygote;      // the present incarnation, 0 before it is known
  pid_t zygote_pid;
  int zygotes_exited;
  int zygotes_failed;
  int zygotes_ready;
  int exec_error;  // of EXEC_FAILED
  int zygote_status;
  bool keeper_gone;
  int count;
  booked containers[BOOK];
} book;

static inline booked *booked_by_request(book *b, uint64_t request) {
  for (int i = 0; i < b->count; i += 1) {
    if (b->containers[i].request == request) return &b->containers[i];
  }
  return NULL;
}

static void book_zygote(book *b);

static inline void book_enter(book *b, const gantry_notice *notice, int fd) {
  switch (notice->kind) {
    case GANTRY_NOTICE_SPAWNED:
    case GANTRY_NOTICE_SPAWN_FAILED:
      CHECK(b->count < BOOK, "too many containers for the test's book");
      CHECK(booked_by_request(b, notice->request) == NULL, "request %llu was answered twice",
            (unsigned long long)notice->request);
      bool spawned = notice->kind == GANTRY_NOTICE_SPAWNED;
      CHECK(!spawned || (fd >= 0 && notice->pid > 0), "SPAWNED came without a pid or a pidfd");
      b->containers[b->count++] = (booked){.request = notice->request,
                                           .pid = notice->pid,
                                           .pidfd = fd,
                                           .error = spawned ? 0 : notice->status};
      return;
    case GANTRY_NOTICE_EXITED:
      for (int i = 0; i < b->count; i += 1) {
        booked *c = &b->containers[i];
        if (c->pid != notice->pid || c->exited) continue;
        c->exited = true;
        c->status = notice->status;
        return;
      }
      // From a living zygote every end must follow its start; the keeper may name strangers.
      CHECK(notice->zygote != b->zygote || b->zygote_pid == 0,
            "EXITED of %d came without SPAWNED", notice->pid);
      return;
    case GANTRY_NOTICE_ZYGOTE_STARTED:
      b->zygote = notice->zygote;
      b->zygote_pid = notice->pid;
      b->keeper.zygote = notice->pid;
      if (fd >= 0) {
        if (b->keeper.zygote_socket >= 0) close(b->keeper.zygote_socket);
        b->keeper.zygote_socket = fd;
      }
      return;
    case GANTRY_NOTICE_ZYGOTE_EXITED:
      book_zygote(b);
      b->zygotes_exited += 1;
      b->zygote_status = notice->status;
      b->zygote_pid = 0;
      return;
    case GANTRY_NOTICE_ZYGOTE_FAILED:
      b->zygotes_failed += 1;
      return;
    case GANTRY_NOTICE_ZYGOTE_READY:
      b->zygotes_ready += 1;
      return;
    case GANTRY_NOTICE_EXEC_FAILED:
      b->exec_error = notice->status;
      return;
    default:
      CHECK(false, "a notice of unknown kind %u came", notice->kind);
  }
}

/// Reads a socket until it has nothing more; returns the last result.
static inline int book_read(book *b, int socket) {
  gantry_notice notice;
  int fd;
  int result;
  while ((result = gantry_control_receive(socket, &notice, &fd)) == 1) book_enter(b, &notice, fd);
  CHECK(result == 0 || result == -EPIPE, "gantry_control_receive returned %d", result);
  return result;
}

static void book_zygote(book *b) {
  if (b->keeper.zygote_socket < 0) return;
  if (book_read(b, b->keeper.zygote_socket) == -EPIPE) {
    close(b->keeper.zygote_socket);
    b->keeper.zygote_socket = -1;
  }
}

/// Waits a moment for notices and enters them, in the order that the header asks for.
static inline void book_turn(book *b) {
  struct pollfd waits[2] = {{.fd = b->keeper.socket, .events = POLLIN},
                            {.fd = b->keeper.zygote_socket, .events = POLLIN}};
  poll(waits, 2, 20);
  if (book_read(b, b->keeper.socket) == -EPIPE) b->keeper_gone = true;
  book_zygote(b);
}

#define BOOK_UNTIL(b, condition) \
  while (!(condition)) book_turn(b)

static inline void book_start(book *b, gantry_container_main main) {
  memset(b, 0, sizeof *b);
  CHECK(gantry_thread_count() == 1, "the test has threads already");
  int result = gantry_keeper_start(main, &b->keeper);
  CHECK(result == 0, "gantry_keeper_start returned %d", result);
}

static inline booked *book_spawn_with(book *b, gantry_spawn spawn, const int *fds, int n) {
  static uint64_t last = 0;
  spawn.request = ++last;
  int result = gantry_spawn_request(b->keeper.zygote_socket, &spawn, fds, n);
  CHECK(result == 0, "gantry_spawn_request returned %d", result);
  booked *found = NULL;
  BOOK_UNTIL(b, (found = booked_by_request(b, spawn.request)) != NULL);
  return found;
}

/// Spawns function `index` with the test's own stderr, and waits for the answer.
static inline booked *book_spawn(book *b, uint32_t index, uint64_t detail) {
  int fds[1] = {2};
  return book_spawn_with(b, (gantry_spawn){.function_index = index, .detail = {detail}}, fds, 1);
}

static inline int book_open_count(const book *b) {
  int open = 0;
  for (int i = 0; i < b->count; i += 1) open += b->containers[i].pid > 0 && !b->containers[i].exited;
  return open;
}

/// Stops the keeper and proves that nothing of it is left: no process, no zombie, no descriptor.
static inline void book_stop(book *b, int fds_before) {
  pid_t keeper = b->keeper.pid;
  pid_t zygote = b->zygote_pid;
  int result = gantry_keeper_stop(&b->keeper, 20000);
  CHECK(result == 0, "gantry_keeper_stop returned %d", result);
  CHECK(!exists(keeper), "keeper %d was left behind", keeper);
  CHECK(zygote == 0 || !exists(zygote), "zygote %d was left behind", zygote);
  for (int i = 0; i < b->count; i += 1) {
    booked *c = &b->containers[i];
    if (c->pid == 0) continue;
    CHECK(c->exited || !exists(c->pid), "container %d was left behind", c->pid);
    struct pollfd wait = {.fd = c->pidfd, .events = POLLIN};
    CHECK(poll(&wait, 1, 0) == 1, "container %d outlived the keeper", c->pid);
    close(c->pidfd);
  }
  CHECK(children_of(getpid(), NULL, 0) == 0, "a child was left behind");
  int fds_after = fds_of(getpid());
  CHECK(fds_before < 0 || fds_after == fds_before, "%d descriptors before, %d after", fds_before, fds_after);
}

// What a child of the test does as a driver of its own

typedef struct shared_words {
  volatile int32_t ready;
  volatile int32_t pids[64];
  volatile int32_t count;
} shared_words;

static inline shared_words *shared_words_make(void) {
  void *memory = mmap(NULL, sizeof(shared_words), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED, "no shared memory for the test");
  return memory;
}

static inline void shared_words_add(shared_words *words, pid_t pid) {
  int at = __atomic_fetch_add(&words->count, 1, __ATOMIC_SEQ_CST);
  words->pids[at] = pid;
}

static inline bool shared_words_any_alive(const shared_words *words) {
  for (int i = 0; i < words->count; i += 1) {
    if (words->pids[i] > 0 && is_alive(words->pids[i])) return true;
  }
  return false;
}

static inline _Noreturn void sleep_for_ever(void) {
  for (;;) pause();
}

/// Forks a process that leaves its session and sleeps, deaf to all it may be; its pid goes to `words`.
static inline void detach_sleeper(shared_words *words, bool twice) {
  pid_t middle = fork();
  if (middle == 0) {
    setsid();
    if (twice && fork() != 0) _exit(0);
    for (int number = 1; number < NSIG; number += 1) signal(number, SIG_IGN);
    shared_words_add(words, getpid());
    sleep_for_ever();
  }
  if (twice) waitpid(middle, NULL, 0);
}

#endif
