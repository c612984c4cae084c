// The helpers of bench.h.
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TURNS_BEFORE_YIELD = 4096, SETTINGS_MOST = 16 };

static char *settings[SETTINGS_MOST];
static int setting_count;
static unsigned limit_s = BENCH_LIMIT_S;
static volatile sig_atomic_t peers_ended;
static int peers_started;

static void say(const char *format, va_list arguments) {
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  fflush(stderr);
}

void bench_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(format, arguments);
  va_end(arguments);
  _exit(1);
}

void bench_cannot(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(format, arguments);
  va_end(arguments);
  _exit(BENCH_CANNOT);
}

void bench_settings(int count, char **words) {
  if (count > SETTINGS_MOST) bench_fail("%d settings are more than any workload has.", count);
  for (int i = 0; i < count; i += 1) settings[setting_count++] = words[i];
}

uint64_t bench_setting(const char *name, uint64_t otherwise, uint64_t most) {
  size_t length = strlen(name);
  uint64_t value = otherwise;
  for (int i = 0; i < setting_count; i += 1) {
    char *word = settings[i];
    if (word == NULL || strncmp(word, name, length) != 0 || word[length] != '=') continue;
    char *end;
    errno = 0;
    value = strtoull(word + length + 1, &end, 10);
    if (errno != 0 || end == word + length + 1 || *end != 0 || word[length + 1] == '-' || value > most) {
      bench_fail("'%s' is no setting: give %s a number up to %llu.", word, name, (unsigned long long)most);
    }
    settings[i] = NULL;
  }
  return value;
}

static void on_alarm(int number) {
  (void)number;
  static const char sentence[] = "The measurement did not end in time: give it a higher timeout= in seconds.\n";
  ssize_t written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
  (void)written;
  _exit(1);
}

static void on_child(int number) {
  (void)number;
  int error = errno;
  int status;
  while (waitpid(-1, &status, WNOHANG) > 0) {
    if (status != 0) {
      static const char sentence[] = "A process of the measurement died before its end.\n";
      ssize_t written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
      (void)written;
      _exit(1);
    }
    peers_ended += 1;
  }
  errno = error;
}

void bench_begin(void) {
  limit_s = (unsigned)bench_setting("timeout", BENCH_LIMIT_S, 86400);
  for (int i = 0; i < setting_count; i += 1) {
    if (settings[i] == NULL) continue;
    bench_fail("This workload has no setting '%s': see --about for those it has.", settings[i]);
  }
  // Calls that wait go on after a peer's end: what it sent last is still to be read.
  struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
  sigaction(SIGCHLD, &action, NULL);
  signal(SIGALRM, on_alarm);
  signal(SIGPIPE, SIG_IGN);
  alarm(limit_s);
}

uint64_t bench_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool bench_pin(int nth) {
  // What the program was given at its start, not what an earlier pin has left of it.
  static cpu_set_t allowed;
  static bool known;
  if (!known && sched_getaffinity(0, sizeof allowed, &allowed) != 0) return false;
  known = true;
  for (int processor = 0; processor < CPU_SETSIZE; processor += 1) {
    if (!CPU_ISSET(processor, &allowed) || nth-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0;
  }
  return false;
}

void bench_relax(uint64_t *turns) {
  *turns += 1;
  if (*turns % TURNS_BEFORE_YIELD == 0) sched_yield();
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void *mapped(size_t bytes, int flags) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
  if (memory == MAP_FAILED) bench_fail("There is no memory for %zu bytes: measure with a smaller n.", bytes);
  return memory;
}

void *bench_shared(size_t bytes) { return mapped(bytes, MAP_SHARED); }

void *bench_private(size_t bytes) { return mapped(bytes, MAP_PRIVATE | MAP_POPULATE); }

void bench_peer(void (*body)(void *), void *context) {
  pid_t parent = getpid();
  pid_t peer = fork();
  if (peer < 0) bench_fail("A second process could not be started: %s.", strerror(errno));
  if (peer > 0) {
    peers_started += 1;
    return;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have died before it was to be told of.
  if (getppid() != parent) _exit(1);
  signal(SIGCHLD, SIG_DFL);
  // A net for the case that the parent hangs: the parent is to speak first.
  alarm(limit_s + 1);
  body(context);
  _exit(0);
}

void bench_join(void) {
  // The end of the measurement is past: nobody counts these naps.
  while (peers_ended < peers_started) nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

static int ascending(const void *a, const void *b) {
  uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
  return (left > right) - (left < right);
}

uint64_t bench_quantile(uint64_t *values, size_t count, double share) {
  qsort(values, count, sizeof *values, ascending);
  size_t place = (size_t)((double)count * share);
  return values[place < count ? place : count - 1];
}
