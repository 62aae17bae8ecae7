// The sequencer for many producers: positions are claimed by CAS against a limit that remembers what the gate said last,
// published by lap flags, and two consumers, both of which the gate knows, read up to the highest position below which
// none is missing. The second consumer reads behind the first, or, with SIBLINGS, beside it.
//
// holds, quick, no cycles: two producers of two events, capacity 1 [CAPACITY=1]
// holds, quick, no cycles: the same, capacity 2 [CAPACITY=2]
// holds, quick: the same, two consumers side by side [CAPACITY=2 SIBLINGS]
// holds, quick: the same, in claims of one or two [CAPACITY=2 MOST=2]
// holds, quick: the same, across the wrap of the positions [CAPACITY=2 FIRST=254 SIBLINGS]
// holds, long: two producers of three events, capacity 4, claims of one or two [CAPACITY=4 EVENTS=3 MOST=2 FIRST=252]
// holds, long: three producers of two events, capacity 1, side by side [CAPACITY=1 PRODUCERS=3 SIBLINGS]
// holds, long: three producers of two events, capacity 2 [CAPACITY=2 PRODUCERS=3 MOST=2]
// refuted, quick: what is claimed counts as published [CAPACITY=2 CLAIM_IS_PUBLISHED]
// refuted, quick: gaps are passed over [CAPACITY=2 GAPS]
// refuted, quick: the flag is one bit, and nobody clears it [CAPACITY=1 ONE_BIT]
// refuted, quick: the flag before the event [CAPACITY=2 FLAG_FIRST]
// refuted, quick: the gate knows one consumer of two [CAPACITY=2 GATE_OF_ONE SIBLINGS]
// refuted, quick: the gate answers with the fastest consumer [CAPACITY=2 GATE_OF_FASTEST SIBLINGS]
// refuted, quick: what is remembered of the gate is one too high [CAPACITY=2 LIMIT_TOO_HIGH]
// refuted, quick: a ticket, given back when full [CAPACITY=1 UNDO]
// refuted, quick: the last of a claim is published alone [CAPACITY=2 MOST=2 LAST_ALONE]
// refuted, quick: the second consumer does not wait for the first [CAPACITY=2 NOT_BEHIND]
// refuted, quick: a consumer's sequence moves before its batch is read [CAPACITY=2 RELEASE_FIRST]
// refuted, quick, no cycles: a failed CAS tries again with what it knew [CAPACITY=2 STALE_RETRY]

#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef EVENTS
#define EVENTS 2
#endif
#ifndef MOST
#define MOST 1
#endif
#ifndef FIRST
#define FIRST 0
#endif

#define DISTANCE(from, to) ((((to) - (from) + 128) & 255) - 128)
#define SLOT(p) ((p) & (CAPACITY - 1))
#ifdef ONE_BIT
#define LAP(p) (DISTANCE(FIRST, p) >= 0)
#else
#define LAP(p) (((p) & 255) / CAPACITY)
#endif
#define TORN 255
#define ALL (PRODUCERS * EVENTS)

byte next = FIRST;                // every producer
byte limit = FIRST + CAPACITY;    // the producer that ran out of room
byte flag[CAPACITY];              // the producer that claimed the position: its lap
byte event[CAPACITY];             // 0: never written
byte sequence[2] = FIRST;         // each consumer its own: everything below has been read
byte order[ALL];                  // what was claimed, in that order: for the assertions only
byte reading[CAPACITY];           // consumers that are at this event: the same

// What the gate says: below it every slot may be written anew.
inline passed() {
#ifdef GATE_OF_ONE
  answer = sequence[0];
#else
  answer = sequence[0];
#ifdef GATE_OF_FASTEST
  d_step { if :: DISTANCE(answer, sequence[1]) > 0 -> answer = sequence[1] :: else fi };
#else
  d_step { if :: DISTANCE(answer, sequence[1]) < 0 -> answer = sequence[1] :: else fi };
#endif
#endif
#ifdef LIMIT_TOO_HIGH
  answer++
#else
  skip
#endif
}

// For the assertions: what is claimed at `first` is this producer's next events.
#define RECORD d_step { \
    for (k : 0 .. count - 1) { \
      order[DISTANCE(FIRST, first) + k] = 16 * me + done + k + 1 \
    } k = 0 }

