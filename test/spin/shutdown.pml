// Shutdown of a shared shard: close moves the claim counter far ahead, once; claims that are open at that moment are
// awaited; the consumer is told "closed" after the last accepted item and not before; producers that wait for room and a
// consumer that sleeps are woken. Sleeping is the event count's (event_count.pml), here without barriers: what it needs
// of those is shown there.
//
// holds, quick, no cycles: two producers of one item, capacity 1 [CAPACITY=1 ITEMS=1]
// holds, quick: the same, capacity 2, closed twice [CAPACITY=2 ITEMS=1 CLOSERS=2]
// holds, quick: the same, capacity 1, the consumer leaves when the ring is closed [CAPACITY=1 ITEMS=1 LEAVES]
// holds, quick: the same, across the wrap of the positions [CAPACITY=1 ITEMS=1 FIRST=255]
// holds, long: two producers of two items, capacity 1 [CAPACITY=1]
// holds, long: the same, the consumer leaves when the ring is closed [CAPACITY=1 LEAVES]
// holds, long: three producers of one item, capacity 1 [CAPACITY=1 PRODUCERS=3 ITEMS=1]
// refuted, quick: the end is read before the counter is moved [CAPACITY=2 END_READ_BEFORE]
// refuted, quick: a flag closes, and claims are not stopped by it at once [CAPACITY=2 FLAG_ONLY]
// refuted, quick: empty and closed counts as the end [CAPACITY=2 OPEN_CLAIMS_FORGOTTEN]
// refuted, quick: whoever closes moves the counter, again if need be [CAPACITY=1 CLOSERS=2 MOVED_TWICE]
// refuted, quick: the consumer is not woken [CAPACITY=1 NO_BELL]
// refuted, quick: the consumer is woken before the ring says that it is closed [CAPACITY=1 BELL_FIRST]
// refuted, quick: the producers are not woken [CAPACITY=1 LEAVES NO_ROOM]
// refuted, quick: the producers are woken before the counter is moved [CAPACITY=1 LEAVES ROOM_FIRST]
// refuted, quick: a writer that waits does not ask whether it is closed [CAPACITY=1 LEAVES NEVER_ASKS]

#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef ITEMS
#define ITEMS 2
#endif
#ifndef CLOSERS
#define CLOSERS 1
#endif
#ifndef FIRST
#define FIRST 0
#endif

// Positions have eight bits, and the distance that tells a closed claim is 2^6 where it is 2^62 of 2^64.
#define DISTANCE(from, to) ((((to) - (from) + 128) & 255) - 128)
#define BEYOND 64
#define IS_BEYOND(p) (DISTANCE(limit, p) > BEYOND / 2)
#define SLOT(p) ((p) & (CAPACITY - 1))
#define PUBLISHED(p) (((p) + 1) & 255)

byte next = FIRST;
byte limit = FIRST + CAPACITY;
byte released = FIRST;
byte stamp[CAPACITY];
byte datum[CAPACITY];
bool closed;
bool finished;             // the consumer was told so
#ifdef END_READ_BEFORE
byte end;
#endif
byte accepted, delivered;  // for the assertions only

// An event count: a bit for "somebody has announced", and a count of wakes; and who sleeps in the kernel.
byte room, bell;
bool no_room_sleeper[PRODUCERS];
bool reader_sleeps;

#define ASLEEP 1
#define EPOCH 2

inline notify_room() {
  atomic {
    if
    :: room & ASLEEP ->
       room = room - ASLEEP + EPOCH;
       d_step {
         for (i : 0 .. PRODUCERS - 1) {
           no_room_sleeper[i] = false
         }
         i = 0
       }
    :: else
    fi
  }
}

inline notify_bell() {
  atomic {
    if
    :: bell & ASLEEP -> bell = bell - ASLEEP + EPOCH; reader_sleeps = false
    :: else
    fi
  }
}

// One try: taken, or the reason why not. (What widens the limit is shown in shared_shard.pml.)
inline try_claim() {
  first = next;
  taken = false;
  do
  :: if
     :: DISTANCE(first, limit) >= 1 ->
        atomic { if :: next == first -> next = next + 1; taken = true; break :: else -> first = next fi }
     :: else ->
        atomic {
          if
          :: DISTANCE(first, released + CAPACITY) >= 1 -> limit = released + CAPACITY
          :: else -> if :: next == first -> break :: else -> first = next fi
          fi
        }
     fi
  od
}

