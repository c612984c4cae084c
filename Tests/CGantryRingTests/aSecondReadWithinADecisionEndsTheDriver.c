// build: -DGANTRY_HOOKS
// In builds with hooks a driver that reads a byte of the container's twice before its next decision is ended, with a
// sentence that names what it read; one that decides anew in between is not, nor one that reads something else.
#include "support.h"

/// A lane with one published record of 192 bytes and an open one behind it.
static pair lane_with_a_record(void) {
  pair p = pair_make(4096, 0, 0);
  gantry_producer_publish(&p.producer, &(gantry_range){.end = 4, .count = 4});
  gantry_claim claim;
  CHECK(gantry_consumer_claim(&p.consumer, &claim) == 1, "nothing to claim");
  memset(gantry_consumer_payload(&p.consumer), 7, 192);
  gantry_record record = {.kind = GANTRY_RECORD_OUTPUTS, .count = 1, .position = claim.position, .length = 192};
  gantry_consumer_publish(&p.consumer, &record);
  return p;
}

static void take_header(pair *p, gantry_record *record, const void **payload) {
  CHECK(gantry_producer_next(&p->producer, record, payload) == 1, "no record");
}

/// Looks at everything as often as a driver may.
static void honest(pair *p) {
  gantry_record record;
  const void *payload;
  uint8_t copy[256];
  uint64_t claim, room;
  for (int i = 0; i < 3; i += 1) {
    CHECK(gantry_producer_pending(&p->producer), "no record waits");
    take_header(p, &record, &payload);
    gantry_copy_once(copy, payload, 100, "payload");
    CHECK(gantry_producer_claim(&p->producer, &claim) == 0, "no claim");
    gantry_producer_wake(&p->producer);
    CHECK(gantry_producer_claim(&p->producer, &claim) == 0, "no claim again");
    gantry_copy_once(copy, (const uint8_t *)payload + 100, record.length - 100, "payload");
  }
  gantry_producer_take(&p->producer, &record);
  for (int i = 0; i < 3; i += 1) {
    gantry_producer_progress(&p->producer);
    const void *open = gantry_producer_open_record(&p->producer, &room);
    CHECK(open != NULL, "no open record");
    gantry_copy_once(copy, open, 64, "payload");
    gantry_producer_revoke(&p->producer, 1, &claim);
  }
}

/// Looks at many lanes in turn, none of them twice.
static void looks_at_many(pair *first) {
  enum { LANES = 50 };
  pair lanes[LANES];
  lanes[0] = *first;
  for (int i = 1; i < LANES; i += 1) lanes[i] = lane_with_a_record();
  for (int round = 0; round < 3; round += 1) {
    for (int i = 0; i < LANES; i += 1) {
      uint64_t claim;
      CHECK(gantry_producer_pending(&lanes[i].producer), "no record waits");
      CHECK(gantry_producer_claim(&lanes[i].producer, &claim) == 0, "no claim");
    }
  }
}

static void reads_the_payload_twice(pair *p) {
  gantry_record record;
  const void *payload;
  uint8_t copy[256];
  take_header(p, &record, &payload);
  gantry_copy_once(copy, payload, 192, "payload");
  gantry_producer_wake(&p->producer);
  gantry_copy_once(copy, (const uint8_t *)payload + 191, 1, "payload");
}

/// The length of a record that was checked, read again from the ring.
static void reads_the_header_again(pair *p) {
  gantry_record record;
  const void *payload;
  uint64_t length;
  take_header(p, &record, &payload);
  const gantry_record *shared = (const void *)((const uint8_t *)payload - sizeof record);
  gantry_copy_once(&length, &shared->length, sizeof length, "a record's length");
}

static void looks_at_the_tail_twice(pair *p) {
  uint64_t room;
  gantry_producer_progress(&p->producer);
  gantry_producer_open_record(&p->producer, &room);
  gantry_producer_open_record(&p->producer, &room);
}

static void looks_at_the_crash_again(pair *p) {
  uint64_t words[GANTRY_CRASH_WORDS], word;
  gantry_crash_words *crash = &container_words(p)->crash;
  gantry_store_release(&crash->filled, 1);
  CHECK(gantry_producer_crash(&p->producer, words), "no crash words");
  gantry_copy_once(&word, &crash->words[30], sizeof word, "a crash word");
}

/// What a child says while it acts, and how it ends.
static int act(void (*body)(pair *), char said[512]) {
  int ends[2];
  CHECK(pipe(ends) == 0, "no pipe");
  pid_t child = fork();
  CHECK(child >= 0, "no child");
  if (child == 0) {
    dup2(ends[1], 2);
    pair p = lane_with_a_record();
    body(&p);
    _exit(0);
  }
  close(ends[1]);
  size_t count = 0;
  ssize_t got;
  while (count < 511 && (got = read(ends[0], said + count, 511 - count)) > 0) count += (size_t)got;
  said[count] = 0;
  close(ends[0]);
  int status;
  CHECK(waitpid(child, &status, 0) == child, "the child is gone");
  return status;
}

static void expect_end(void (*body)(pair *), const char *sentence) {
  char said[512];
  int status = act(body, said);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "the driver went on, status %d: %s", status, said);
  CHECK(strstr(said, sentence) != NULL, "it said \"%s\", not \"%s\"", said, sentence);
}

int main(void) {
  watchdog(60);
  char said[512];
  CHECK(act(honest, said) == 0, "an honest driver was ended: %s", said);
  CHECK(act(looks_at_many, said) == 0, "an honest driver of many lanes was ended: %s", said);
  expect_end(reads_the_payload_twice, "read payload twice within one decision");
  expect_end(reads_the_header_again, "read a record's length twice within one decision, the first time as a record's header");
  expect_end(looks_at_the_tail_twice, "read `tail` twice within one decision");
  expect_end(looks_at_the_crash_again, "read a crash word twice within one decision, the first time as the crash words");
}
