// What the .NET and Rust Disruptors test besides, and what none of them does.

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <whorl/disruptor/event_poller.hpp>
#include <whorl/disruptor/ring_buffer.hpp>
#include <whorl/wait/backoff_waits.hpp>

#include "../support/death.hpp"
#include "../support/scale.hpp"
#include "common.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::BarrierEnd;
using whorl::BarrierResult;
using whorl::BatchEventProcessor;
using whorl::ErrorAction;
using whorl::EventContext;
using whorl::EventPoller;
using whorl::PollState;
using whorl::Position;
using whorl::RunEnd;
using whorl::Sequence;
using whorl::SequenceBarrier;
using whorl::SequenceNumber;
using whorl::Until;
using whorl::WriteResult;

namespace {

// Calls test(strategy) with every wait strategy there is.
template <class Test>
void with_every_strategy(Test&& test) {
  test(whorl::BusySpinWait{});
  test(whorl::YieldingWait{});
  test(whorl::SleepingWait{});
  test(whorl::BlockingWait{});
  test(SleepAtOnce{});
  test(whorl::PhasedBackoffWait<>{.spin_time = 1us, .yield_time = 1us});
  test(whorl::NoWait{});
  test(whorl::ExponentialWait{.sleep = 1us, .longest = 100us});
  test(whorl::AdaptiveWait{.warm = 1, .idle = 1, .sleep = 10us});
}

// A strategy that tells how often it has looked in vain: from the first time on a wait is under way.
template <class W>
struct Telling {
  W strategy;
  std::atomic<std::uint64_t>* looks;
  template <class Event, class Ready>
  whorl::WaitResult wait(Event& event, Ready&& ready, const Until& until) const {
    const auto look = [&] {
      const bool is_so = ready();
      if (!is_so) ++*looks;
      return is_so;
    };
    return strategy.wait(event, look, until);
  }
};
template <class W>
Telling(W, std::atomic<std::uint64_t>*) -> Telling<W>;

// Barriers of one strategy: for what is published, and for who waits for that.
template <class S, class W>
struct Barriers {
  // Sleeps until it is woken.
  static constexpr bool kSleeps = std::is_base_of_v<whorl::BlockingWait, W> ||  // SleepAtOnce, too
                                  std::is_same_v<W, whorl::PhasedBackoffWait<>>;
  Sequence upstream;
  S sequencer{16};
  Sequence* const all[1] = {&upstream};
  std::atomic<std::uint64_t> root_looks{0}, dependent_looks{0};
  SequenceBarrier<S, Telling<W>> root, dependent;
  explicit Barriers(W strategy)
      : root(sequencer, {}, Telling<W>{strategy, &root_looks}),
        dependent(sequencer, all, Telling<W>{strategy, &dependent_looks}) {}

  // Return when whoever waits there has looked in vain, and, where the strategy sleeps, sleeps.
  void await_wait_at_root() { await_wait(root_looks, sequencer.published()); }
  void await_wait_at_dependent() { await_wait(dependent_looks, upstream.waiting()); }

 private:
  static void await_wait(const std::atomic<std::uint64_t>& looks, const whorl::EventCount& bed) {
    while (looks.load() == 0) std::this_thread::yield();
    if constexpr (kSleeps) await_sleeper(bed);
  }
};

}  // namespace

// ---- .NET -----------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("net: least-of-all: with every strategy a wait says the least of what it waits for", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  with_every_strategy([](auto strategy) {
    Barriers<S, decltype(strategy)> barriers(strategy);
    Sequence ahead;
    Sequence* const both[] = {&ahead, &barriers.upstream};
    SequenceBarrier dependent(barriers.sequencer, both, Telling{strategy, &barriers.dependent_looks});
    REQUIRE(barriers.sequencer.try_next(8) == 7);  // claimed: one of them will be published
    SequenceNumber at_root = -1, at_dependent = -1;
    std::thread consumer([&] { at_root = barriers.root.wait_for(0, Until(kPatience)).sequence; });
    barriers.await_wait_at_root();
    barriers.sequencer.publish(0);
    consumer.join();
    CHECK(at_root == 0);
    barriers.sequencer.publish(1, 7);
    ahead.set(6);
    consumer = std::thread([&] { at_dependent = dependent.wait_for(0, Until(kPatience)).sequence; });
    barriers.await_wait_at_dependent();
    barriers.upstream.set(4);
    consumer.join();
    CHECK(at_dependent == 4);
  });
}

