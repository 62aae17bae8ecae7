#pragma once
// Litmus tests of what the seam has besides atomic objects: barriers, sleep and time.

#include <chrono>

#include "litmus_parts.hpp"

// Store buffering with a barrier of the seam in each thread, with each of the three things that barriers are made of.
using Barrier = void (*)(model::Atomic<std::uint32_t>&);
template <Barrier kFirst, Barrier kSecond>
void store_buffering(LitmusSuite& litmus, const std::string& name, bool membarrier, bool fences) {
  const model::MakeScenario make = model::scenario<Litmus>(std::size_t{2}, [](State& s, std::size_t thread) {
    (thread == 0 ? s.x : s.y).store(1, model::Order::relaxed);
    (thread == 0 ? kFirst : kSecond)(s.word);
    s.r[thread] = (thread == 0 ? s.y : s.x).load(model::Order::relaxed);
  });
  const std::set<std::string> ordered{"01", "10", "11"};
  const std::set<std::string> not_ordered{"00", "01", "10", "11"};
  litmus.allows("SB, " + name, membarrier ? ordered : not_ordered, make, LitmusSuite::all());
  litmus.allows("SB, " + name + ", without membarrier", fences ? ordered : not_ordered, model::without_membarrier(make),
                LitmusSuite::all());
  litmus.allows("SB, " + name + ", read-modify-writes", ordered, model::without_fences(make), LitmusSuite::all());
}

inline void barriers(LitmusSuite& litmus) {
  constexpr Barrier kLight = model::light_barrier<std::uint32_t>;
  constexpr Barrier kHeavy = model::heavy_barrier<std::uint32_t>;
  constexpr Barrier kFull = model::full_barrier<std::uint32_t>;
  store_buffering<kHeavy, kLight>(litmus, "a heavy and a light barrier", true, false);
  store_buffering<kHeavy, kFull>(litmus, "a heavy and a full barrier", true, true);
  store_buffering<kHeavy, kHeavy>(litmus, "two heavy barriers", true, true);
  store_buffering<kFull, kFull>(litmus, "two full barriers", true, true);
  store_buffering<kFull, kLight>(litmus, "a full and a light barrier", false, false);
  store_buffering<kLight, kLight>(litmus, "two light barriers", false, false);
}

// Thread 1 passes a heavy barrier after thread 0 has passed a light one, if r0 says so, and before thread 2 passes the
// one named here, if r1 says so. Does thread 2 then see what thread 0 stored before?
template <void (*kLast)(model::Atomic<int>&)>
void three_barriers(State& s, std::size_t thread) {
  if (thread == 0) {
    s.x.store(1, model::Order::relaxed);
    model::light_barrier(s.x);
    s.y.store(1, model::Order::relaxed);
  }
  if (thread == 1) {
    s.r[0] = s.y.load(model::Order::relaxed);
    model::heavy_barrier(s.x);
    s.word.store(1, model::Order::relaxed);
  }
  if (thread == 2) {
    s.r[1] = static_cast<int>(s.word.load(model::Order::relaxed));
    kLast(s.x);
    s.r[2] = s.x.load(model::Order::relaxed);
  }
}

