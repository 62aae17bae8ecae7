// The doorbell: a consumer stops looking at shards where it finds nothing, of which it asks to be called, and sleeps. A
// producer that has published looks whether its shard is asked; if so it sets the shard's bit, wakes the consumer, and
// withdraws that request, and no later one. What producers publish lies in store buffers, as in event_count.pml.
//
// holds, quick, no cycles: one shard, a producer of three items [SHARDS=1 PRODUCERS=1 ITEMS=3]
// holds, quick: one shard, two producers of an item [SHARDS=1 PRODUCERS=2 ITEMS=1]
// holds, quick: two shards, a producer of an item each [SHARDS=2 PRODUCERS=2 ITEMS=1]
// holds, long: one shard, a producer of six items [SHARDS=1 PRODUCERS=1 ITEMS=6]
// holds, long: two shards, of which one has a producer of three items [SHARDS=2 PRODUCERS=1 ITEMS=3]
// refuted, quick: a producer never answers [SHARDS=1 PRODUCERS=1 ITEMS=1 NO_TELL]
// refuted, quick: a producer looks whether it is asked, then publishes [SHARDS=1 PRODUCERS=1 ITEMS=1 TELL_FIRST]
// refuted, quick: an answer sets the bit and wakes nobody [SHARDS=1 PRODUCERS=1 ITEMS=1 NO_NOTIFY]
// refuted, quick: an answer wakes and sets no bit [SHARDS=1 PRODUCERS=1 ITEMS=2 NO_BIT]
// refuted, quick: an answer withdraws whatever is asked [SHARDS=1 PRODUCERS=2 ITEMS=2 ANY_REQUEST]
// refuted, quick: requests are not numbered [SHARDS=1 PRODUCERS=2 ITEMS=2 NO_NUMBERS]
// refuted, quick: the consumer asks, and clears the bit afterwards [SHARDS=1 PRODUCERS=1 ITEMS=2 CLEAR_LAST]
// refuted, quick: the heavy barrier is missing [SHARDS=1 PRODUCERS=1 ITEMS=1 NO_HEAVY]
// refuted, quick: it stops looking without another look [SHARDS=1 PRODUCERS=1 ITEMS=1 NO_LOOK]
// refuted, quick: it looks again only where it looked before it asked [SHARDS=2 PRODUCERS=2 ITEMS=1 IDLE_EARLY]
// refuted, quick: it does not sleep after all, and leaves the bits cleared [SHARDS=2 PRODUCERS=2 ITEMS=1 NO_CANCEL]

#define ASLEEP 1
#define EPOCH 2
#define ALL (PRODUCERS * ITEMS)
#define HOME(producer) ((producer) % SHARDS)

byte stored[PRODUCERS];   // each producer's items, as it sees them itself
byte visible[PRODUCERS];  // as the consumer sees them
byte taken[PRODUCERS];    // by the consumer
byte bits = (1 << SHARDS) - 1;
byte request[SHARDS];     // 0, or the number of the latest
byte requests;
byte word;                // of the consumer's event count
bool sleeping;

inline answer(s) {
  asked = request[s];
  if
  :: asked != 0 ->
#ifndef NO_BIT
     bits = bits | (1 << s);
#endif
#ifndef NO_NOTIFY
     d_step {
       if
       :: word & ASLEEP -> word = word - ASLEEP + EPOCH; wake = true
       :: else
       fi
     };
     if
     :: wake -> d_step { sleeping = false; wake = false }
     :: else
     fi;
#endif
#ifdef ANY_REQUEST
     request[s] = 0
#else
     d_step { if :: request[s] == asked -> request[s] = 0 :: else fi }
#endif
  :: else
  fi;
  asked = 0
}

proctype Producer(byte me) {
  byte made, asked;
  bool wake;
  do
  :: made < ITEMS ->
#ifdef TELL_FIRST
     answer(HOME(me));
#endif
     atomic { stored[me] = stored[me] + 1; made++ }
#if !defined(NO_TELL) && !defined(TELL_FIRST)
     answer(HOME(me))
#endif
  :: else -> break
  od
}

// True: there is an item in shard s.
inline look(s) {
  d_step {
    readable = false;
    w = s;
    do
    :: w < PRODUCERS -> readable = (readable || visible[w] != taken[w]); w = w + SHARDS
    :: else -> break
    od;
    w = 0
  }
}

