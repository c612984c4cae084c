// A driver with a thread starts this program again: with one thread it forks its containers, with more each container
// is the program once more. Arguments, environment, descriptors, limits and words are what was asked for; a program
// that cannot be executed or ends is reported; nothing is left, whoever is killed.
#include "support.h"

#include <pthread.h>

static int words;
static int reports;

static void *stay(void *nothing) {
  for (;;) pause();
  return nothing;
}

static void start_thread(void) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, stay, NULL) == 0, "no thread");
  pthread_detach(thread);
}

/// Exits with the number of the first thing that is not as it should be, or 42.
static void container(const gantry_spawn *spawn, const int *fds, int count) {
  if (spawn->detail[0] == 1) sleep_for_ever();
  if (count != 1 || fds[0] != 3) _exit(1);
  char byte = 0;
  if (pread(fds[0], &byte, 1, 0) != 1 || byte != 'x') _exit(2);
  if (entries_of("/proc/thread-self/fd") != 3 + 1 + 1) _exit(3);
  struct rlimit limit;
  getrlimit(RLIMIT_CORE, &limit);
  if (limit.rlim_max != 0) _exit(4);
  getrlimit(RLIMIT_DATA, &limit);
  if (limit.rlim_cur != (rlim_t)1 << 50) _exit(5);
  int subreaper = 0;
  int death = 0;
  prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
  if (subreaper != 1) _exit(6);
  sigset_t mask;
  sigprocmask(SIG_SETMASK, NULL, &mask);
  if (sigismember(&mask, SIGTERM) || sigismember(&mask, SIGUSR1)) _exit(7);
  struct sigaction action;
  sigaction(SIGINT, NULL, &action);
  if (action.sa_handler != SIG_IGN) _exit(8);
  sigaction(SIGTERM, NULL, &action);
  if (action.sa_handler != SIG_DFL) _exit(9);
  // A fork's caller is the thread that became the zygote; an exec's, the zygote's only one.
  prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
  if (death != SIGKILL) _exit(10);
  if (write(1, "printed by the container\n", 25) != 25) _exit(11);
  _exit(42);
}

/// What runs in the second process and in containers.
static void second(int argc, char **argv) {
  const gantry_role *role = gantry_role_pending();
  CHECK(argc == 3 && strcmp(argv[2], "an argument") == 0, "the arguments are others");
  CHECK(getenv("GANTRY_TEST_VARIABLE") != NULL, "the environment is another");
  CHECK(role->wanted_bytes == 6 && memcmp(role->wanted, "wanted", 6) == 0, "the wanted is another");
  CHECK(role->occurrence == 3, "the occurrence is %u", role->occurrence);
  printf("printed before the driver\n");
  fprintf(stderr, "words before the driver\n");
  gantry_role_report("a report", 8);
  if (strcmp(argv[1], "ends") == 0) exit(9);
  bool alone = strcmp(argv[1], "alone") == 0;
  if (!alone) start_thread();
  if (role->kind == GANTRY_ROLE_SECOND) gantry_role_become_zygote(container, alone);
  CHECK(!alone, "a zygote that is alone forks");
  gantry_role_become_container(container, 1);
}

static void begin(book *b, const char *path, const char *way) {
  memset(b, 0, sizeof *b);
  const char *arguments[] = {"a name", way, "an argument", NULL};
  gantry_program program = {.path = path,
                            .arguments = arguments,
                            .wanted = "wanted",
                            .wanted_bytes = 6,
                            .occurrence = 3,
                            .words = words,
                            .reports = reports};
  int result = gantry_keeper_start_program(&program, &b->keeper);
  CHECK(result == 0, "gantry_keeper_start_program returned %d", result);
}

static void check_page(int page, const char *wanted) {
  char text[256] = {0};
  ssize_t got = pread(page, text, sizeof text - 1, 0);
  CHECK(got >= 0 && strcmp(text, wanted) == 0, "a page holds \"%s\"", text);
}

