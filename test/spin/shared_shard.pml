// The shared shard: any number of producers, one consumer. Room is proven against a limit that the producers share, then
// the position is taken by CAS; each slot has a stamp; what a producer gives up is a tombstone; room goes back in chunks
// and at the end of every visit. See README.md for what stands for what.
//
// holds, quick, no cycles: two producers of two items, capacity 1 [CAPACITY=1]
// holds, quick, no cycles: the same, capacity 2 [CAPACITY=2]
// holds, quick: the same, in chunks of two slots [CAPACITY=2 CHUNK=2]
// holds, quick: the same, across the wrap of the positions [CAPACITY=1 FIRST=254]
// holds, quick: the stamps decide about room, capacity 2 [CAPACITY=2 STAMPS_DECIDE]
// holds, long: three producers of two items, capacity 1 [CAPACITY=1 PRODUCERS=3]
// holds, long: three producers of two items, capacity 2 [CAPACITY=2 PRODUCERS=3 CHUNK=2 FIRST=254]
// holds, long: two producers of four items, capacity 2 [CAPACITY=2 ITEMS=4]
// holds, long: three producers of three items, capacity 1 [CAPACITY=1 PRODUCERS=3 ITEMS=3 NEVER_GIVES_UP]
// refuted, quick: claimed by adding, given back by subtracting when full [CAPACITY=1 UNDO]
// refuted, quick: the stamps decide about room, capacity 1 [CAPACITY=1 STAMPS_DECIDE]
// refuted, quick: the limit is one too high [CAPACITY=2 LIMIT_TOO_HIGH]
// refuted, quick: the limit is counted from the claim [CAPACITY=2 LIMIT_FROM_CLAIM]
// refuted, quick: a claim by load and store [CAPACITY=2 NO_CAS]
// refuted, quick: the stamp before the datum [CAPACITY=2 STAMP_FIRST]
// refuted, quick: room back before the datum is used [CAPACITY=2 RELEASE_FIRST]
// refuted, quick: room kept when a visit ends [CAPACITY=2 CHUNK=2 ROOM_KEPT]
// refuted, quick: what is given up is never marked [CAPACITY=2 NO_TOMBSTONE]
// refuted, quick: a complement as tombstone [CAPACITY=1 FIRST=254 COMPLEMENT]
// refuted, quick, no cycles: a failed CAS tries again with what it knew [CAPACITY=2 STALE_RETRY]

#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef ITEMS
#define ITEMS 2
#endif
#ifndef CHUNK
#define CHUNK 1
#endif
#ifndef FIRST
#define FIRST 0
#endif

// Positions have eight bits here: the wrap is near.
#define DISTANCE(from, to) ((((to) - (from) + 128) & 255) - 128)
#define SLOT(p) ((p) & (CAPACITY - 1))
#define PUBLISHED(p) (((p) + 1) & 255)
#ifdef COMPLEMENT
#define TOMBSTONE(p) ((255 - PUBLISHED(p)) & 255)
#else
#define TOMBSTONE(p) ((PUBLISHED(p) + 128) & 255)
#endif
#ifdef LIMIT_TOO_HIGH
#define LIMIT(passed) (((passed) + CAPACITY + 1) & 255)
#else
#define LIMIT(passed) (((passed) + CAPACITY) & 255)
#endif

#define TORN 255
#define VALUE(producer, number) (16 * (producer) + (number) + 1)

byte next = FIRST;                // every producer
byte limit = FIRST + CAPACITY;    // the producer that ran out of room
byte released = FIRST;            // the consumer
byte stamp[CAPACITY];             // the producer that claimed the position
byte datum[CAPACITY];             // 0: nothing is there
byte accepted[PRODUCERS];         // what was written, and what was read: for the assertions only
byte delivered[PRODUCERS];

