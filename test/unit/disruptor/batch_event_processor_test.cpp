#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/disruptor/aggregate.hpp>
#include <whorl/disruptor/batch_event_processor.hpp>
#include <whorl/disruptor/rewind.hpp>

#include "../../support/death.hpp"
#include "../../support/ring_buffers.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::BatchEventProcessor;
using whorl::ErrorAction;
using whorl::EventContext;
using whorl::RunEnd;
using whorl::Sequence;
using whorl::SequenceNumber;
using whorl::Until;
using whorl::WriteResult;
using Numbers = std::vector<std::uint64_t>;

namespace {

const auto kNumbered = [](std::uint64_t& e, SequenceNumber s) { e = static_cast<std::uint64_t>(s); };

// Writes down what a processor calls: S(tart), B(atch) events/behind, the event's number, with a '.' where the batch ends,
// T(imeout), E(rror), s(top).
struct Diary {
  std::string text;
  std::function<void(std::uint64_t, const EventContext&)> on_event = {};
  std::function<ErrorAction(int)> verdict = {};

  void operator()(std::uint64_t& e, const EventContext& context) {
    text += ' ' + std::to_string(e) + (context.end_of_batch ? "." : "");
    if (on_event) on_event(e, context);
  }
  void on_start() { text += 'S'; }
  void on_stop() { text += " s"; }
  void on_batch_start(std::size_t events, std::size_t behind) {
    text += " B" + std::to_string(events) + '/' + std::to_string(behind);
  }
  void on_timeout(SequenceNumber last) { text += " T" + std::to_string(last); }
  ErrorAction on_error(const std::exception_ptr& error, const std::uint64_t* e, SequenceNumber sequence) noexcept {
    int number = 0;
    try {
      std::rethrow_exception(error);
    } catch (int thrown) {
      number = thrown;
    }
    text += " E" + std::to_string(number) + (e == nullptr ? "-" : "@" + std::to_string(*e)) + '/' +
            std::to_string(sequence);
    return verdict ? verdict(number) : ErrorAction::halt;
  }
};

template <class Ring>
using Processor = BatchEventProcessor<Ring, Diary&>;

}  // namespace