static void serve_once(book *b) {
  char path[] = "/tmp/gantry-test-XXXXXX";
  int file = mkstemp(path);
  CHECK(file >= 0 && unlink(path) == 0 && write(file, "x", 1) == 1, "no file for the test");
  int fds[2] = {2, file};
  booked *one = book_spawn_with(b, (gantry_spawn){.memory_limit = (uint64_t)1 << 50}, fds, 2);
  BOOK_UNTIL(b, one->exited);
  CHECK(gantry_status_code(one->status) == 42, "the container ended %x", one->status);
  close(file);
}

int main(int argc, char **argv) {
  watchdog(100);
  if (gantry_role_pending() != NULL) second(argc, argv);
  if (getenv("GANTRY_TEST_FOREIGN") != NULL) return 7;
  CHECK(argc == 1, "a program without a role was started with arguments");
  setenv("GANTRY_TEST_VARIABLE", "1", 1);
  start_thread();
  // A mask of this thread's own, and a stream's lock that another holds: the program inherits neither.
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &mask, NULL);
  int before = fds_of(getpid());
  words = gantry_page_open();
  reports = gantry_page_open();
  // What the program and its containers print, to be looked at.
  int printed = gantry_page_open();
  CHECK(words > 2 && reports > 2 && printed > 2, "no pages");
  int output = dup(1);
  dup2(printed, 1);

  static book b;
  const char *ways[] = {"alone", "threaded"};
  for (int i = 0; i < 2; i += 1) {
    begin(&b, "/proc/self/exe", ways[i]);
    BOOK_UNTIL(&b, b.zygotes_ready == 1);
    check_page(words, "words before the driver\n");
    check_page(reports, "a report");
    serve_once(&b);
    check_page(printed, "printed by the container\n");
    CHECK(ftruncate(printed, 0) == 0 && lseek(printed, 0, SEEK_SET) == 0, "the page cannot be emptied");

    // A zygote is replaced, its containers end with it.
    booked *idle = book_spawn(&b, 0, 1);
    kill(b.zygote_pid, SIGKILL);
    BOOK_UNTIL(&b, idle->exited && b.zygotes_ready == 2);
    serve_once(&b);
    kill(b.zygote_pid, SIGSTOP);
    CHECK(gantry_zygote_kill(b.keeper.socket, b.zygote) == 0, "the order was not taken");
    BOOK_UNTIL(&b, b.zygotes_ready == 3);
    idle = book_spawn(&b, 0, 1);
    book_stop(&b, -1);
    CHECK(ftruncate(printed, 0) == 0 && lseek(printed, 0, SEEK_SET) == 0, "the page cannot be emptied");

    // So is everything without a keeper.
    begin(&b, "/proc/self/exe", ways[i]);
    BOOK_UNTIL(&b, b.zygotes_ready == 1 && b.zygote_pid != 0);
    idle = book_spawn(&b, 0, 1);
    kill(b.keeper.pid, SIGKILL);
    AWAIT(!is_alive(b.zygote_pid) && !is_alive(idle->pid));
    gantry_keeper_stop(&b.keeper, 1000);
    close(idle->pidfd);
  }

  begin(&b, "/proc/self/exe", "ends");
  BOOK_UNTIL(&b, b.zygotes_exited > 0);
  CHECK(gantry_status_code(b.zygote_status) == 9, "the program ended %x", b.zygote_status);
  book_stop(&b, -1);
  begin(&b, "/no/such/program", "none");
  BOOK_UNTIL(&b, b.exec_error != 0);
  CHECK(b.exec_error == ENOENT, "the error is %d", b.exec_error);
  book_stop(&b, -1);

  // A role that another process has left at the descriptor is not taken.
  pid_t child = fork();
  if (child == 0) {
    int foreign = gantry_page_open();
    uint64_t magic = UINT64_C(0x676e747279726f6c);
    char text[512] = {0};
    memcpy(text, &magic, sizeof magic);
    CHECK(write(foreign, text, sizeof text) == sizeof text, "no text");
    dup2(foreign, 3);
    char *arguments[] = {"a name", NULL};
    setenv("GANTRY_TEST_FOREIGN", "1", 1);
    execv("/proc/self/exe", arguments);
    _exit(1);
  }
  int status;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7, "the program with a foreign role ended %x", status);

  dup2(output, 1);
  close(output);
  close(words);
  close(reports);
  close(printed);
  CHECK(fds_of(getpid()) == before, "descriptors were left open");
  return 0;
}