TEST_CASE_TEMPLATE("net: waiters-in-order: with every strategy, threads one after the other, each after the one before",
                   S, WHORL_CONFORMANCE_SEQUENCERS) {
  with_every_strategy([](auto strategy) {
    constexpr std::size_t kThreads = 3;
    std::array<Sequence, kThreads> sequences;
    std::array<SequenceNumber, kThreads> seen{-1, -1, -1}, before{-1, -1, -1};
    std::array<std::atomic<std::uint64_t>, kThreads> looks{};
    S sequencer(16);
    publish(sequencer);
    std::vector<std::jthread> threads;
    for (std::size_t i = kThreads; i-- != 0;) {  // the last one first: it waits, as does the one before it
      threads.emplace_back([&, i] {
        Sequence* const upstream[] = {&sequences[i == 0 ? 0 : i - 1]};
        SequenceBarrier barrier(sequencer, std::span(upstream, std::size_t{i == 0 ? 0u : 1u}),
                                Telling{strategy, &looks[i]});
        seen[i] = barrier.wait_for(0, Until(kPatience)).sequence;
        before[i] = i == 0 ? 0 : sequences[i - 1].get();
        ++looks[i];  // who does not wait, goes on
        sequences[i].set(seen[i]);
      });
      while (looks[i].load() == 0) std::this_thread::yield();
    }
    threads.clear();
    for (std::size_t i = 0; i < kThreads; ++i) {
      CHECK(seen[i] == 0);
      CHECK(before[i] == 0);
    }
  });
}

TEST_CASE_TEMPLATE("net: alert-ends-waits: with every strategy, those that are under way and those that come later", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  with_every_strategy([](auto strategy) {
    Barriers<S, decltype(strategy)> barriers(strategy);
    for (auto* barrier : {&barriers.root, &barriers.dependent}) {
      BarrierResult result;
      const Until until(kPatience);
      std::thread consumer([&] { result = barrier->wait_for(0, until); });
      barrier == &barriers.root ? barriers.await_wait_at_root() : barriers.await_wait_at_dependent();
      barrier->alert();
      consumer.join();
      CHECK(result.end == BarrierEnd::stopped);
      CHECK_FALSE(until.is_over());  // it was the alert that woke it
      CHECK(barrier->wait_for(0).end == BarrierEnd::stopped);
    }
  });
}

TEST_CASE_TEMPLATE("net: ping-pong: with every strategy, two threads answer each other five hundred times", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  with_every_strategy([](auto strategy) {
    Barriers<S, decltype(strategy)> barriers(strategy);
    using W = decltype(strategy);
    // One that never lets go of its CPU may wait for the other thread's next slice of it each time.
    constexpr bool kKeeps = std::is_same_v<W, whorl::BusySpinWait> || std::is_same_v<W, whorl::NoWait>;
    const SequenceNumber rounds = kKeeps || kSanitized ? 50 : 500;
    REQUIRE(barriers.sequencer.add_gating(barriers.upstream));
    SequenceNumber answered = -1;
    std::thread pong([&] {
      for (SequenceNumber s = 0; s < rounds; ++s) {
        if (barriers.root.wait_for(s, Until(kPatience)).sequence == s) barriers.upstream.set(s);
      }
    });
    for (SequenceNumber s = 0; s < rounds; ++s) {
      publish(barriers.sequencer);
      answered = barriers.dependent.wait_for(s, Until(kPatience)).sequence;
      if (answered != s) break;
    }
    CHECK(answered == rounds - 1);
    barriers.root.alert();
    pong.join();
  });
}

