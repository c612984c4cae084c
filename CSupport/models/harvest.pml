/*
 * Inside a chunk: progress, split, harvest, death. Every input is delivered once, the culprit is right.
 * Run by tools/models; PROTOCOL.md (headings Input, Split, Commit, Harvest, Death) numbers the steps.
 *
 * One container runs two descriptors, inputs [1,4) and [0,1). An output is one cell of the completion ring, a
 * header is another. What the driver takes from the container it counts as delivered at once: another lane
 * has it. Memory is TSO, as in lane.pml. The container may die between any two steps; then its stores land.
 * It claims a descriptor before it begins there, and may have withdrawn that claim often: Revoke is in lane.pml.
 *
 * Harvest and Death ask for the claim, too. No mutant leaves that out, for nothing would break: of an honest
 * container whose progress names the oldest descriptor the claim is never lower (asserted below), and that it may be
 * higher by then costs nothing. It is a check against liars. What can be got wrong is to take a higher one for a lie.
 *
 * variant: fence
 * variant: membarrier MEMBARRIER
 * mutant: NO_FENCE_INPUT      fence      the container's fence between progress and its look at end
 * mutant: NO_FENCE_SPLIT      fence      the driver's fence between lowering end and its look at progress
 * mutant: NO_MEMBARRIER       membarrier the driver's barrier that reaches a container without fences
 * mutant: NO_END_CHECK        *          the container's look at end
 * mutant: NO_SPLIT_RECHECK    *          the driver's second look at progress after lowering end
 * mutant: NO_TAIL_RECHECK     *          the harvest's second look at the tail
 * mutant: NO_SKIP             *          skipping what was harvested when its record comes after all
 * mutant: NO_RELEASE_PROGRESS *          an output stored before the progress that calls it complete
 * mutant: NO_RELEASE_TAIL     *          a header stored before the tail that shows it
 * mutant: NO_ACCOUNTED_CHECK  *          charging only an input that has not been delivered
 * mutant: OTHER_KIND_MOVES_ON *          publishing another kind of record before progress moves on
 * mutant: STALE_TAG           *          a first progress word that names no descriptor
 * mutant: LAST_EXACT          *          (a wrong check: a conflict may end a container below the end)
 * mutant: CLAIM_EXACT         *          (a wrong check: who is harvested may leave, and claim the next, meanwhile)
 */
#ifndef SPLITS
#define SPLITS   2
#endif
#ifndef HARVESTS
#define HARVESTS 1
#endif

#define first_of(d) (1 - (d))
#define end_of(d)   (4 - 3 * (d))
#define id(d, i)    ((d) * 4 + (i))                     /* 1..4 */
#define IDS 5
#define ERROR 16                                        /* a cell that only its record's kind explains */

#define word(d, i, running) ((d) * 16 + (i) * 2 + (running))
#define tag_of(w)     ((w) >> 4)
#define input_of(w)   (((w) >> 1) & 7)
#define running_in(w) ((w) & 1)
#define NOBODY 3                                        /* a tag no descriptor has */

#define PROGRESS 0
#define TAIL     1
#define END      2                                      /* + descriptor */
#define CLAIM    4                                      /* descriptors claimed */
#define RING     5                                      /* + cell */
#define CELLS    10

#define header(d, first, count, last, error) ((d) + (first) * 2 + (count) * 16 + (last) * 64 + (error) * 128)

short mem[RING + CELLS];
chan cbuf = [2] of { byte, short };
chan dbuf = [2] of { byte, short };
bool dead, over;
bool threw;                                             /* one input at most throws */
byte inside;                                            /* whose user code runs: for the proof only */

#define flushed(b) empty(b)

proctype Memory() {
  byte at; short value;
end:
  do
  :: d_step { dbuf?at, value; mem[at] = value; at = 0; value = 0 }
  :: d_step { cbuf?at, value; mem[at] = value; at = 0; value = 0 }
  od
}

inline commit(last, error) {                            /* the open record: inputs [open, item) */
#ifdef NO_RELEASE_TAIL
  cbuf!TAIL, tail + 1 + item - open;
  cbuf!RING + tail, header(d, open, item - open, last, error);
#else
  cbuf!RING + tail, header(d, open, item - open, last, error);   /* P1 */
  cbuf!TAIL, tail + 1 + item - open;                    /* P2 */
#endif
  atomic { tail = tail + 1 + item - open; open = item }
}