TEST_CASE_TEMPLATE("BatchEventProcessor: handles what is there in one batch, and ends when the ring has", B,
                   WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  Diary diary;
  Processor<decltype(ring)> processor(ring, {}, diary);
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(ring.try_publish_events(3, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B3/3 0 1 2. s");
  CHECK(processor.sequence().get() == 2);
  CHECK(processor.error() == nullptr);
  CHECK_FALSE(processor.is_running());
}

TEST_CASE_TEMPLATE("BatchEventProcessor: a batch is what was there when it began", B, MultiInline, MultiDense) {
  typename B::template Of<std::uint64_t> ring(8);
  Diary diary;
  diary.on_event = [&](std::uint64_t e, const EventContext&) {
    if (e == 0) REQUIRE(ring.try_publish_events(2, kNumbered));
    if (e == 3) REQUIRE(ring.try_publish_event(kNumbered));
    if (e == 5) ring.close();
  };
  Processor<decltype(ring)> processor(ring, {}, diary);
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(ring.try_publish_events(3, kNumbered));
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B3/3 0 1 2. B2/2 3 4. B1/1 5. s");
}

TEST_CASE_TEMPLATE("BatchEventProcessor: batches are no larger than it was told, and say how much is behind them", B,
                   WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  Diary diary;
  Processor<decltype(ring)> processor(ring, {}, diary, {.max_batch = 3});
  REQUIRE(ring.try_publish_events(5, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B3/5 0 1 2. B2/2 3 4. s");
}

TEST_CASE_TEMPLATE("BatchEventProcessor: halted before it runs, it starts and stops and handles nothing; then it runs",
                   B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  Diary diary;
  Processor<decltype(ring)> processor(ring, {}, diary);
  REQUIRE(ring.try_publish_events(2, kNumbered));
  end(ring);
  processor.halt();
  CHECK(processor.run() == RunEnd::halted);
  CHECK(diary.text == "S s");
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S sS B2/2 0 1. s");
}

TEST_CASE_TEMPLATE("BatchEventProcessor: halted, or stopped, while it waits or handles, and goes on where it was", B,
                   WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  Diary diary;
  Processor<decltype(ring)> processor(ring, {}, diary);
  REQUIRE(ring.add_gating(processor.sequence()));
  RunEnd run = RunEnd::failed;
  std::thread waiting([&] { run = processor.run(); });
  while (ring.published().sleeps() == 0) std::this_thread::yield();
  CHECK(processor.is_running());
  processor.halt();
  waiting.join();
  CHECK(run == RunEnd::halted);

  std::stop_source stop;
  const std::uint64_t sleeps = ring.published().sleeps();
  std::thread stopped([&] { run = processor.run(stop.get_token()); });
  while (ring.published().sleeps() == sleeps) std::this_thread::yield();
  stop.request_stop();
  stopped.join();
  CHECK(run == RunEnd::halted);

  diary.on_event = [&](std::uint64_t e, const EventContext&) {
    if (e == 1) processor.halt();
  };
  REQUIRE(ring.try_publish_events(3, kNumbered));
  CHECK(processor.run() == RunEnd::halted);
  CHECK(diary.text == "S sS sS B3/3 0 1 2. s");
  REQUIRE(ring.try_publish_event(kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S sS sS B3/3 0 1 2. sS B1/1 3. s");
}

TEST_CASE_TEMPLATE("BatchEventProcessor: one of two siblings is halted, the other one goes on", B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  Diary one, two;
  Processor<decltype(ring)> first(ring, {}, one), second(ring, {}, two);
  std::thread a([&] { first.run(); });
  RunEnd run = RunEnd::failed;
  std::thread b([&] { run = second.run(); });
  while (ring.published().sleeps() < 2) std::this_thread::yield();
  first.halt();
  a.join();
  REQUIRE(ring.try_publish_events(2, kNumbered));
  end(ring);
  b.join();
  CHECK(run == RunEnd::closed);
  CHECK(one.text == "S s");
  CHECK(second.sequence().get() == 1);
}

TEST_CASE_TEMPLATE("BatchEventProcessor: an event that fails is skipped, tried again, or the end, as the handler says",
                   B, WHORL_TEST_BUFFERS) {
  for (const ErrorAction action : {ErrorAction::skip, ErrorAction::retry, ErrorAction::halt}) {
    typename B::template Of<std::uint64_t> ring(8);
    Diary diary;
    bool bad = true;
    diary.on_event = [&](std::uint64_t e, const EventContext&) {
      if (e == 1 && std::exchange(bad, false)) throw 7;
    };
    diary.verdict = [&](int) { return action; };
    Processor<decltype(ring)> processor(ring, {}, diary);
    REQUIRE(ring.add_gating(processor.sequence()));
    REQUIRE(ring.try_publish_events(3, kNumbered));
    if (action != ErrorAction::halt) end(ring);
    const RunEnd run = processor.run();
    if (action == ErrorAction::halt) {
      CHECK(run == RunEnd::failed);
      CHECK(diary.text == "S B3/3 0 1 E7@1/1 s");
      CHECK_THROWS_AS(std::rethrow_exception(processor.error()), int);
      CHECK(processor.sequence().get() == 0);
      CHECK(ring.is_closed());
    } else {
      CHECK(run == RunEnd::closed);
      CHECK(diary.text ==
            (action == ErrorAction::skip ? "S B3/3 0 1 E7@1/1 B1/1 2. s" : "S B3/3 0 1 E7@1/1 B2/2 1 2. s"));
      CHECK(processor.sequence().get() == 2);
    }
  }
}

TEST_CASE_TEMPLATE("BatchEventProcessor: a dead consumer frees the producers that wait for it", B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(2);
  const auto fail = [](std::uint64_t&) { throw 7; };
  BatchEventProcessor processor(ring, {}, fail);
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(ring.try_publish_events(2, kNumbered));
  WriteResult result = WriteResult::full;
  std::thread producer([&] { result = ring.publish_event(kNumbered, Until(60s)); });
  while (processor.sequence().waiting().sleeps() == 0) std::this_thread::yield();
  CHECK(processor.run() == RunEnd::failed);
  producer.join();
  CHECK(result == WriteResult::closed);
}

namespace {

struct FailsInHooks : Diary {
  std::string where;
  void fail(const char* place) {
    if (where == place) {
      where.clear();
      throw 7;
    }
  }
  void on_start() {
    Diary::on_start();
    fail("start");
  }
  void on_stop() {
    Diary::on_stop();
    fail("stop");
  }
  void on_batch_start(std::size_t events, std::size_t behind) {
    Diary::on_batch_start(events, behind);
    fail("batch");
  }
};

}  // namespace

TEST_CASE_TEMPLATE("BatchEventProcessor: what else of a handler fails is judged as well, and costs no event", B,
                   WHORL_TEST_BUFFERS) {
  for (const bool goes_on : {false, true}) {
    for (const std::string where : {"start", "batch", "stop"}) {
      CAPTURE(where);
      typename B::template Of<std::uint64_t> ring(8);
      FailsInHooks diary;
      diary.where = where;
      diary.verdict = [&](int) { return goes_on ? ErrorAction::skip : ErrorAction::halt; };
      BatchEventProcessor<decltype(ring), FailsInHooks&> processor(ring, {}, diary);
      REQUIRE(ring.try_publish_events(2, kNumbered));
      end(ring);
      CHECK(processor.run() == (goes_on ? RunEnd::closed : RunEnd::failed));
      CHECK((processor.error() != nullptr) == !goes_on);
      const bool handled = goes_on || where == "stop";
      CHECK((diary.text.find("0 1.") != std::string::npos) == handled);
      CHECK(diary.text.find(handled && where != "stop" ? "E7-/-1"
                            : where == "stop"          ? "E7-/1"
                                                       : "E7-/-1") != std::string::npos);
      CHECK(diary.text.find(" s") != std::string::npos);
    }
  }
}

TEST_CASE_TEMPLATE("BatchEventProcessor: without a word from the handler an error is the end", B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  BatchEventProcessor processor(ring, {}, [](std::uint64_t& e) {
    if (e == 1) throw 8;
  });
  REQUIRE(ring.try_publish_events(3, kNumbered));
  CHECK(processor.run() == RunEnd::failed);
  CHECK(processor.sequence().get() == 0);
  CHECK_THROWS_AS(std::rethrow_exception(processor.error()), int);
}

TEST_CASE_TEMPLATE("BatchEventProcessor: says that nothing comes, again and again", B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  Diary diary;
  struct Impatient {
    Diary& diary;
    std::function<void()> third;
    int timeouts = 0;
    void operator()(std::uint64_t& e, const EventContext& context) { diary(e, context); }
    void on_timeout(SequenceNumber last) {
      diary.on_timeout(last);
      if (++timeouts == 3) third();
    }
  } handler{diary, [&] { end(ring); }};
  BatchEventProcessor<decltype(ring), Impatient&> processor(ring, {}, handler, {.timeout = 1ms});
  REQUIRE(ring.try_publish_event(kNumbered));
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == " 0. T0 T0 T0");
}

TEST_CASE_TEMPLATE(
    "BatchEventProcessor: those that follow a dead one handle what it has passed, and end one after the other", B,
    WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  Diary one, two, three;
  one.on_event = [](std::uint64_t e, const EventContext&) {
    if (e == 1) throw 7;
  };
  Processor<decltype(ring)> first(ring, {}, one);
  Processor<decltype(ring)> second(ring, {&first.sequence()}, two), third(ring, {&second.sequence()}, three);
  REQUIRE(ring.add_gating(third.sequence()));
  REQUIRE(ring.try_publish_events(3, kNumbered));
  RunEnd ends[2] = {RunEnd::failed, RunEnd::failed};
  std::thread b([&] { ends[0] = second.run(); });
  std::thread c([&] { ends[1] = third.run(); });
  while (first.sequence().waiting().sleeps() == 0) std::this_thread::yield();
  while (second.sequence().waiting().sleeps() == 0) std::this_thread::yield();
  CHECK(first.run() == RunEnd::failed);
  b.join();
  c.join();
  CHECK(ends[0] == RunEnd::closed);
  CHECK(ends[1] == RunEnd::closed);
  CHECK(two.text == "S B1/1 0. s");
  CHECK(three.text == "S B1/1 0. s");
  one.on_event = {};
  end(ring);
  CHECK(first.run() == RunEnd::closed);  // it may go on, and then they may
  CHECK(second.run() == RunEnd::closed);
  CHECK(third.sequence().get() == 0);
  CHECK(third.run() == RunEnd::closed);
  CHECK(third.sequence().get() == 2);
}

TEST_CASE_TEMPLATE("BatchEventProcessor: an event that was released early is out of reach when it fails, and over", B,
                   WHORL_TEST_BUFFERS) {
  for (const ErrorAction action : {ErrorAction::skip, ErrorAction::retry}) {
    typename B::template Of<std::uint64_t> ring(8);
    Diary diary;
    diary.on_event = [&](std::uint64_t e, const EventContext& context) {
      if (e != 1) return;
      context.release(context.sequence);
      throw 7;
    };
    diary.verdict = [&](int) { return action; };
    Processor<decltype(ring)> processor(ring, {}, diary);
    REQUIRE(ring.add_gating(processor.sequence()));
    REQUIRE(ring.try_publish_events(3, kNumbered));
    end(ring);
    CHECK(processor.run() == RunEnd::closed);
    CHECK(diary.text == "S B3/3 0 1 E7-/1 B1/1 2. s");
  }
}

TEST_CASE_TEMPLATE(
    "BatchEventProcessor: a run that fails is skipped or tried again as a whole, but for what was released", B,
    SingleDense, MultiDense) {
  for (const ErrorAction action : {ErrorAction::skip, ErrorAction::retry}) {
    for (const bool releases : {false, true}) {
      typename B::template Of<std::uint64_t> ring(8);
      struct Runs {
        ErrorAction action;
        bool releases;
        std::vector<std::size_t> sizes = {};
        bool told_where = false;
        void operator()(std::span<std::uint64_t> run, const EventContext& context) {
          sizes.push_back(run.size());
          if (sizes.size() != 1) return;
          if (releases) context.release(context.sequence + 1);
          throw 7;
        }
        ErrorAction on_error(const std::exception_ptr&, const std::uint64_t* e, SequenceNumber) noexcept {
          told_where = e != nullptr;
          return action;
        }
      } runs{action, releases};
      BatchEventProcessor<decltype(ring), Runs&> processor(ring, {}, runs);
      REQUIRE(ring.add_gating(processor.sequence()));
      REQUIRE(ring.try_publish_events(5, kNumbered));
      end(ring);
      CHECK(processor.run() == RunEnd::closed);
      CHECK(runs.told_where == !releases);
      CHECK(processor.sequence().get() == 4);
      const std::size_t again = action == ErrorAction::skip ? 0 : releases ? 3 : 5;
      CHECK(runs.sizes == (again == 0 ? std::vector<std::size_t>{5} : std::vector<std::size_t>{5, again}));
    }
  }
}

TEST_CASE_TEMPLATE("BatchEventProcessor: one that cannot be built keeps no sequence", B, WHORL_TEST_BUFFERS) {
  struct Fragile {
    Fragile() = default;
    Fragile(const Fragile&) { throw 7; }
    Fragile(Fragile&&) { throw 7; }
    void operator()(std::uint64_t&) {}
  };
  typename B::template Of<std::uint64_t> ring(8);
  Sequence& lent = ring.lend_sequence();
  ring.take_back(lent);
  using Failing = BatchEventProcessor<decltype(ring), Fragile>;
  CHECK_THROWS_AS(Failing(ring, {}, Fragile{}), int);
  CHECK(&ring.lend_sequence() == &lent);
}

TEST_CASE_TEMPLATE("BatchEventProcessor: gives room back early when its handler says so", B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(4);
  Diary diary;
  std::vector<SequenceNumber> seen;
  Processor<decltype(ring)>* self = nullptr;
  diary.on_event = [&](std::uint64_t e, const EventContext& context) {
    if (e == 2) context.release(context.sequence);
    seen.push_back(self->sequence().get());
  };
  Processor<decltype(ring)> processor(ring, {}, diary);
  self = &processor;
  REQUIRE(ring.try_publish_events(4, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(seen == std::vector<SequenceNumber>{-1, -1, 2, 2});
  CHECK(processor.sequence().get() == 3);
}

TEST_CASE_TEMPLATE("BatchEventProcessor: passes over what was given up, the end of the batch is the last that was not",
                   B, MultiInline, MultiDense) {
  typename B::template Of<std::uint64_t> ring(16);
  const auto fail = [](std::uint64_t&) { throw 7; };
  Diary root, follower;
  Processor<decltype(ring)> first(ring, {}, root);
  Processor<decltype(ring)> second(ring, {&first.sequence()}, follower);
  CHECK_THROWS_AS(static_cast<void>(ring.try_publish_event(fail)), int);
  REQUIRE(ring.try_publish_events(2, kNumbered));
  CHECK_THROWS_AS(static_cast<void>(ring.try_publish_events(2, fail)), int);
  REQUIRE(ring.try_publish_event(kNumbered));
  CHECK_THROWS_AS(static_cast<void>(ring.try_publish_events(2, fail)), int);
  end(ring);
  CHECK(first.run() == RunEnd::closed);
  CHECK(second.run() == RunEnd::closed);
  CHECK(root.text == "S B8/8 1 2 5. s");
  CHECK(follower.text == root.text);
  CHECK(second.sequence().get() == 7);
}

TEST_CASE_TEMPLATE("BatchEventProcessor: hands over runs where events lie side by side", B, SingleDense, MultiDense) {
  typename B::template Of<std::uint64_t> ring(8);
  std::string text;
  const auto see = [&](std::span<std::uint64_t> run, const EventContext& context) {
    text += '[' + std::to_string(context.sequence) + ':';
    for (const std::uint64_t e : run) text += std::to_string(e) + ' ';
    text += context.end_of_batch ? ".]" : "]";
  };
  BatchEventProcessor processor(ring, {}, see);
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(ring.try_publish_events(5, kNumbered));
  std::thread consumer([&] { processor.run(); });
  while (processor.sequence().get() < 4) std::this_thread::yield();
  processor.halt();
  consumer.join();
  REQUIRE(ring.try_publish_events(5, kNumbered));
  if constexpr (B::kShared) {
    CHECK_THROWS_AS(static_cast<void>(ring.try_publish_event([](std::uint64_t&) { throw 7; })), int);
    REQUIRE(ring.try_publish_event(kNumbered));
  }
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(text == std::string("[0:0 1 2 3 4 .][5:5 6 7 ]") + (B::kShared ? "[8:8 9 ][11:11 .]" : "[8:8 9 .]"));
}

TEST_CASE_TEMPLATE("BatchEventProcessor: started and halted at once, a thousand times, it always ends", B,
                   WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  for (int i = 0; i < 1000; ++i) {
    Diary diary;
    Processor<decltype(ring)> processor(ring, {}, diary);
    std::thread consumer([&] { processor.run(); });
    processor.halt();
    consumer.join();
    REQUIRE(diary.text == "S s");
  }
}

// ---- rewinding ------------------------------------------------------------------------------------------------------

namespace {

// A diary that throws a 7 at each of these events, once for each time that it is in here, and says to rewind.
struct Rewinder : Diary {
  explicit Rewinder(Numbers at) : bad(std::move(at)) {
    on_event = [this](std::uint64_t e, const EventContext&) { fail_at(e); };
    verdict = [](int) { return ErrorAction::rewind; };
  }
  void fail_at(std::uint64_t e) {
    const auto found = std::find(bad.begin(), bad.end(), e);
    if (found == bad.end()) return;
    bad.erase(found);
    throw 7;
  }
  Numbers bad;
};

// What is written down about n events, all of which are there when it begins.
template <class B, class Handler>
RunEnd run_events(Handler& handler, std::size_t n, whorl::ProcessorOptions options = {}) {
  typename B::template Of<std::uint64_t> ring(16);
  BatchEventProcessor<decltype(ring), Handler&> processor(ring, {}, handler, options);
  REQUIRE(ring.try_publish_events(n, kNumbered));
  end(ring);
  return processor.run();
}

}  // namespace

TEST_CASE_TEMPLATE("BatchEventProcessor: a batch is rewound from anywhere in it, and no other batch is", B,
                   WHORL_TEST_BUFFERS) {
  const std::pair<std::uint64_t, std::string> expected[] = {
      {2, "S B2/6 0 1. B2/4 2 E7@2/2 B2/4 2 3. B2/2 4 5. s"},
      {3, "S B2/6 0 1. B2/4 2 3. E7@3/3 B2/4 2 3. B2/2 4 5. s"},
  };
  for (const auto& [bad, text] : expected) {
    Rewinder diary({bad});
    CHECK(run_events<B>(diary, 6, {.max_batch = 2}) == RunEnd::closed);
    CHECK(diary.text == text);
  }
  Rewinder often({1, 1, 2});
  CHECK(run_events<B>(often, 3) == RunEnd::closed);
  CHECK(often.text == "S B3/3 0 1 E7@1/1 B3/3 0 1 E7@1/1 B3/3 0 1 2. E7@2/2 B3/3 0 1 2. s");
}

TEST_CASE_TEMPLATE("BatchEventProcessor: of a batch that is rewound nothing counts as handled, and it may grow", B,
                   WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  Rewinder diary({1});
  Processor<decltype(ring)> processor(ring, {}, diary);
  std::vector<SequenceNumber> seen;
  const auto fail_once = diary.on_event;
  diary.on_event = [&](std::uint64_t e, const EventContext& context) {
    seen.push_back(processor.sequence().get());
    if (e == 0 && seen.size() == 1) {
      REQUIRE(ring.try_publish_event(kNumbered));
      end(ring);
    }
    fail_once(e, context);
  };
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(ring.try_publish_events(2, kNumbered));
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B2/2 0 1. E7@1/1 B3/3 0 1 2. s");
  CHECK(seen == std::vector<SequenceNumber>{-1, -1, -1, -1, -1});
  CHECK(processor.sequence().get() == 2);
}

TEST_CASE_TEMPLATE("BatchEventProcessor: what was released early, or skipped, is not rewound", B, WHORL_TEST_BUFFERS) {
  for (const std::uint64_t released : {0u, 1u, 2u}) {
    Rewinder diary({2});
    const auto fail_once = diary.on_event;
    diary.on_event = [&, released = released](std::uint64_t e, const EventContext& context) {
      if (e == released) context.release(context.sequence);
      fail_once(e, context);
    };
    CHECK(run_events<B>(diary, 4) == RunEnd::closed);
    const std::string again[] = {"E7@2/2 B3/3 1 2 3. s", "E7@2/2 B2/2 2 3. s", "E7-/2 B1/1 3. s"};
    CHECK(diary.text == "S B4/4 0 1 2 " + again[released]);
  }
  Rewinder diary({1, 3});
  diary.verdict = [&](int) { return diary.bad.size() == 1 ? ErrorAction::skip : ErrorAction::rewind; };
  CHECK(run_events<B>(diary, 4) == RunEnd::closed);
  CHECK(diary.text == "S B4/4 0 1 E7@1/1 B2/2 2 3. E7@3/3 B2/2 2 3. s");
}

TEST_CASE_TEMPLATE("BatchEventProcessor: a batch's start is rewound, too; of all other hooks it means to go on", B,
                   WHORL_TEST_BUFFERS) {
  const std::pair<std::string, std::string> expected[] = {
      {"start", "S E7-/-1 B2/2 0 1. s"},
      {"batch", "S B2/2 E7-/-1 B2/2 0 1. s"},
      {"stop", "S B2/2 0 1. s E7-/1"},
  };
  for (const auto& [where, text] : expected) {
    FailsInHooks diary;
    diary.where = where;
    diary.verdict = [](int) { return ErrorAction::rewind; };
    CHECK(run_events<B>(diary, 2) == RunEnd::closed);
    CHECK(diary.text == text);
  }
}

TEST_CASE_TEMPLATE("BatchEventProcessor: one that rewinds without end is halted between two tries", B,
                   WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  Diary diary;
  Processor<decltype(ring)> processor(ring, {}, diary);
  int tries = 0;
  diary.on_event = [&](std::uint64_t, const EventContext&) {
    if (++tries == 3) processor.halt();
    throw 7;
  };
  diary.verdict = [](int) { return ErrorAction::rewind; };
  REQUIRE(ring.try_publish_events(2, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::halted);
  CHECK(tries == 3);
  CHECK(processor.sequence().get() == -1);
  CHECK(processor.error() == nullptr);
  diary.on_event = {};
  CHECK(processor.run() == RunEnd::closed);  // it goes on with the same batch
  CHECK(processor.sequence().get() == 1);
}

TEST_CASE_TEMPLATE("BatchEventProcessor: what was given up is passed over in every try", B, MultiInline, MultiDense) {
  typename B::template Of<std::uint64_t> ring(8);
  Rewinder diary({2});
  Processor<decltype(ring)> processor(ring, {}, diary);
  REQUIRE(ring.try_publish_event(kNumbered));
  for (int i = 0; i < 2; ++i) {
    CHECK_THROWS_AS(static_cast<void>(ring.try_publish_event([](std::uint64_t&) { throw 7; })), int);
    if (i == 0) REQUIRE(ring.try_publish_event(kNumbered));
  }
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B4/4 0 2. E7@2/2 B4/4 0 2. s");
  CHECK(processor.sequence().get() == 3);
}

TEST_CASE_TEMPLATE("BatchEventProcessor: runs are rewound as well, the later one with the first", B, SingleDense,
                   MultiDense) {
  struct Runs {
    std::vector<std::pair<SequenceNumber, std::size_t>> runs = {};
    void operator()(std::span<std::uint64_t> run, const EventContext& context) {
      runs.emplace_back(context.sequence, run.size());
      if (runs.size() == 2) throw 7;
    }
  };
  typename B::template Of<std::uint64_t> ring(4);
  Runs runs;
  auto handler = whorl::rewinding(std::ref(runs));
  BatchEventProcessor<decltype(ring), decltype(handler)&> processor(ring, {}, handler);
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(ring.try_publish_events(2, kNumbered));
  processor.sequence().set(1);  // as if handled: the next batch goes around the end of the ring
  REQUIRE(ring.try_publish_events(4, kNumbered));
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(runs.runs == std::vector<std::pair<SequenceNumber, std::size_t>>{{2, 2}, {4, 2}, {2, 2}, {4, 2}});
}

// ---- rewinding(), and its policies ----------------------------------------------------------------------------------

namespace {

// Rewinds its diary by a policy, on ints.
template <class Policy>
using RewindingInts = whorl::Rewinding<Rewinder&, Policy, int>;

}  // namespace

TEST_CASE_TEMPLATE("Rewinding: as often as it takes", B, WHORL_TEST_BUFFERS) {
  Rewinder diary(Numbers(20, 1));
  RewindingInts<whorl::RewindAlways> handler(diary);
  CHECK(run_events<B>(handler, 2) == RunEnd::closed);
  std::string text = "S";
  for (int i = 0; i < 20; ++i) text += " B2/2 0 1.";
  CHECK(diary.text == text + " B2/2 0 1. s");  // its own on_error is not asked
}

TEST_CASE_TEMPLATE("Rewinding: gives up after so many tries, and then does as it was told, or as the handler says", B,
                   WHORL_TEST_BUFFERS) {
  const std::string tries = " 0 1 0 1 0 1";
  for (const ErrorAction then : {ErrorAction::halt, ErrorAction::skip}) {
    std::string text;
    auto handler = whorl::rewinding(
        [&](std::uint64_t& e) {
          text += ' ' + std::to_string(e);
          if (e == 1) throw 7;
        },
        whorl::RewindUpTo{3, then});
    CHECK(run_events<B>(handler, 3) == (then == ErrorAction::halt ? RunEnd::failed : RunEnd::closed));
    CHECK(text == tries + (then == ErrorAction::halt ? "" : " 2"));
  }
  Rewinder diary({1, 1, 1, 2, 2});
  diary.verdict = [](int) { return ErrorAction::skip; };
  RewindingInts<whorl::RewindUpTo> handler(diary, {3});
  CHECK(run_events<B>(handler, 3) == RunEnd::closed);
  CHECK(diary.text == "S B3/3 0 1 B3/3 0 1 B3/3 0 1 E7@1/1 B1/1 2. B1/1 2. B1/1 2. s");
}

TEST_CASE_TEMPLATE("Rewinding: a batch that succeeds, or is given up, ends the count", B, WHORL_TEST_BUFFERS) {
  std::vector<std::uint64_t> counts;
  const auto policy = [&](std::uint64_t failures) {
    counts.push_back(failures);
    return failures == 3 ? ErrorAction::skip : ErrorAction::rewind;
  };
  Numbers bad = {0, 0, 2, 2, 2, 3};
  auto handler = whorl::rewinding(
      [&](std::uint64_t& e) {
        if (const auto at = std::find(bad.begin(), bad.end(), e); at != bad.end()) {
          bad.erase(at);
          throw 7;
        }
      },
      policy);
  CHECK(run_events<B>(handler, 4, {.max_batch = 2}) == RunEnd::closed);
  CHECK(counts == std::vector<std::uint64_t>{1, 2, 1, 2, 3, 1});
}

TEST_CASE_TEMPLATE("Rewinding: of what it was not told to rewind the handler is the judge, or it is the end", B,
                   WHORL_TEST_BUFFERS) {
  for (const bool is_one : {false, true}) {
    std::uint64_t calls = 0;
    auto handler = whorl::rewinding<std::runtime_error>([&](std::uint64_t& e) {
      ++calls;
      if (e == 1 && calls < 9) is_one ? throw std::range_error("again") : throw std::logic_error("never");
    });
    CHECK(run_events<B>(handler, 3) == (is_one ? RunEnd::closed : RunEnd::failed));
    CHECK(calls == (is_one ? 11 : 2));
  }
  FailsInHooks diary;
  diary.verdict = [](int) { return ErrorAction::skip; };
  for (const char* where : {"start", "stop"}) {
    diary.where = where;
    whorl::Rewinding<FailsInHooks&> handler(diary);
    CHECK(run_events<B>(handler, 1) == RunEnd::closed);
  }
  CHECK(diary.text == "S E7-/-1 B1/1 0. sS B1/1 0. s E7-/0");  // a start and a stop are not rewound
  diary.text.clear();
  diary.where = "batch";
  whorl::Rewinding<FailsInHooks&> handler(diary);
  CHECK(run_events<B>(handler, 1) == RunEnd::closed);
  CHECK(diary.text == "S B1/1 B1/1 0. s");
}

TEST_CASE_TEMPLATE("Rewinding: a batch that has begun, and has nothing in it, has not failed when the handler stops", B,
                   MultiInline, MultiDense) {
  typename B::template Of<std::uint64_t> ring(8);
  FailsInHooks diary;
  diary.where = "stop";
  diary.verdict = [](int) { return ErrorAction::skip; };
  whorl::Rewinding<FailsInHooks&> handler(diary);
  BatchEventProcessor<decltype(ring), decltype(handler)&> processor(ring, {}, handler);
  CHECK_THROWS_AS(static_cast<void>(ring.try_publish_event([](std::uint64_t&) { throw 7; })), int);
  end(ring);
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B1/1 s E7-/0");
}

TEST_CASE_TEMPLATE("Rewinding: pauses before the next try, not after the last; timeouts pass through", B,
                   WHORL_TEST_BUFFERS) {
  const auto began = std::chrono::steady_clock::now();
  Rewinder diary({1, 1, 1});
  diary.verdict = [](int) { return ErrorAction::skip; };
  const whorl::RewindAfterPause pause{2ms, whorl::RewindUpTo{3}};
  whorl::Rewinding<Rewinder&, whorl::RewindAfterPause<whorl::RewindUpTo>> handler(diary, pause);
  CHECK(run_events<B>(handler, 2) == RunEnd::closed);
  CHECK(diary.text == "S B2/2 0 1. B2/2 0 1. B2/2 0 1. E7@1/1 s");
  CHECK(std::chrono::steady_clock::now() - began >= 4ms);
  CHECK(whorl::RewindAfterPause{1h, whorl::RewindUpTo{1}}(1) == ErrorAction::halt);

  typename B::template Of<std::uint64_t> ring(8);
  auto idle = whorl::rewinding(std::ref(diary));
  diary.text.clear();
  BatchEventProcessor<decltype(ring), decltype(idle)&> processor(ring, {}, idle, {.timeout = 1ms});
  std::thread thread([&] { processor.run(); });
  while (ring.published().sleeps() < 3) std::this_thread::yield();
  processor.halt();
  thread.join();
  CHECK(diary.text.find("S T-1") == 0);
}

TEST_CASE_TEMPLATE("Rewinding: an aggregate is rewound as one", B, WHORL_TEST_BUFFERS) {
  Diary first;
  Rewinder second({1});
  auto handler = whorl::rewinding(whorl::aggregate(std::ref(first), std::ref(second)));
  CHECK(run_events<B>(handler, 2) == RunEnd::closed);
  CHECK(first.text == "S B2/2 0 1. B2/2 0 1. s");
  CHECK(second.text == first.text);
  // One of several, alone: what another one throws is not its to rewind.
  std::uint64_t calls = 0;
  auto mixed = whorl::aggregate(whorl::rewinding([&](std::uint64_t&) { ++calls; }), [](std::uint64_t&) { throw 7; });
  CHECK(run_events<B>(mixed, 2) == RunEnd::failed);
  CHECK(calls == 1);
}

#if WHORL_CHECKED
TEST_CASE("BatchEventProcessor: says that it runs in one thread at a time") {
  whorl::RingBuffer<std::uint64_t> ring(8);
  const std::string words = dying_words([&] {
    BatchEventProcessor<decltype(ring), Diary&>* self = nullptr;
    Diary diary;
    diary.on_event = [&](std::uint64_t, const EventContext&) { self->run(); };
    BatchEventProcessor<decltype(ring), Diary&> processor(ring, {}, diary);
    self = &processor;
    static_cast<void>(ring.try_publish_event(kNumbered));
    processor.run();
  });
  CHECK(words.find("a processor runs in one thread at a time") != std::string::npos);
}
#endif