TEST_CASE_TEMPLATE("net: never-woken: a strategy that never sleeps is never woken", S, WHORL_CONFORMANCE_SEQUENCERS) {
  Barriers<S, whorl::YieldingWait> barriers(whorl::YieldingWait{});
  CHECK(barriers.root.wait_for(0, Until(2ms)).end == BarrierEnd::timed_out);
  CHECK(barriers.dependent.wait_for(0, Until(2ms)).end == BarrierEnd::timed_out);
  CHECK(barriers.sequencer.published().sleeps() == 0);
  CHECK(barriers.upstream.waiting().sleeps() == 0);
}

TEST_CASE_TEMPLATE("net: whole-ring: a claim of the whole ring is one, of one more is none", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(16);
  CHECK(sequencer.next(17).result == WriteResult::full);
  CHECK_FALSE(sequencer.try_next(17));
  CHECK(sequencer.try_next(16) == 15);
  S other(16);
  CHECK(other.next(16).sequence == 15);
}

namespace {

// Is told that nothing comes, and fails at that.
struct FailsToWait : Notebook {
  int timeouts = 0;
  std::function<void()> third = {};
  void on_timeout(SequenceNumber last) {
    text += " T" + std::to_string(last);
    if (++timeouts == 3) third();
    throw std::runtime_error("nothing comes");
  }
};

}  // namespace

TEST_CASE_TEMPLATE("net: timeouts: a handler is told that nothing comes, and judges what it throws at that", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(8);
  FailsToWait notebook;
  BatchEventProcessor<NumberRing<B>, FailsToWait&> processor(ring, {}, notebook, {.timeout = 1ms});
  notebook.third = [&] { processor.halt(); };
  REQUIRE(ring.try_publish_event(kNumbered));
  CHECK(processor.run() == RunEnd::halted);
  CHECK(notebook.text == "S B1/1 0. T0 E- T0 E- T0 E- s");
}