proctype Container() {
  byte d, item, open, tail;
  {
    do
    :: d == 2 -> break
    :: else ->
       do                                               /* Claim */
       :: cbuf!CLAIM, d + 1;                            /* C2 */
          flushed(cbuf);                                /* C3 */
          if                                            /* C4 */
          :: break
          :: cbuf!CLAIM, d                              /* revoked meanwhile; there again now */
          fi
       od;
       item = first_of(d); open = item;
       do
       :: cbuf!PROGRESS, word(d, item, 1);              /* I1 */
#ifndef MEMBARRIER
#ifndef NO_FENCE_INPUT
          flushed(cbuf);                                /* I2 */
#endif
#endif
          if                                            /* I3 */
#ifdef NO_END_CHECK
          :: item >= end_of(d) -> break
#else
          :: item >= mem[END + d] -> break
#endif
          :: else -> inside = id(d, item)
          fi;
          if                                            /* I4: user code */
          :: atomic { inside = 0;                       /* an output, in place in the open record */
#ifdef NO_RELEASE_PROGRESS
                      cbuf!PROGRESS, word(d, item + 1, 0) };
             atomic { cbuf!RING + tail + 1 + item - open, id(d, item); item++ }
#else
                      cbuf!RING + tail + 1 + item - open, id(d, item); item++ }
#endif
             if
             :: skip                                    /* more go into the same record */
             :: cbuf!PROGRESS, word(d, item, 0);        /* I5 */
                commit(0, 0)
             fi
          :: atomic { !threw -> threw = true; inside = 0 };  /* an error: a record of its own */
             if
             :: open < item -> commit(0, 0)
             :: else
             fi;
             atomic { cbuf!RING + tail + 1, id(d, item) + ERROR; item++ }
#ifdef OTHER_KIND_MOVES_ON
             cbuf!PROGRESS, word(d, item, 0);
#endif
             commit(0, 1)
          fi
       od;
       cbuf!PROGRESS, word(d, item, 0);                 /* I5 */
       commit(1, 0);
       d++
    od
  } unless { dead }
}

proctype Killer() {
end:
  if
  :: atomic { !over -> dead = true }
  :: over
  fi
}

bool got[IDS];

inline deliver(i) { assert(!got[i]); got[i] = true }

inline rest_to_others(from, until) {
  do :: from < until -> deliver(id(cur, from)); from++ :: else -> break od
}

inline take_record() {                                  /* H1, and every drain */
  h = mem[RING + head];
  assert((h & 1) == cur && ((h >> 1) & 7) == done);     /* Checks */
  n = (h >> 4) & 3; i = 0;
  do
  :: i < n ->
     assert(mem[RING + head + 1 + i] == id(cur, done + i) + (h >> 7) * ERROR);
#ifdef NO_SKIP
     deliver(id(cur, done + i));
#else
     if :: done + i >= harvested -> deliver(id(cur, done + i)) :: else fi;
#endif
     mem[RING + head + 1 + i] = 0; i++                  /* forgotten, which keeps the state space small */
  :: else -> break
  od;
  mem[RING + head] = 0; done = done + n; head = head + 1 + n;
  if
  :: (h >> 6) & 1 ->
     assert(done >= harvested);
#ifdef LAST_EXACT
     assert(done == end);
#endif
     assert(lowest <= done && done <= end);             /* Checks: the end it may have seen */
     rest_to_others(done, end);
     cur++; done = first_of(cur); harvested = done; end = end_of(cur); lowest = end
  :: else
  fi;
  i = 0; n = 0; h = 0
}

#define accounted (done > harvested -> done : harvested)
#define claimed_it (mem[CLAIM] == cur + 1)

inline take_open(w) {                                   /* H4 */
  if
  :: tag_of(w) == cur ->
     assert(first_of(cur) <= input_of(w) && input_of(w) <= end);
     i = accounted;
     do
     :: i < input_of(w) ->
        assert(mem[RING + head + 1 + i - done] == id(cur, i));
        deliver(id(cur, i)); i++
     :: else -> break
     od;
     if :: input_of(w) > accounted -> harvested = input_of(w) :: else fi;
     i = 0
  :: else
  fi
}

