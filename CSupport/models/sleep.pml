/*
 * Sleeping and waking, both ways, without any time limit: a lost wake is an invalid end state here.
 * Run by tools/models; PROTOCOL.md (headings Publish, Revoke, Sleep) numbers the steps.
 *
 * One lane; the completion ring has room for one record and each chunk gives two, so the container waits for
 * descriptors and for room. The driver may revoke what is not claimed (it then counts as done elsewhere).
 * Memory is TSO, as in lane.pml. Futex and eventfd act as the kernel's do: FUTEX_WAKE begins with a full
 * barrier, FUTEX_WAIT compares and sleeps in one step, an eventfd stays rung until epoll_wait reports it. At
 * level 1 the container rings when it runs dry. At level 2 it rings at every publication, which must do even
 * for an input that takes for ever: the slow input below ends only when the driver has taken what is there.
 *
 * variant: dry   LEVEL=1
 * variant: every LEVEL=2
 * mutant: NO_FENCE_PUBLISH               *     the driver's fence between its store and its look at parked
 * mutant: NO_FENCE_PARK                  *     the container's fence between parked and its second look
 * mutant: NO_PARK_RECHECK                *     the container's second look before it sleeps
 * mutant: NO_FENCE_COMMIT                every the container's fence between tail and its look at the level
 * mutant: NO_FENCE_DRY,NO_FENCE_COMMIT   dry   both fences between tail and the dry look at the level
 * mutant: NO_FENCE_WATCH                 *     the driver's fence between driver_parked and its second scan
 * mutant: NO_WATCH_RECHECK               *     the driver's second scan before it sleeps
 * mutant: NO_RING_DRY                    dry   ringing a parked driver before waiting
 * mutant: NO_WAKE_GIVE_BACK              *     looking at parked after a revoke gave something back
 * mutant: NO_WAKE_ROOM                   *     looking at parked after head was stored
 * mutant: BELL_READ_LATE                 *     reading the bell before the second look, not after it
 */
#ifndef LEVEL
#define LEVEL 1
#endif
#define CHUNKS  3
#define PIECES  2                       /* records of a chunk */
#define ROOM    1                       /* records the ring holds */
#define REVOKES 2

#define AVAIL  0
#define HEAD   1
#define BELL   2
#define WATCH  3                        /* driver_parked */
#define STOP   4
#define CLAIM  5
#define TAIL   6
#define PARKED 7
byte mem[8];
chan cbuf = [3] of { byte, byte };
chan dbuf = [3] of { byte, byte };
bool asleep;                            /* the container, in FUTEX_WAIT */
bool rung;                              /* the eventfd */

#define flushed(b) empty(b)

proctype Memory() {
  byte at, value;
end:
  do
  :: d_step { dbuf?at, value; mem[at] = value; at = 0; value = 0 }
  :: d_step { cbuf?at, value; mem[at] = value; at = 0; value = 0 }
  od
}

#define FOR_CHUNKS 1                    /* values of parked */
#define FOR_ROOM   2

#define has_chunk (mem[AVAIL] > c)
#define has_room  (t - mem[HEAD] < ROOM)
#define stopping  (mem[STOP] == 1)

inline wait(ready, reason) {                                /* a turn of the wait: the caller asks again */
#ifndef NO_FENCE_DRY
  flushed(cbuf);                                            /* W1 */
#endif
#ifndef NO_RING_DRY
  if :: mem[WATCH] != 0 -> rung = true :: else fi;          /* W2 */
#endif
#ifndef BELL_READ_LATE
  bell = mem[BELL];                                         /* W3 */
#endif
  cbuf!PARKED, reason;                                      /* W4 */
#ifndef NO_FENCE_PARK
  flushed(cbuf);                                            /* W5 */
#endif
  if
#ifndef NO_PARK_RECHECK
  :: ready || stopping                                      /* W6 */
#endif
  :: else ->
#ifdef BELL_READ_LATE
     bell = mem[BELL];
#endif
     atomic { if :: mem[BELL] == bell -> asleep = true :: else fi };   /* W7 */
     !asleep
  fi;
  cbuf!PARKED, 0;                                           /* W8 */
  bell = 0
}

proctype Container() {
  byte c, t, bell, piece;
  do
  :: stopping && !has_chunk -> break
  :: has_chunk ->                                           /* C1..C4, as in lane.pml */
     cbuf!CLAIM, c + 1;
     flushed(cbuf);
     if
     :: !has_chunk -> cbuf!CLAIM, c
     :: else ->
        c++; piece = 0;
        do
        :: piece == PIECES -> break
        :: piece < PIECES && has_room ->
           t++; piece++;
           cbuf!TAIL, t;                                    /* P2 */
#ifndef NO_FENCE_COMMIT
           flushed(cbuf);                                   /* P3 */
#endif
#if LEVEL == 2
           if :: mem[WATCH] == 2 -> rung = true :: else fi; /* P4 */
           if
           :: skip
           :: skip; mem[HEAD] == t                          /* a slow input */
           fi
#endif
        :: piece < PIECES && !has_room -> wait(has_room, FOR_ROOM)
        od
     fi
  :: !has_chunk && !stopping -> wait(has_chunk, FOR_CHUNKS)
  od
}

inline look_at_parked(least) {                                 /* D3, D4 */
#ifndef NO_FENCE_PUBLISH
  flushed(dbuf);
#endif
  if
  :: mem[PARKED] >= least ->
     bell++; dbuf!BELL, bell;
     flushed(dbuf); asleep = false                          /* FUTEX_WAKE: its barrier is the kernel's */
  :: else
  fi
}

#define wanted (CHUNKS * PIECES)

proctype Driver() {
  byte avail, head, bell, k, c, revokes, given, taken;
  do
  :: head < mem[TAIL] -> head = mem[TAIL];                  /* drain */
     dbuf!HEAD, head;
#ifndef NO_WAKE_ROOM
     look_at_parked(FOR_ROOM)
#endif
  :: given < CHUNKS -> given++; avail++; dbuf!AVAIL, avail; look_at_parked(FOR_CHUNKS)
  :: revokes < REVOKES && avail * PIECES >= head + PIECES -> revokes++;
     k = avail - 1; dbuf!AVAIL, k;                          /* D5 */
     flushed(dbuf);                                         /* D6 */
     c = mem[CLAIM];                                        /* D7 */
     if
     :: c > k ->
        k = avail; dbuf!AVAIL, k;                           /* D8 */
#ifndef NO_WAKE_GIVE_BACK
        look_at_parked(FOR_CHUNKS)
#endif
     :: else -> taken++; avail = k
     fi;
     k = 0; c = 0
  :: head == (CHUNKS - taken) * PIECES -> break
  :: given == CHUNKS && head == mem[TAIL] && head < (CHUNKS - taken) * PIECES ->
     dbuf!WATCH, LEVEL;                                     /* E1 */
#ifndef NO_FENCE_WATCH
     flushed(dbuf);                                         /* E2 */
#endif
     if
#ifndef NO_WATCH_RECHECK
     :: mem[TAIL] > head                                    /* E3 */
#endif
     :: else -> rung -> rung = false                        /* E4: epoll_wait */
     fi;
     dbuf!WATCH, 0                                          /* E5 */
  od;
  dbuf!STOP, 1;
  look_at_parked(FOR_CHUNKS)
}

init { atomic { run Memory(); run Container(); run Driver() } }