#ifdef UNDO
inline claim() {
  do
  :: d_step { first = next; next = next + 1 }
     passed = released;
     if
     :: DISTANCE(first, LIMIT(passed)) >= 1 -> break
     :: else -> next = next - 1; released != passed
     fi
  od
}
#elif defined(STAMPS_DECIDE)
inline claim() {
  first = next;
  do
  :: passed = stamp[SLOT(first)];
     if
     :: passed == first ->
        atomic { if :: next == first -> next = next + 1; break :: else -> first = next fi }
     :: else ->
        d_step { if :: DISTANCE(first, passed) > 0 || next != first -> first = next; passed = first :: else fi }
        (stamp[SLOT(first)] == first || next != first);
        first = next
     fi
  od
}
#else
inline claim() {
  first = next;
  do
  :: d_step { known = limit; has_room = (DISTANCE(first, known) >= 1); known = 0 }
     if
     :: has_room
     :: else ->
#ifdef LIMIT_FROM_CLAIM
        d_step { passed = released; known = LIMIT(first) }
#else
        d_step { passed = released; known = LIMIT(passed) }
#endif
        has_room = (DISTANCE(first, known) >= 1);
        if
        :: has_room -> d_step { limit = known; known = 0; passed = 0 }
        :: else ->
           // Full, unless another producer came between; a writer that waits looks again when room has come back.
           atomic { known = 0; if :: next == first -> released != passed :: else fi; first = next; passed = 0 }
        fi
     fi
     if
     :: has_room ->
#ifdef NO_CAS
        next = first + 1; break
#else
        atomic {
          if
          :: next == first -> next = next + 1; has_room = false; break
#ifdef STALE_RETRY
          :: else
#else
          :: else -> first = next; has_room = false
#endif
          fi
        }
#endif
     :: else
     fi
  od
}
#endif

proctype Producer(byte me) {
  byte first, passed, known, k;
  bool has_room;
  do
  :: k < ITEMS ->
     claim();
     // The slot is this producer's: nobody has yet to read what was in it.
     assert(datum[SLOT(first)] == 0);
     datum[SLOT(first)] = TORN;
     if
     :: true ->
#ifdef STAMP_FIRST
        stamp[SLOT(first)] = PUBLISHED(first);
        d_step { datum[SLOT(first)] = VALUE(me, accepted[me]); accepted[me]++ }
#else
        d_step { datum[SLOT(first)] = VALUE(me, accepted[me]); accepted[me]++ }
        stamp[SLOT(first)] = PUBLISHED(first)
#endif
#ifndef NEVER_GIVES_UP
     :: true ->  // building threw
        datum[SLOT(first)] = 0;
#ifndef NO_TOMBSTONE
        stamp[SLOT(first)] = TOMBSTONE(first)
#endif
#endif
     fi;
     d_step { k++; first = 0 }
  :: else -> break
  od
}

inline give_back() {
#ifndef STAMPS_DECIDE
  if
  :: released != position -> released = position
  :: else
  fi
#else
  skip
#endif
}

inline use(p) {
#ifdef RELEASE_FIRST
  released = p + 1;
#endif
  value = datum[SLOT(p)];
  d_step {
    assert(value != 0 && value != TORN);
    value = value - 1;
    // In the order of its producer, and none left out.
    assert(value % 16 == delivered[value / 16]);
    delivered[value / 16]++;
    value = 0
  }
  datum[SLOT(p)] = 0;
#ifdef STAMPS_DECIDE
  stamp[SLOT(p)] = p + CAPACITY
#endif
}

proctype Consumer() {
  byte position = FIRST, seen, used, value;
  do
  :: DISTANCE(FIRST, position) == PRODUCERS * ITEMS -> break
  :: else ->
     (stamp[SLOT(position)] == PUBLISHED(position) || stamp[SLOT(position)] == TOMBSTONE(position));
     used = 0;
     do
     :: seen = stamp[SLOT(position)];
        if
        :: seen == PUBLISHED(position) ->
           use(position);
           d_step { position++; used++; seen = 0 }
        :: seen == TOMBSTONE(position) && seen != PUBLISHED(position) ->
#ifdef STAMPS_DECIDE
           stamp[SLOT(position)] = position + CAPACITY;
#endif
           d_step { position++; seen = 0 }
        :: else -> seen = 0; break
        fi;
        if
        :: used == CHUNK -> used = 0; give_back()
        :: else
        fi
     od;
#ifndef ROOM_KEPT
     give_back()
#endif
  od;
  atomic {
    for (used : 0 .. PRODUCERS - 1) {
      assert(delivered[used] == accepted[used])
    }
  }
}

init {
  byte i;
  atomic {
    for (i : 0 .. CAPACITY - 1) {
#ifdef STAMPS_DECIDE
      stamp[SLOT(FIRST + i)] = FIRST + i
#else
      stamp[SLOT(FIRST + i)] = PUBLISHED(FIRST + i - CAPACITY)  // as the lap before would have left it
#endif
    }
    for (i : 0 .. PRODUCERS - 1) {
      run Producer(i)
    }
    run Consumer()
  }
}