#ifdef FLAG_ONLY
#define SEES_CLOSED closed
#else
#define SEES_CLOSED IS_BEYOND(next)
#endif

// As every wait: a look, an announcement, another look, then sleep.
inline write() {
  do
  ::
#ifdef FLAG_ONLY
     if :: closed -> break :: else fi;
#endif
     try_claim();
     if
     :: taken -> break
     :: else
     fi;
#ifndef NEVER_ASKS
     if
     :: SEES_CLOSED -> break
     :: else
     fi;
#endif
     atomic { room = room | ASLEEP; key = room }
     try_claim();
     if
     :: taken -> break
     :: else
     fi;
#ifndef NEVER_ASKS
     if
     :: SEES_CLOSED -> break
     :: else
     fi;
#endif
     atomic { if :: room == key -> no_room_sleeper[me] = true :: else fi }
     !no_room_sleeper[me]
  od
}

proctype Producer(byte me) {
  byte first, key, items;
  bool taken;
  do
  :: items < ITEMS ->
     write();
     if
     :: taken ->
        assert(datum[SLOT(first)] == 0);
        d_step { datum[SLOT(first)] = 1; accepted++ }
        stamp[SLOT(first)] = PUBLISHED(first);
        notify_bell();
        atomic { items++; first = 0; taken = false; key = 0 }
     :: else -> break  // closed
     fi
  :: else -> break
  od
}

proctype Closer() {
  byte seen, i;
#ifdef ROOM_FIRST
  notify_room();
#endif
#ifdef END_READ_BEFORE
  end = next;
  next = next + BEYOND;
#elif defined(MOVED_TWICE)
  next = next + BEYOND;
#elif !defined(FLAG_ONLY)
  seen = next;
  do
  :: IS_BEYOND(seen) -> break
  :: else ->
     atomic { if :: next == seen -> next = next + BEYOND; break :: else -> seen = next fi }
  od;
  seen = 0;
#endif
#if !defined(NO_ROOM) && !defined(ROOM_FIRST)
  notify_room();
#endif
#ifdef BELL_FIRST
  notify_bell();
#endif
  closed = true;
#if !defined(NO_BELL) && !defined(BELL_FIRST)
  notify_bell()
#endif
}

// Every accepted item has been read, and no producer can claim any more.
#ifdef END_READ_BEFORE
#define IS_DRAINED (IS_BEYOND(next) && position == end)
#elif defined(FLAG_ONLY)
#define IS_DRAINED (position == next)
#elif defined(OPEN_CLAIMS_FORGOTTEN)
#define IS_DRAINED (IS_BEYOND(next) && stamp[SLOT(position)] != PUBLISHED(position))
#else
#define IS_DRAINED (IS_BEYOND(next) && position == ((next - BEYOND) & 255))
#endif

#define IS_READABLE (stamp[SLOT(position)] == PUBLISHED(position))

// Words are read one after the other, as the code does.
inline look() {
  if
  :: IS_READABLE -> found = true
  :: else ->
     if
     :: closed -> if :: IS_DRAINED -> told_closed = true :: else fi
     :: else
     fi
  fi
}

proctype Consumer() {
  byte position = FIRST, key, i;
  bool found, told_closed;
  do
  :: look();
     if
     :: found || told_closed
     :: else ->
        atomic { bell = bell | ASLEEP; key = bell }
        look();
        if
        :: found || told_closed
        :: else ->
           atomic { if :: bell == key -> reader_sleeps = true :: else fi }
           !reader_sleeps
        fi;
        key = 0
     fi;
     if
     :: found ->
        found = false;
        d_step { assert(datum[SLOT(position)] == 1); delivered++; datum[SLOT(position)] = 0 }
        position++;
        released = position;
        notify_room()
     :: told_closed -> break
#ifdef LEAVES
     :: closed -> break
#endif
     :: else
     fi
  od;
  if
  :: told_closed ->
     // Nothing was left out, and nothing comes any more: see also the end of init.
     assert(delivered == accepted)
  :: else
  fi;
  finished = told_closed
}

init {
  byte i;
  atomic {
    for (i : 0 .. CAPACITY - 1) {
      stamp[SLOT(FIRST + i)] = PUBLISHED(FIRST + i - CAPACITY)
    }
    for (i : 0 .. PRODUCERS - 1) {
      run Producer(i)
    }
    for (i : 1 .. CLOSERS) {
      run Closer()
    }
    run Consumer()
  }
  _nr_pr == 1 ->
  assert(!finished || delivered == accepted);
#ifndef LEAVES
  assert(finished)
#endif
}