#ifdef UNDO
inline claim() {
  do
  :: d_step { first = next; next = next + count }
     passed();
     if
     :: DISTANCE(first, answer + CAPACITY) >= count -> RECORD; break
     :: else ->
        next = next - count;
        (sequence[0] != answer || sequence[1] != answer)
     fi
  od
}
#else
inline claim() {
  first = next;
  do
  :: if
     :: DISTANCE(first, limit) >= count -> has_room = true
     :: else ->
        passed();
        if
        :: DISTANCE(first, answer + CAPACITY) >= count -> limit = answer + CAPACITY; has_room = true
        :: else ->
           // Full, unless another producer came between; who waits looks again when a consumer has gone on.
           atomic {
             if
             :: next == first ->
                (DISTANCE(sequence[0], first) + count <= CAPACITY && DISTANCE(sequence[1], first) + count <= CAPACITY ||
                 next != first)
             :: else
             fi;
             first = next
           }
        fi;
        answer = 0
     fi;
     if
     :: has_room ->
        atomic {
          has_room = false;
          if
          :: next == first -> next = next + count; RECORD; break
#ifdef STALE_RETRY
          :: else
#else
          :: else -> first = next
#endif
          fi
        }
     :: else
     fi
  od
}
#endif

inline publish(p) {
  flag[SLOT(p)] = LAP(p)
}

proctype Producer(byte me) {
  byte first, answer, done, count, k;
  bool has_room;
  do
  :: done < EVENTS ->
     if
     :: count = 1
#if MOST > 1
     :: EVENTS - done > 1 -> count = 2
#endif
     fi;
     claim();
     do
     :: k < count ->
        assert(reading[SLOT(first + k)] == 0);
        event[SLOT(first + k)] = TORN;
#ifdef FLAG_FIRST
        publish(first + k);
#endif
        d_step { event[SLOT(first + k)] = 16 * me + done + k + 1; k++ }
     :: else -> k = 0; break
     od;
#ifdef LAST_ALONE
     publish(first + count - 1);
#else
     do
     :: k < count -> publish(first + k); k++
     :: else -> k = 0; break
     od;
#endif
     atomic { done = done + count; first = 0; count = 0 }
  :: else -> break
  od
}

// How far `me` may read: up to the first position that is not published, or that the consumer before has not read.
inline highest_published() {
#ifndef SIBLINGS
  if
  :: me == 1 ->
#ifdef NOT_BEHIND
     end = next
#else
     end = sequence[0]
#endif
  :: else ->
#endif
#ifdef CLAIM_IS_PUBLISHED
     end = next
#elif defined(GAPS)
     d_step {
       k = 0;
       do
       :: k < CAPACITY ->
          if :: flag[SLOT(position + k)] == LAP(position + k) -> end = position + k + 1 :: else fi;
          k++
       :: else -> break
       od;
       k = 0
     }
#else
     do
     :: end - position < CAPACITY && flag[SLOT(end)] == LAP(end) -> end++
     :: else -> break
     od
#endif
#ifndef SIBLINGS
  fi
#endif
}

proctype Consumer(byte me) {
  byte position = FIRST, end = FIRST, value, k;
  do
  :: DISTANCE(FIRST, position) == ALL -> break
  :: else ->
#if !defined(CLAIM_IS_PUBLISHED) && !defined(GAPS)
#if !defined(SIBLINGS) && !defined(NOT_BEHIND)
     (me == 0 && flag[SLOT(position)] == LAP(position) || me == 1 && sequence[0] != position);
#elif defined(SIBLINGS)
     (flag[SLOT(position)] == LAP(position));
#endif
#endif
     highest_published();
#ifdef RELEASE_FIRST
     sequence[me] = end;
#endif
     do
     :: position != end ->
        d_step { reading[SLOT(position)]++; value = event[SLOT(position)] }
        d_step {
          assert(value != TORN);
          assert(value == order[DISTANCE(FIRST, position)]);  // what was claimed here, whole, in this lap
          reading[SLOT(position)]--;
          value = 0;
          position++
        }
     :: else -> break
     od;
     if
     :: sequence[me] != position -> sequence[me] = position
     :: else
     fi
  od
}

init {
  byte i;
  atomic {
    for (i : 0 .. CAPACITY - 1) {
      flag[SLOT(FIRST + i)] = LAP(FIRST + i - CAPACITY)  // as the lap before would have left it
    }
    for (i : 0 .. PRODUCERS - 1) {
      run Producer(i)
    }
    run Consumer(0);
    run Consumer(1)
  }
}
