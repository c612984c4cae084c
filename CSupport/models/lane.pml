/*
 * Claim, revoke and death on two lanes: every chunk is delivered exactly once.
 * Run by tools/models; PROTOCOL.md (headings Publish, Claim, Revoke, Death) numbers the steps.
 *
 * Memory is TSO: each process has a FIFO store buffer (a channel) that Memory empties at any moment; a fence
 * waits for its own buffer to be empty. The driver's ledger is private; what a container wrote is asserted
 * against it.
 *
 * variant: plain
 * mutant: NO_FENCE_CLAIM           * the container's fence between its claim and the second look at avail
 * mutant: NO_FENCE_REVOKE          * the driver's fence between lowering avail and its look at claim
 * mutant: NO_CLAIM_RECHECK         * the container's second look at avail
 * mutant: NO_GIVE_BACK             * the driver's look at claim, and giving back what was claimed
 * mutant: NO_UNCLAIM               * the un-claim of a container that found its claim revoked
 * mutant: NO_CLOSE                 * closing a dead container's lane before its chunks are routed to another
 * mutant: CLAIM_MONOTONE,REVOKES=2 * (a wrong check: an honest claim may fall by one)
 */
#define CHUNKS  3
#define SLOTS   2                       /* descriptors of a lane */
#define DEATHS  1
#ifndef REVOKES
#define REVOKES 1
#endif

#define AVAIL 0                         /* addresses: + lane */
#define CLAIM 2
#define TAIL  4                         /* a store here commits one record: value = the chunk it names */
#define DESC  6                         /* + lane * SLOTS + position % SLOTS */

#define MINE 2                          /* ledger: the driver's; 0 and 1 are lanes */
#define DONE 3

byte mem[10];
byte record[2 * 4];                     /* committed records, by lane and position */
chan cbuf[2] = [3] of { byte, byte };   /* containers' store buffers */
chan dbuf = [3] of { byte, byte };      /* the driver's */
bool dead[2];
bool over;                              /* stands for the stop word */

#define flushed(b) empty(b)

proctype Memory() {
  byte at, value;
end:
  do
  :: d_step { dbuf?at, value; mem[at] = value; at = 0; value = 0 }
  :: d_step { cbuf[0]?at, value;
       if
       :: at == TAIL -> record[mem[TAIL]] = value; mem[TAIL]++
       :: else -> mem[at] = value
       fi; at = 0; value = 0 }
  :: d_step { cbuf[1]?at, value;
       if
       :: at == TAIL + 1 -> record[4 + mem[TAIL + 1]] = value; mem[TAIL + 1]++
       :: else -> mem[at] = value
       fi; at = 0; value = 0 }
  od
}

proctype Container(byte lane) {
  byte c, chunk;
  {
    do
    :: over -> break
    :: !over && mem[AVAIL + lane] > c ->                    /* C1 */
       cbuf[lane]!CLAIM + lane, c + 1;                      /* C2 */
#ifndef NO_FENCE_CLAIM
       flushed(cbuf[lane]);                                 /* C3 */
#endif
#ifndef NO_CLAIM_RECHECK
       if
       :: mem[AVAIL + lane] <= c ->                         /* C4 */
#ifdef NO_UNCLAIM
          c++;
#else
          cbuf[lane]!CLAIM + lane, c;
#endif
          goto again
       :: else
       fi;
#endif
       chunk = mem[DESC + lane * SLOTS + c % SLOTS];        /* C5 */
       atomic { cbuf[lane]!TAIL + lane, chunk; c++; chunk = 0 }   /* run it, publish its record */
again: skip
    od
  } unless { dead[lane] }
}

proctype Killer() {
  byte deaths;
end:
  do
  :: atomic { deaths < DEATHS && !over -> deaths++;
       if :: !dead[0] -> dead[0] = true :: !dead[1] -> dead[1] = true fi }
  :: over -> break
  od
}