TEST_CASE_TEMPLATE("net: several-errors: each is judged, none ends the run", B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(8);
  Notebook notebook;
  notebook.on_event = [](std::uint64_t event, const EventContext&) {
    if (event % 2 == 1) throw std::runtime_error("odd");
  };
  Noting<NumberRing<B>> processor(ring, {}, notebook);
  REQUIRE(ring.try_publish_events(6, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(notebook.text == "S B6/6 0 1 E@1 B4/4 2 3 E@3 B2/2 4 5. E@5 s");
}

TEST_CASE_TEMPLATE("net: late-comer: who is made after events were published does not see them", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(8);
  REQUIRE(ring.try_publish_events(3, kNumbered));
  Notebook notebook;
  Noting<NumberRing<B>> processor(ring, {}, notebook);
  REQUIRE(ring.try_publish_events(2, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(notebook.text == "S B2/2 3 4. s");
}

TEST_CASE_TEMPLATE("net: runs: where events lie side by side a handler may take a batch as a span", B,
                   whorl_test::SingleDense, whorl_test::MultiDense) {
  NumberRing<B> ring(8);
  Numbers seen;
  std::vector<std::size_t> runs;
  const auto handler = [&](std::span<std::uint64_t> run, const EventContext& context) {
    CHECK(static_cast<std::uint64_t>(context.sequence) == run.front());
    runs.push_back(run.size());
    seen.insert(seen.end(), run.begin(), run.end());
  };
  BatchEventProcessor processor(ring, {}, handler, {.max_batch = 3});
  REQUIRE(ring.try_publish_events(5, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(seen == Numbers{0, 1, 2, 3, 4});
  CHECK(runs == std::vector<std::size_t>{3, 2});
}

TEST_CASE_TEMPLATE("net: distinct-barriers: each processor waits at its own", B, WHORL_CONFORMANCE_BUFFERS_ALONE) {
  NumberRing<B> ring(8);
  Notebook notebook;
  Noting<NumberRing<B>> first(ring, {}, notebook), second(ring, {}, notebook);
  CHECK(&first.barrier() != &second.barrier());
  CHECK(&first.sequence() != &second.sequence());
}

TEST_CASE_TEMPLATE("net: traffic-with-timeouts: deadlines run out all the time, and no event is lost", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  struct Counts {
    std::uint64_t events = 0;
    std::uint64_t wrong = 0;
    void operator()(std::uint64_t& event) { wrong += event != events++; }
    void on_timeout(SequenceNumber) {}
  } counts;
  const std::uint64_t events = sanitized(20'000);
  NumberRing<B> ring(4);
  BatchEventProcessor<NumberRing<B>, Counts&> processor(ring, {}, counts, {.timeout = 1us});
  REQUIRE(ring.add_gating(processor.sequence()));
  std::thread consumer([&] { processor.run(); });
  std::uint64_t published = 0;
  while (published < events) published += ring.publish_event(kNumbered, Until(1us)) == WriteResult::ok;
  end(ring);
  consumer.join();
  CHECK(counts.events == events);
  CHECK(counts.wrong == 0);
}

// ---- Rust -----------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("rust: full-for-both: a ring that one producer has filled is full for the other", B,
                   WHORL_CONFORMANCE_SHARED_BUFFERS) {
  NumberRing<B> ring(4);
  for (int i = 0; i < 4; ++i) REQUIRE(ring.try_publish_event(kNumbered));
  bool published = true;
  std::thread([&] { published = ring.try_publish_event(kNumbered); }).join();
  CHECK_FALSE(published);
}

TEST_CASE_TEMPLATE("rust: missing-slots: how many are missing can be told exactly", S, WHORL_CONFORMANCE_SEQUENCERS) {
  Sequence consumer;
  S sequencer(8);
  REQUIRE(sequencer.add_gating(consumer));
  publish(sequencer, 6);
  CHECK_FALSE(sequencer.try_next(5));
  CHECK(5 - sequencer.remaining_capacity() == 3);
  consumer.set(2);
  CHECK(sequencer.try_next(5) == 10);
}

TEST_CASE_TEMPLATE("rust: batch-of-none: publishes nothing, and says so", B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(4);
  const auto never = [](std::uint64_t&) { FAIL("nothing is to be filled"); };
  CHECK_FALSE(ring.try_publish_events(0, never));
  CHECK(ring.publish_events(0, never) == WriteResult::full);
  CHECK(ring.cursor() == -1);
}

TEST_CASE_TEMPLATE("rust: two-in-a-row: what one ring's consumer publishes into the next comes out in order", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  const std::uint64_t events = sanitized(10'000);
  NumberRing<B> first(8), second(4);
  const auto pass_on = [&](std::uint64_t& event) {
    REQUIRE(second.publish_event([&](std::uint64_t& e) { e = event * 2; }, Until(kPatience)) == WriteResult::ok);
  };
  std::uint64_t seen = 0, wrong = 0;
  const auto check = [&](std::uint64_t& event) { wrong += event != 2 * seen++; };
  BatchEventProcessor one(first, {}, pass_on);
  BatchEventProcessor two(second, {}, check);
  REQUIRE(first.add_gating(one.sequence()));
  REQUIRE(second.add_gating(two.sequence()));
  std::thread a([&] {
    one.run();
    end(second);
  });
  std::thread b([&] { two.run(); });
  for (std::uint64_t i = 0; i < events; ++i) REQUIRE(first.publish_event(kNumbered) == WriteResult::ok);
  end(first);
  a.join();
  b.join();
  CHECK(seen == events);
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("rust: pollers-and-processors: a poller before a processor, and one after it", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(8);
  EventPoller head(ring);
  Notebook notebook;
  Noting<NumberRing<B>> middle(ring, {&head.sequence()}, notebook);
  EventPoller tail(ring, {&middle.sequence()});
  REQUIRE(ring.add_gating(tail.sequence()));
  REQUIRE(ring.try_publish_events(3, kNumbered));
  Numbers seen;
  const auto see = [&](std::uint64_t& event) { seen.push_back(event); };
  CHECK(tail.poll(see) == PollState::gating);
  CHECK(head.poll([](std::uint64_t& event) { event += 10; }) == PollState::processing);
  CHECK(tail.poll(see) == PollState::gating);
  end(ring);
  CHECK(middle.run() == RunEnd::closed);
  CHECK(tail.poll(see) == PollState::processing);
  CHECK(tail.poll(see) == PollState::closed);
  CHECK(notebook.text == "S B3/3 10 11 12. s");
  CHECK(seen == Numbers{10, 11, 12});
}

TEST_CASE_TEMPLATE("rust: branches-joined: two chains, one of two stages, and one that waits for both", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(8);
  EventPoller a(ring);
  EventPoller b(ring, {&a.sequence()});
  EventPoller c(ring);
  EventPoller joined(ring, {&b.sequence(), &c.sequence()});
  REQUIRE(ring.add_gating(joined.sequence()));
  REQUIRE(ring.try_publish_events(2, kNumbered));
  const auto read = [](std::uint64_t&) {};
  CHECK(joined.poll(read) == PollState::gating);
  for (auto* branch : {&c, &a}) {
    CHECK(branch->poll(read) == PollState::processing);
    CHECK(joined.poll(read) == PollState::gating);
  }
  CHECK(b.poll(read, 1) == PollState::processing);
  CHECK(joined.poll(read) == PollState::processing);
  CHECK(joined.sequence().get() == 0);
  CHECK(joined.poll(read) == PollState::gating);
}

TEST_CASE_TEMPLATE("rust: poller-that-never-polls: holds the producers back", B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(4);
  EventPoller poller(ring);
  REQUIRE(ring.add_gating(poller.sequence()));
  REQUIRE(ring.try_publish_events(4, kNumbered));
  CHECK(ring.publish_event(kNumbered, Until(2ms)) == WriteResult::timed_out);
  CHECK(poller.poll([](std::uint64_t&) {}, 1) == PollState::processing);
  CHECK(ring.publish_event(kNumbered) == WriteResult::ok);
}

// ---- nobody's -------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("new: one-producer: threads take turns as the one producer; who asks out of turn is refused", S,
                   whorl_test::Single, whorl_test::SingleRing) {
  S sequencer(16);
  CHECK(sequencer.next().sequence == 0);
  bool owned = true;
  std::thread([&] { owned = sequencer.try_own(); }).join();
  CHECK_FALSE(owned);
  sequencer.publish(0);
  sequencer.disown();
  std::thread([&] {
    owned = sequencer.try_own();
    publish(sequencer);
    sequencer.disown();
  }).join();
  CHECK(owned);
  CHECK(sequencer.try_own());
  CHECK(publish(sequencer) == 2);
}

TEST_CASE_TEMPLATE("new: one-producer-at-once: two threads that produce at once are stopped where checks are on", S,
                   whorl_test::Single, whorl_test::SingleRing) {
  if (!WHORL_CHECKED || kSanitized) return;  // a sanitizer would be the first to say so
  const std::string words = dying_words([] {
    alarm(60);
    S sequencer(1);
    const auto claim = [&] {
      for (;;) static_cast<void>(sequencer.try_next());
    };
    std::thread other(claim);
    claim();
  });
  CHECK(words.find("a single-producer sequencer is one thread's at a time") != std::string::npos);
}

TEST_CASE_TEMPLATE("new: two-claims: both are open at once, and neither is seen", B, WHORL_CONFORMANCE_BUFFERS) {
  Sequence consumer;
  NumberRing<B> ring(4);
  REQUIRE(ring.add_gating(consumer));
  for (int lap = 0; lap < 10; ++lap) {
    const SequenceNumber one = ring.next(2).sequence;
    const SequenceNumber two = ring.next(2).sequence;
    CHECK(ring.highest_published(one - 1, two) == one - 2);
    CHECK(ring.cursor() == one - 2);
    ring.publish(one - 1, one);
    CHECK(ring.cursor() == one);
    ring.publish(two - 1, two);
    CHECK(ring.cursor() == two);
    consumer.set(two);
  }
}

TEST_CASE_TEMPLATE("new: overwriting: what is claimed is not seen either where nobody reads", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  S sequencer(4, {}, {.without_consumers = whorl::EmptyGate::open});
  for (SequenceNumber s = 0; s < 20; ++s) {
    CHECK(sequencer.next().sequence == s);
    CHECK(sequencer.cursor() == s - 1);
    CHECK(SequenceBarrier(sequencer).cursor() == s - 1);
    sequencer.publish(s);
    CHECK(sequencer.cursor() == s);
  }
}

TEST_CASE_TEMPLATE("new: throw-while-filling: nobody ever sees the event, and the ring goes on", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(4);
  EventPoller poller(ring);
  REQUIRE(ring.add_gating(poller.sequence()));
  const auto fails = [](std::uint64_t& event) {
    event = 666;
    throw std::runtime_error("half filled");
  };
  Numbers seen;
  const auto see = [&](std::uint64_t& event) { seen.push_back(event); };
  for (std::uint64_t i = 0; i < 10; ++i) {
    CHECK_THROWS_AS(static_cast<void>(ring.try_publish_event(fails)), std::runtime_error);
    CHECK_THROWS_AS(static_cast<void>(ring.publish_event(fails)), std::runtime_error);
    CHECK(ring.try_publish_event([&](std::uint64_t& event) { event = i; }));
    CHECK(poller.poll(see) == PollState::processing);
  }
  CHECK(seen == Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE_TEMPLATE("new: error-at-the-end: the last event of a batch fails, and its handler knows that it was the last",
                   B, WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(8);
  Notebook notebook;
  notebook.on_event = [](std::uint64_t, const EventContext& context) {
    if (context.end_of_batch) throw std::runtime_error("the last");
  };
  Noting<NumberRing<B>> processor(ring, {}, notebook);
  REQUIRE(ring.try_publish_events(2, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(notebook.text == "S B2/2 0 1. E@1 s");
  CHECK(processor.sequence().get() == 1);
}

TEST_CASE_TEMPLATE("new: close-frees-producer: one that waits for room returns, and has claimed nothing", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  Sequence consumer;
  S sequencer(2);
  REQUIRE(sequencer.add_gating(consumer));
  publish(sequencer, 2);
  whorl::NextResult result;
  std::thread producer([&] { result = sequencer.next(1, Until(kPatience)); });
  await_sleeper(consumer.waiting());
  sequencer.close();
  producer.join();
  CHECK(result.result == WriteResult::closed);
  CHECK(sequencer.claimed() == 2);
}

TEST_CASE_TEMPLATE("new: leave-the-gate: the first, the one in the middle, the last, the only one", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  for (std::size_t members = 1; members <= 3; ++members) {
    for (std::size_t leaver = 0; leaver < members; ++leaver) {
      CAPTURE(members);
      CAPTURE(leaver);
      std::array<Sequence, 3> all;
      S sequencer(4);
      for (std::size_t i = 0; i < members; ++i) REQUIRE(sequencer.add_gating(all[i]));
      publish(sequencer, 4);
      for (std::size_t i = 0; i < members; ++i)
        if (i != leaver) all[i].set(1);
      CHECK_FALSE(sequencer.try_next());  // it waits for the leaver
      CHECK(sequencer.remove_gating(all[leaver]));
      CHECK_FALSE(sequencer.remove_gating(all[leaver]));
      CHECK(sequencer.gate().size() == members - 1);
      CHECK(sequencer.try_next(2).has_value() == (members > 1));
    }
  }
}

TEST_CASE_TEMPLATE("new: join-under-traffic: who joins while producers run misses no lap, and is not overwritten", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> ring(8);
  EventPoller stays(ring);
  REQUIRE(ring.add_gating(stays.sequence()));
  std::atomic<bool> over{false};
  std::vector<std::thread> producers;
  for (int i = 0; i < (B::kShared ? 2 : 1); ++i) {
    producers.emplace_back([&] {
      while (ring.publish_event(kNumbered, Until(kPatience)) == WriteResult::ok) {
      }
    });
  }
  std::thread reader([&] {
    while (!over.load()) static_cast<void>(stays.poll([](std::uint64_t&) {}));
  });
  std::uint64_t wrong = 0, seen = 0;
  for (std::uint64_t visit = 0; visit < sanitized(500); ++visit) {
    EventPoller guest(ring);
    REQUIRE(ring.add_gating(guest.sequence()));
    SequenceNumber next = guest.sequence().get() + 1;
    const auto see = [&](std::uint64_t& event, const EventContext& context) {
      wrong += context.sequence != next || event != static_cast<std::uint64_t>(next);
      ++next;
      ++seen;
    };
    while (guest.poll(see) != PollState::processing) std::this_thread::yield();
    static_cast<void>(guest.poll(see));
  }
  ring.close();
  for (std::thread& producer : producers) producer.join();
  over.store(true);
  reader.join();
  CHECK(wrong == 0);
  CHECK(seen >= sanitized(500));
}

TEST_CASE_TEMPLATE("new: two-rings: one thread publishes into both, and each knows its own room", B,
                   WHORL_CONFORMANCE_BUFFERS) {
  NumberRing<B> large(64), small(4);
  for (std::uint64_t i = 0; i < 64; ++i) {
    CHECK(large.try_publish_event(kNumbered));
    CHECK(small.try_publish_event(kNumbered) == (i < 4));
  }
}

TEST_CASE_TEMPLATE("new: join-at-2-to-32-laps: where a lap's number has as many digits as it can have", S,
                   WHORL_CONFORMANCE_SEQUENCERS) {
  for (const Position laps : {Position{1} << 31, Position{1} << 32, Position{1} << 60}) {
    const Position first = laps * 4 - 2;
    CAPTURE(first);
    Sequence stays, joins;
    S sequencer(4, {}, {.first_position = first});
    REQUIRE(sequencer.add_gating(stays));
    const SequenceNumber last = publish(sequencer, 3);
    stays.set(last);
    REQUIRE(sequencer.add_gating(joins));
    CHECK(joins.get() == last);
    CHECK(publish(sequencer, 4) == last + 4);
    stays.set(last + 4);
    CHECK_FALSE(sequencer.try_next());
    CHECK(sequencer.highest_published(last + 1, last + 4) == last + 4);
    joins.set(last + 4);
    CHECK(publish(sequencer) == last + 5);
  }
}

TEST_CASE_TEMPLATE("new: whole-ring-contended: producers that each claim the whole ring take turns", B,
                   WHORL_CONFORMANCE_SHARED_BUFFERS) {
  const std::uint64_t each = sanitized(2'000);
  NumberRing<B> ring(4);
  std::uint64_t events = 0, wrong = 0;
  const auto see = [&](std::uint64_t& event) { wrong += event != events++; };
  BatchEventProcessor processor(ring, {}, see);
  REQUIRE(ring.add_gating(processor.sequence()));
  std::thread consumer([&] { processor.run(); });
  std::atomic<std::uint64_t> refused{0};
  {
    std::vector<std::jthread> producers;
    for (int i = 0; i < 3; ++i) {
      producers.emplace_back([&] {
        for (std::uint64_t n = 0; n < each; ++n)
          refused += ring.publish_events(4, kNumbered, Until(kPatience)) != WriteResult::ok;
      });
    }
  }
  end(ring);
  consumer.join();
  CHECK(refused.load() == 0);
  CHECK(events == 3 * 4 * each);
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("new: slow-claimant: what one has claimed and not published holds back this ring, and no other", B,
                   WHORL_CONFORMANCE_SHARED_BUFFERS) {
  NumberRing<B> ring(4), other(4);
  const SequenceNumber slow = ring.next().sequence;
  std::thread([&] {
    CHECK(ring.try_publish_events(3, kNumbered));
    CHECK(other.try_publish_events(4, kNumbered));
  }).join();
  CHECK(ring.highest_published(0, 3) == -1);
  CHECK(other.highest_published(0, 3) == 3);
  ring.abandon(slow, slow);
  CHECK(ring.highest_published(0, 3) == 3);
  CHECK(ring.is_buried(slow));
}