// Barriers in another place, of three threads, on other words.
inline void more_barriers(LitmusSuite& litmus) {
  litmus.allows("MP, a light barrier of the writer and a heavy one of the reader", {"00", "01", "11"}, 2,
                [](State& s, std::size_t thread) {
                  if (thread == 0) {
                    s.x.store(1, model::Order::relaxed);
                    model::light_barrier(s.word);
                    s.y.store(1, model::Order::relaxed);
                  } else {
                    s.r[0] = s.y.load(model::Order::relaxed);
                    model::heavy_barrier(s.word);
                    s.r[1] = s.x.load(model::Order::relaxed);
                  }
                });
  litmus.allows("SB, a heavy barrier but no light one", {"00", "01", "10", "11"}, 2, [](State& s, std::size_t thread) {
    (thread == 0 ? s.x : s.y).store(1, model::Order::relaxed);
    if (thread == 0) model::heavy_barrier(s.word);
    s.r[thread] = (thread == 0 ? s.y : s.x).load(model::Order::relaxed);
  });
  litmus.allows("a heavy barrier does not order two light ones", all_outcomes(3), 3,
                three_barriers<model::light_barrier<int>>);
  std::set<std::string> ordered = all_outcomes(3);
  ordered.erase("110");
  litmus.allows("a heavy barrier orders a light and a full one", ordered, 3, three_barriers<model::full_barrier<int>>);
  const model::MakeScenario other_words = model::scenario<Litmus>(std::size_t{2}, [](State& s, std::size_t thread) {
    (thread == 0 ? s.x : s.y).store(1, model::Order::relaxed);
    model::full_barrier(thread == 0 ? s.x : s.y);
    s.r[thread] = (thread == 0 ? s.y : s.x).load(model::Order::relaxed);
  });
  litmus.allows("SB, read-modify-writes of two words", {"00", "01", "10", "11"}, model::without_fences(other_words),
                LitmusSuite::all());
}

// The time, as far as it fits into a digit.
inline int nanoseconds() {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::nanoseconds>(model::now() - model::kBegin).count());
}
inline model::Time at(int nanoseconds) { return model::kBegin + std::chrono::nanoseconds(nanoseconds); }

// What park() may do when one thread calls it: r0 = the time afterwards.
inline void park_alone(LitmusSuite& litmus) {
  litmus.allows("park returns at once when the word has changed", {"0"}, 1, [](State& s, std::size_t) {
    model::park(s.word, 1, model::Time::max());
    s.r[0] = nanoseconds();
  });
  litmus.allows("park returns at once when it is past the deadline", {"0"}, 1, [](State& s, std::size_t) {
    model::park(s.word, 0, at(0));
    s.r[0] = nanoseconds();
  });
  litmus.allows("park returns for no reason, or at the deadline", {"0", "5"}, 1, [](State& s, std::size_t) {
    model::park(s.word, 0, at(5));
    s.r[0] = nanoseconds();
  });
}

// No spurious wakes and no early time-outs, unless a test asks for them.
inline model::Bounds exact() {
  model::Bounds exact = LitmusSuite::all();
  exact.spurious_wakes = exact.early_timeouts = 0;
  return exact;
}

// When does thread 1 wake up that nobody wakes? Switches away from a thread that could go on would blur that.
inline void early_or_late(LitmusSuite& litmus) {
  const model::MakeScenario make = model::scenario<Litmus>(std::size_t{2}, [](State& s, std::size_t thread) {
    if (thread == 0) return static_cast<void>(s.x.fetch_add(1, model::Order::relaxed));
    s.r[0] = s.x.fetch_add(0, model::Order::relaxed);
    model::park(s.word, 0, at(5));
    s.r[1] = s.x.fetch_add(0, model::Order::relaxed);
    s.r[2] = nanoseconds();
  });
  model::Bounds bounds = exact();
  bounds.preemptions = 0;
  litmus.allows("a deadline comes when nobody else can go on", {"015", "115"}, make, bounds);
  bounds.early_timeouts = 1;
  litmus.allows("a deadline comes before others go on", {"005", "015", "115"}, make, bounds);
  bounds.early_timeouts = 0;
  bounds.spurious_wakes = 1;
  litmus.allows("park returns for no reason, before or after others", {"000", "010", "015", "110", "115"}, make,
                bounds);
}

