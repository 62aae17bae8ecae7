// The event count: wakers change something, each a word of its own, and notify; sleepers announce themselves, pass a
// barrier, look, and sleep. Unlike the other models this one has store buffers: what a waker stores becomes visible at
// some later moment, at the latest at its own full barrier or at anybody's heavy one. So it shows who needs which barrier.
//
// holds, quick: two sleepers, two wakers of one change [SLEEPERS=2 WAKERS=2 CHANGES=1]
// holds, quick, no cycles: one sleeper, two wakers of two changes [SLEEPERS=1 WAKERS=2 CHANGES=2]
// holds, quick: the same, and a CAS fails for no reason [SLEEPERS=1 WAKERS=2 CHANGES=2 WEAK]
// holds, quick, no cycles: both pay, one sleeper, two wakers of two changes [SLEEPERS=1 WAKERS=2 CHANGES=2 BOTH]
// holds, quick: both pay, two sleepers, one waker of three changes [SLEEPERS=2 WAKERS=1 CHANGES=3 BOTH]
// holds, quick: fences from the start, two sleepers, two wakers of one change [SLEEPERS=2 WAKERS=2 CHANGES=1 FENCES]
// holds, long: three sleepers, a waker of two changes [SLEEPERS=3 WAKERS=1 CHANGES=2]
// holds, long: both pay, three sleepers, a waker of two changes [SLEEPERS=3 WAKERS=1 CHANGES=2 BOTH]
// holds, long: both pay, two sleepers, two wakers of one change [SLEEPERS=2 WAKERS=2 CHANGES=1 BOTH]
// holds, long: two sleepers, two wakers of two changes [SLEEPERS=2 WAKERS=2 CHANGES=2]
// refuted, quick: looks, then announces [SLEEPERS=1 WAKERS=1 CHANGES=1 LOOK_FIRST]
// refuted, quick: announces, and sleeps without a look [SLEEPERS=1 WAKERS=1 CHANGES=1 NO_LOOK]
// refuted, quick: the sleeper's heavy barrier is missing [SLEEPERS=1 WAKERS=1 CHANGES=1 NO_HEAVY]
// refuted, quick: the waker looks for sleepers, then changes [SLEEPERS=1 WAKERS=1 CHANGES=1 NO_LIGHT]
// refuted, quick: a notify is forgotten [SLEEPERS=1 WAKERS=2 CHANGES=1 FORGETFUL]
// refuted, quick: the waker's fence is missing [SLEEPERS=2 WAKERS=1 CHANGES=2 BOTH NO_FULL]
// refuted, quick: the waker's fence is missing, fences from the start [SLEEPERS=1 WAKERS=1 CHANGES=1 FENCES NO_FULL]
// refuted, quick: settled is said before the heavy barrier [SLEEPERS=2 WAKERS=1 CHANGES=2 BOTH SETTLED_EARLY]
// refuted, quick: the key is what the second announcement finds [SLEEPERS=1 WAKERS=1 CHANGES=2 BOTH KEY_LATE]
// refuted, quick: a wake does not change the epoch [SLEEPERS=2 WAKERS=1 CHANGES=1 NO_EPOCH]
// refuted, quick: a wake is for one sleeper only [SLEEPERS=2 WAKERS=1 CHANGES=1 WAKE_ONE]
// refuted, quick: a weak CAS that fails for no reason is not tried again [SLEEPERS=1 WAKERS=1 CHANGES=1 WEAK NO_RETRY]
// refuted, quick: the kernel does not compare [SLEEPERS=1 WAKERS=1 CHANGES=1 PARK_BLINDLY]

#define ASLEEP 1   // somebody has announced
#define FENCED 2   // wakers pay a fence
#define SETTLED 4  // and all of them have heard of it
#define EPOCH 8    // counts wakes

#define ALL (WAKERS * CHANGES)

#ifdef FENCES
byte word = FENCED + SETTLED;
#else
byte word = 0;
#endif
byte stored[WAKERS];   // each waker's changes, as it sees them itself
byte visible[WAKERS];  // as everybody else sees them
bool sleeping[SLEEPERS];

inline full_barrier(w) {
  visible[w] = stored[w]
}