proctype Driver() {
  byte cur, done = 1, harvested = 1, end = 4, lowest = 4, head;   /* the ledger */
  byte i, n, limit, culprit, splits, harvests;
  bool trusted;
  short h, w;
  do
  :: d_step { cur < 2 && head < mem[TAIL] -> take_record() }
  :: splits < SPLITS && cur < 2 && !dead ->             /* Split */
     atomic {
       w = mem[PROGRESS];                               /* S1 */
       if
       :: tag_of(w) == cur ->
          assert(first_of(cur) <= input_of(w) && input_of(w) <= end_of(cur));
          if
          :: input_of(w) + 1 < end -> limit = input_of(w) + 1; splits++
          :: input_of(w) + 2 < end -> limit = input_of(w) + 2; splits++
          :: input_of(w) + 1 >= end -> limit = 0
          fi
       :: else -> limit = 0
       fi
     }
     if
     :: limit > 0 ->
        atomic { dbuf!END + cur, limit;                 /* S2 */
                 if :: limit < lowest -> lowest = limit :: else fi }
#ifdef MEMBARRIER
#ifndef NO_MEMBARRIER
        flushed(dbuf); flushed(cbuf);                   /* S3: an interrupt drains the container's buffer */
#endif
#else
#ifndef NO_FENCE_SPLIT
        flushed(dbuf);                                  /* S3 */
#endif
#endif
        atomic {
          w = mem[PROGRESS];                            /* S4 */
          if
#ifdef NO_SPLIT_RECHECK
          :: true ->
#else
          :: tag_of(w) == cur && (input_of(w) < limit || (input_of(w) == limit && !running_in(w))) ->
#endif
             i = limit; rest_to_others(i, end); end = limit   /* S5 */
          :: else -> dbuf!END + cur, end                /* S6 */
          fi;
          limit = 0; i = 0; w = 0
        }
     :: else
     fi
  :: harvests < HARVESTS && cur < 2 && !dead && head == mem[TAIL] ->   /* Harvest: H1 drained all */
     harvests++;
     w = mem[PROGRESS];                                 /* H2 */
     if                                                 /* H3 */
#ifdef NO_TAIL_RECHECK
     :: true ->
#else
     :: mem[TAIL] == head ->
#endif
        if                                              /* the claim, which is read when it is needed */
        :: tag_of(w) == cur && input_of(w) > accounted ->
#ifdef CLAIM_EXACT
           assert(claimed_it);
#endif
           d_step {
             if
             :: claimed_it -> take_open(w)
             :: else -> assert(mem[CLAIM] == cur + 2)   /* it has left, and its records say all; lower is a lie */
             fi;
             w = 0
           }
        :: else -> w = 0
        fi
     :: else -> w = 0
     fi
  :: dead && cur < 2 && flushed(cbuf) && head == mem[TAIL] ->   /* Death, after a drain */
     if :: trusted = true :: trusted = false fi;
     d_step {
       w = mem[PROGRESS];
       assert(tag_of(w) != cur || claimed_it);          /* the dead have not left meanwhile */
       if :: trusted && claimed_it -> take_open(w) :: else fi;   /* SIGKILL or a trap */
       if
#ifdef NO_ACCOUNTED_CHECK
       :: claimed_it && tag_of(w) == cur && running_in(w) && input_of(w) < end ->
#else
       :: claimed_it && tag_of(w) == cur && running_in(w) && input_of(w) < end && input_of(w) >= accounted ->
#endif
          culprit = id(cur, input_of(w));
          assert(!got[culprit])
       :: else
       fi;
       assert(inside == 0 || culprit == inside);        /* whose code ran is charged, and nobody beside it */
       do
       :: cur < 2 ->
          i = accounted; rest_to_others(i, end);
          cur++; done = first_of(cur); harvested = done; end = end_of(cur)
       :: else -> break
       od;
       w = 0; i = 0
     }
  :: cur == 2 -> break
  od;
  assert(got[1] && got[2] && got[3] && got[4]);
  over = true
}

init {
  atomic {
    mem[END] = end_of(0); mem[END + 1] = end_of(1);
#ifndef STALE_TAG
    mem[PROGRESS] = word(NOBODY, 0, 0);
#endif
    run Memory(); run Container(); run Killer(); run Driver()
  }
}