byte owner[CHUNKS];                     /* the ledger */
byte slot[2 * 8];                       /* what the driver put at each position of a lane */
byte avail[2], passed[2], seen[2];
bool closed[2];
byte delivered;

inline drain(l) {
  d_step {
    /* Checks: the record must be the one that the ledger expects from this lane. */
    assert(passed[l] < avail[l]);
    chunk = record[l * 4 + passed[l]];
    assert(chunk == slot[l * 8 + passed[l]] && owner[chunk] == l);
    owner[chunk] = DONE; delivered++; passed[l]++; chunk = 0
  }
}

inline publish(l) {
  d_step { chunk = 0; do :: owner[chunk] != MINE -> chunk++ :: else -> break od;
    owner[chunk] = l; slot[l * 8 + avail[l]] = chunk }
  dbuf!DESC + l * SLOTS + avail[l] % SLOTS, chunk;          /* D1 */
  atomic { avail[l]++; dbuf!AVAIL + l, avail[l]; chunk = 0 }/* D2 */
}

inline revoke(l) {
  revokes++;
  if :: k = passed[l] :: passed[l] + 1 < avail[l] -> k = passed[l] + 1 fi;
  dbuf!AVAIL + l, k;                                        /* D5 */
#ifndef NO_FENCE_REVOKE
  flushed(dbuf);                                            /* D6 */
#endif
#ifndef NO_GIVE_BACK
  c = mem[CLAIM + l];                                       /* D7 */
  assert(c <= avail[l] + 1 && c >= passed[l]);
#ifdef CLAIM_MONOTONE
  assert(c >= seen[l]); seen[l] = c;
#endif
  if
  :: c > k -> k = (c > avail[l] -> avail[l] : c); dbuf!AVAIL + l, k   /* D8 */
  :: else
  fi;
#endif
  d_step { c = k;
    do :: c < avail[l] -> owner[slot[l * 8 + c]] = MINE; slot[l * 8 + c] = 0; c++ :: else -> break od;
    avail[l] = k; c = 0; k = 0 }
}

inline bury(l) {
  d_step {                              /* only after the kernel's word: every store of the dead has landed */
#ifndef NO_CLOSE
    closed[l] = true;
#endif
    do
    :: passed[l] < mem[TAIL + l] ->
       chunk = record[l * 4 + passed[l]]; assert(chunk == slot[l * 8 + passed[l]] && owner[chunk] == l);
       owner[chunk] = DONE; delivered++; passed[l]++
    :: else -> break
    od;
    k = passed[l];
    do :: k < avail[l] -> owner[slot[l * 8 + k]] = MINE; k++ :: else -> break od;
    k = 0; chunk = 0
  }
}

#define some_mine (owner[0] == MINE || owner[1] == MINE || owner[2] == MINE)
#define lane_open(l) (!closed[l])

proctype Driver() {
  byte chunk, k, c, revokes;
  do
  :: lane_open(0) && passed[0] < mem[TAIL] -> drain(0)
  :: lane_open(1) && passed[1] < mem[TAIL + 1] -> drain(1)
  :: some_mine && lane_open(0) && avail[0] - passed[0] < SLOTS && avail[0] < 6 -> publish(0)
  :: some_mine && lane_open(1) && avail[1] - passed[1] < SLOTS && avail[1] < 6 -> publish(1)
  :: revokes < REVOKES && lane_open(0) && avail[0] > passed[0] -> revoke(0)
  :: revokes < REVOKES && lane_open(1) && avail[1] > passed[1] -> revoke(1)
  :: lane_open(0) && dead[0] && flushed(cbuf[0]) -> bury(0)
  :: lane_open(1) && dead[1] && flushed(cbuf[1]) -> bury(1)
  :: delivered == CHUNKS -> break
  od;
  assert(owner[0] == DONE && owner[1] == DONE && owner[2] == DONE);
  over = true
}

init {
  atomic {
    owner[0] = MINE; owner[1] = MINE; owner[2] = MINE;
    run Memory(); run Container(0); run Container(1); run Killer(); run Driver()
  }
}
