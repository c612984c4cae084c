// Where a sandbox is tried: directories of its own and of others, somebody to hit, and a terminal to disturb.
// Included by confinesWhatIsSandboxed.c alone.
#ifndef GANTRY_SANDBOX_GROUND_H
#define GANTRY_SANDBOX_GROUND_H

#include "support.h"

#include "internal.h"
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <termios.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char base[64];
static pid_t victim;
static int victim_pidfd;
static int level;
static int terminal;  // open for both, as a program's standard output is
static const char *terminal_path;
static const char *nowhere[1];
static long word = 42;  // at the same address in the victim

static const char *in(const char *name) {
  static char paths[4][128];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", base, name);
  return path;
}

static bool writes(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

static bool reads(const char *path) { return writes(path, O_RDONLY); }

/// Where somebody outside listens for datagrams.
static struct sockaddr_un letter_box(void) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  snprintf(to.sun_path, sizeof to.sun_path, "%s", in("other/letters"));
  return to;
}

/// A terminal of one's own: its master, which stays open for the rest of the test.
static int open_terminal(void) {
  static char path[64];
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  bool is_ready = master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 &&
                  ptsname_r(master, path, sizeof path) == 0;
  terminal_path = path;
  return is_ready ? master : -1;
}

static void make_surroundings(uid_t user) {
  snprintf(base, sizeof base, "/tmp/gantry-sandbox-XXXXXX");
  CHECK(mkdtemp(base) != NULL, "there is no directory to try in");
  CHECK(mkdir(in("own"), 0700) == 0 && mkdir(in("other"), 0700) == 0, "no directories");
  CHECK(writes(in("other/file"), O_WRONLY | O_CREAT) && writes(in("single"), O_WRONLY | O_CREAT), "no files");
  const char *all[] = {".", "own", "other", "other/file", "single"};
  for (size_t i = 0; i < COUNT(all); i += 1) CHECK(chown(in(all[i]), user, user) == 0, "no owner");
  int master = open_terminal();
  CHECK(chown(terminal_path, user, user) == 0, "the terminal has no owner");
  terminal = open(terminal_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(master >= 0 && terminal >= 0, "there is no terminal");
  struct sockaddr_un box = letter_box();
  int letters = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  CHECK(bind(letters, (struct sockaddr *)&box, sizeof box) == 0, "there is no letter box");
  CHECK(chmod(box.sun_path, 0777) == 0, "the letter box is closed");
  // It stays open for the rest of the test.
  int ready[2];
  CHECK(pipe2(ready, O_CLOEXEC) == 0, "no pipe");
  victim = fork();
  if (victim == 0) {
    if (user != getuid()) CHECK(setgid(user) == 0 && setuid(user) == 0, "no victim");
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    close(ready[0]);
    close(ready[1]);
    for (;;) pause();
  }
  char none;
  close(ready[1]);
  CHECK(read(ready[0], &none, 1) == 0, "the victim is not ready");
  close(ready[0]);
  victim_pidfd = (int)syscall(434, victim, 0);
  CHECK(victim > 0 && victim_pidfd >= 0, "there is no victim");
  char text[32];
  snprintf(text, sizeof text, "%d", victim);
  setenv("VICTIM", text, 1);
  setenv("ESCAPE", in("other/file"), 1);
}

static void unmake_surroundings(void) {
  int status;
  CHECK(waitpid(victim, &status, WNOHANG) == 0, "the victim was hit (status %d)", status);
  kill(victim, SIGKILL);
  waitpid(victim, &status, 0);
  close(victim_pidfd);
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", base);
  CHECK(system(command) == 0, "the directory could not be removed");
}

#endif