inline take(s) {
  d_step {
    w = s;
    do
    :: w < PRODUCERS -> got = got + visible[w] - taken[w]; taken[w] = visible[w]; w = w + SHARDS
    :: else -> break
    od;
    w = 0
  }
}

inline ask(s) {
  if
  :: bits & (1 << s) ->
#ifndef CLEAR_LAST
     bits = bits & ~(1 << s);
#endif
#ifdef NO_NUMBERS
     request[s] = 1;
#else
     d_step { requests++; request[s] = requests };
#endif
#ifdef CLEAR_LAST
     bits = bits & ~(1 << s);
#endif
     atomic {
       asked_any = true;
#ifndef IDLE_EARLY
       idle = idle | (1 << s)
#endif
     }
  :: else
  fi
}

inline heavy_barrier() {
#ifndef NO_HEAVY
  do
  :: w < PRODUCERS -> d_step { visible[w] = stored[w]; w++ }
  :: else -> w = 0; break
  od
#else
  skip
#endif
}

// After some sweeps that found nothing.
inline stop_looking() {
#ifdef IDLE_EARLY
  idle = bits;
#endif
  s = 0;
  do
  :: s < SHARDS -> ask(s); s++
  :: else -> s = 0; break
  od;
  if
  :: asked_any ->
     heavy_barrier();
#ifndef NO_LOOK
     do
     :: s < SHARDS ->
        if
        :: idle & (1 << s) ->
           look(s);
           if
           :: readable -> bits = bits | (1 << s)
           :: else
           fi
        :: else
        fi;
        s++
     :: else -> s = 0; break
     od
#endif
  :: else
  fi;
  atomic { idle = 0; asked_any = false; readable = false }
}

inline sleep() {
  atomic { word = word | ASLEEP; key = word }
  s = 0;
  do
  :: s < SHARDS -> ask(s); s++
  :: else -> s = 0; break
  od;
  heavy_barrier();
  found = false;
#ifndef NO_LOOK
  do
  :: s < SHARDS ->
     look(s);
     if
     :: readable -> found = true; bits = bits | (1 << s); break
     :: else -> s++
     fi
  :: else -> break
  od;
#endif
  s = 0;
  if
  :: found || bits != 0 ->
#ifndef NO_CANCEL
     bits = bits | ((1 << SHARDS) - 1)
#else
     skip
#endif
  :: else ->
     atomic { if :: word == key -> sleeping = true :: else fi }
     !sleeping
  fi;
  atomic { key = 0; idle = 0; found = false; readable = false; asked_any = false }
}

// Where the bit is clear there is no item, or a producer is about to set it. Without producers: there is none.
inline nothing_is_hidden() {
  atomic {
    if
    :: _nr_pr == 3 ->  // this, init and Buffers
       for (w : 0 .. PRODUCERS - 1) {
         assert(stored[w] == taken[w] || (bits & (1 << HOME(w))))
       }
       w = 0
    :: else
    fi
  }
}

proctype Consumer() {
  byte got, before, key, idle, s, w;
  bool readable, found, asked_any;
  do
  :: got == ALL -> break
  :: else ->
     nothing_is_hidden();
     // A sweep: only where the bits say so.
     before = got;
     do
     :: s < SHARDS ->
        if
        :: bits & (1 << s) -> take(s)
        :: else
        fi;
        s++
     :: else -> s = 0; break
     od;
     if
     :: got != before || got == ALL -> before = 0
     :: else ->
        before = 0;
        if
        :: bits != 0 -> stop_looking()
        :: true -> sleep()
        fi
     fi
  od
}

active proctype Buffers() {
  byte i;
end:
  do
  :: visible[0] != stored[0] -> visible[0] = stored[0]
#if PRODUCERS > 1
  :: visible[1] != stored[1] -> visible[1] = stored[1]
#endif
#if PRODUCERS > 2
  :: visible[2] != stored[2] -> visible[2] = stored[2]
#endif
  od
}

init {
  byte i;
  atomic {
    run Consumer();  // first: processes end in reverse order
    for (i : 0 .. PRODUCERS - 1) {
      run Producer(i)
    }
  }
}