// Interrupts every running thread, one after the other.
inline heavy_barrier() {
#ifndef NO_HEAVY
  i = 0;
  do
  :: i < WAKERS -> d_step { visible[i] = stored[i]; i++ }
  :: else -> i = 0; break
  od
#else
  skip
#endif
}

inline unpark() {
  d_step {
    for (i : 0 .. SLEEPERS - 1) {
#ifdef WAKE_ONE
      if :: sleeping[i] -> sleeping[i] = false; break :: else fi
#else
      sleeping[i] = false
#endif
    }
    i = 0;
    woken = false
  }
}

inline notify(w) {
#ifndef NO_LIGHT
  seen = word;
#endif
  if
  :: seen & (ASLEEP | FENCED) ->
     if
     :: seen & FENCED ->
#ifndef NO_FULL
        full_barrier(w);
#endif
        seen = word
     :: else
     fi;
     do
     :: seen & ASLEEP ->
        atomic {
          if
          :: word == seen ->
             d_step {
#ifdef NO_EPOCH
               word = word - ASLEEP;
#else
               word = word - ASLEEP + EPOCH;
#endif
               seen = 0;
               woken = true
             }
#ifdef WEAK
          :: !failed ->  // once, for no reason
             failed = true;
#ifdef NO_RETRY
             seen = 0
#else
             seen = word
#endif
#endif
          :: else -> seen = word
          fi
        }
     :: else -> break
     od;
     if
     :: woken -> unpark()
     :: else
     fi
  :: else
  fi;
  seen = 0
}

proctype Waker(byte me) {
  byte seen, made, i;
  bool woken;
#ifdef WEAK
  bool failed;
#endif
  do
  :: made < CHANGES ->
#ifdef NO_LIGHT
     seen = word;
#endif
     d_step { stored[me] = stored[me] + 1; made++ }
#ifdef FORGETFUL
     if
     :: me != 0 -> notify(me)
     :: else
     fi
#else
     notify(me)
#endif
  :: else -> break
  od
}

inline look() {
  d_step {
    i = 0;
    news = 0;
    do
    :: i < WAKERS -> news = news + visible[i]; i++
    :: else -> break
    od;
    i = 0
  }
}

#ifdef BOTH
#define MINE (ASLEEP | FENCED)
#else
#define MINE ASLEEP
#endif

inline announce() {
#ifdef SETTLED_EARLY
  d_step { before = word; word = word | MINE | SETTLED }
#else
  d_step { before = word; word = word | MINE }
#endif
  if
  :: before & SETTLED -> key = before | MINE  // and a full barrier: a sleeper has no store of its own in flight
  :: else ->
     heavy_barrier();
#ifndef BOTH
     key = before | MINE
#elif defined(KEY_LATE)
     atomic { key = word | SETTLED; word = word | SETTLED }
#elif defined(SETTLED_EARLY)
     key = before | MINE | SETTLED
#else
     atomic { key = before | MINE | SETTLED; word = word | SETTLED }
#endif
  fi;
  before = 0
}

proctype Sleeper(byte me) {
  byte known, news, before, key, i;
  do
  :: known == ALL -> break
  :: else ->
     // A waiting thread looks before it thinks of sleeping at all.
     look();
     if
     :: news != known -> goto found
     :: else
     fi;
#ifdef LOOK_FIRST
     announce();
#else
     announce();
#ifndef NO_LOOK
     look();
#endif
#endif
     if
     :: news == known ->
        // park
#ifdef PARK_BLINDLY
        sleeping[me] = true;
#else
        d_step { if :: word == key -> sleeping[me] = true :: else fi }
#endif
        key = 0;
        !sleeping[me];
        look()
     :: else
     fi;
found:
     atomic { known = news; news = 0; key = 0; assert(known <= ALL) }
  od
}

// A store that no barrier pushes out becomes visible in the end all the same.
active proctype Buffers() {
  byte i;
end:
  do
  :: visible[0] != stored[0] -> visible[0] = stored[0]
#if WAKERS > 1
  :: visible[1] != stored[1] -> visible[1] = stored[1]
#endif
#if WAKERS > 2
  :: visible[2] != stored[2] -> visible[2] = stored[2]
#endif
  od
}

init {
  byte i;
  atomic {
    for (i : 0 .. WAKERS - 1) {
      run Waker(i)
    }
    for (i : 0 .. SLEEPERS - 1) {
      run Sleeper(i)
    }
  }
}