inline void deadlines(LitmusSuite& litmus) {
  const model::MakeScenario three = model::scenario<Litmus>(std::size_t{3}, [](State& s, std::size_t thread) {
    model::park(s.word, 0, at(thread == 0 ? 7 : thread == 1 ? 3 : 9));
    s.r[thread] = nanoseconds();
  });
  litmus.allows("the earliest deadline comes first", {"739"}, three, exact());
  // r0, r1: who fell asleep first; r2, r3: who woke up first.
  const model::MakeScenario together = model::scenario<Litmus>(std::size_t{2}, [](State& s, std::size_t thread) {
    s.r[thread] = s.x.fetch_add(1, model::Order::relaxed);
    model::park(s.word, 0, at(5));
    s.r[thread + 2] = s.y.fetch_add(1, model::Order::relaxed);
  });
  model::Bounds bounds = exact();
  bounds.preemptions = 0;
  litmus.allows("those who time out together go on in any order", {"0101", "0110", "1001", "1010"}, together, bounds);
  // Had thread 1 only yielded twice, it would wait for a store, or for the end of thread 0.
  litmus.allows("whoever has slept looks around again", {"00", "01"}, 2, [](State& s, std::size_t thread) {
    if (thread == 0) {
      s.r[0] = s.x.load(model::Order::relaxed);
      s.r[1] = s.x.load(model::Order::relaxed);
    } else {
      model::yield();
      model::park(s.word, 0, at(5));
      model::yield();
      s.x.store(1, model::Order::relaxed);
    }
  });
}

// Thread 1 is woken, or, when the wake comes before it sleeps, not; no wake says anything of what came before.
inline void wakes(LitmusSuite& litmus) {
  const model::MakeScenario wake = model::scenario<Litmus>(std::size_t{2}, [](State& s, std::size_t thread) {
    if (thread == 0) {
      s.x.store(1, model::Order::relaxed);
      return model::unpark_all(s.word);
    }
    model::park(s.word, 0, at(5));
    s.r[0] = nanoseconds();
    s.r[1] = s.x.load(model::Order::relaxed);
  });
  litmus.allows("a wake carries nothing", {"00", "01", "50", "51"}, wake, exact());
  const model::MakeScenario other_word = model::scenario<Litmus>(std::size_t{2}, [](State& s, std::size_t thread) {
    if (thread == 0) return model::unpark_all(s.other_word);
    model::park(s.word, 0, at(5));
    s.r[0] = nanoseconds();
  });
  litmus.allows("a wake is for those that sleep on its word", {"5"}, other_word, exact());
  // Both sleepers, or the one that was early enough, or none.
  const model::MakeScenario two = model::scenario<Litmus>(std::size_t{3}, [](State& s, std::size_t thread) {
    if (thread == 2) return model::unpark_all(s.word);
    model::park(s.word, 0, at(5));
    s.r[thread] = nanoseconds();
  });
  litmus.allows("a wake is for all that sleep, and for none that will", {"00", "05", "50", "55"}, two, exact());
}

inline void time(LitmusSuite& litmus) {
  litmus.allows("the clock moves while another thread sleeps", {"005", "055", "555"}, 2,
                [](State& s, std::size_t thread) {
                  if (thread == 0) return model::sleep_until(at(5)), static_cast<void>(s.r[2] = nanoseconds());
                  s.r[0] = nanoseconds();
                  s.r[1] = nanoseconds();
                });
  model::Bounds no_preemption = exact();
  no_preemption.preemptions = 0;
  const model::MakeScenario sleep = model::scenario<Litmus>(std::size_t{2}, [](State& s, std::size_t thread) {
    if (thread == 0) return model::sleep_until(at(5));
    s.r[0] = nanoseconds();
  });
  litmus.allows("the clock moves as a thread falls asleep", {"0", "5"}, sleep, no_preemption);
  litmus.allows("a sleep ends the sleep of another thread whose deadline comes first", {"55"}, 2,
                [](State& s, std::size_t thread) {
                  if (thread == 0) {
                    model::sleep_until(at(5));
                  } else {
                    model::park(s.word, 0, at(3));
                  }
                  while ((s.r[thread] = nanoseconds()) < 5) model::yield();
                });
}
