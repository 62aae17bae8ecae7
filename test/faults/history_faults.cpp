// Histories of real threads, judged against what is promised; and the judges, shown what they must not let pass.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../stress/history.hpp"
#include "../support/death.hpp"
#include "traffic.hpp"

using namespace whorl_test;

namespace {

std::atomic<std::uint64_t> clock_now{0};

// Runs `call` and says when.
template <class Call>
Times timed(Call&& call) {
  Times times;
  times.begun = clock_now.fetch_add(1);
  call();
  times.returned = clock_now.fetch_add(1);
  return times;
}

// One producer's part of a history.
struct Writing {
  std::vector<Times> writes;
  std::vector<History::Refusal> refusals;
};

template <class Ring>
bool write_timed(Ring& ring, std::size_t producer, Writing& writing, std::size_t most_refusals) {
  bool written = false;
  const Item item = Item::make(producer, writing.writes.size());
  const Times times = timed([&] { written = ring.try_write(producer, item); });
  if (written) writing.writes.push_back(times);
  if (!written && writing.refusals.size() < most_refusals) writing.refusals.push_back({times});
  return written;
}

template <class Ring>
std::size_t read_timed(Ring& ring, History& history, std::size_t most, std::size_t most_empties) {
  const std::size_t before = history.reads.size();
  std::size_t got = 0;
  const Times times = timed([&] {
    got = ring.try_consume([&](const Item& item) { history.reads.push_back({item.producer, item.number, {}}); }, most);
  });
  for (std::size_t i = before; i < history.reads.size(); ++i) history.reads[i].times = times;
  if (got < most && history.empties.size() < most_empties) history.empties.push_back({history.reads.size(), times});
  return got;
}

void add(History& history, std::vector<Writing>& writings) {
  for (Writing& writing : writings) {
    history.writes.push_back(std::move(writing.writes));
    history.refusals.insert(history.refusals.end(), writing.refusals.begin(), writing.refusals.end());
  }
}

// A long history: about `operations` calls of `producers` threads and the consumer.
template <class Ring>
History record(std::size_t producers, std::size_t capacity, std::uint64_t operations, Random& random,
               Watchdog& watchdog) {
  const std::uint64_t each = operations / 2 / producers;
  Ring ring(capacity, 1, {.first_position = random()});
  History history;
  history.capacity = capacity;
  history.reads.reserve(each * producers);
  std::vector<Writing> writings(producers);
  {
    const Crew crew(producers, [&](std::size_t producer, std::stop_token stop, Random&) {
      Writing& writing = writings[producer];
      writing.writes.reserve(each);
      whorl::Backoff wait;
      while (writing.writes.size() < each && !stop.stop_requested()) {
        if (write_timed(ring, producer, writing, each)) {
          wait.reset();
        } else {
          wait.snooze();
        }
      }
    });
    for (whorl::Backoff wait; history.reads.size() < each * producers;) {
      if (read_timed(ring, history, between(random, 1, 8), each) != 0) {
        wait.reset();
        watchdog.progress();
      } else {
        wait.snooze();
      }
    }
  }
  add(history, writings);
  return history;
}

}  // namespace

// ---- 25 ----------------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("fault 25: long histories of many producers are what a queue may do, empties by the weak rule", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  Random random(seed());
  Watchdog watchdog("fault 25");
  std::size_t operations = 0;
  std::size_t empties = 0;
  std::size_t refusals = 0;
  for (std::uint64_t round = 0; round < figure(10, 200); ++round) {
    const std::size_t producers = between(random, 4, 16);
    const std::size_t capacity = std::size_t{1} << between(random, 0, 10);
    CAPTURE(producers);
    CAPTURE(capacity);
    const History history =
        record<typename S::template Ring<Item>>(producers, capacity, figure(40'000, 1'000'000), random, watchdog);
    REQUIRE(judge(history) == "");
    operations += history.operations();
    empties += history.empties.size();
    refusals += history.refusals.size();
  }
  note(std::to_string(operations) + " operations, " + std::to_string(empties) + " found nothing, " +
       std::to_string(refusals) + " were refused");
}

namespace {

// Threads that record one short history after the other, each thread a few calls of each.
template <class Ring>
class ShortHistories {
 public:
  static constexpr std::size_t kProducers = 3;

  // Each producer tries two writes, the consumer some single reads meanwhile and the rest afterwards.
  History next(std::size_t capacity, Random& random) {
    ring_.emplace(capacity, 1);
    writings_.assign(kProducers, {});
    History history;
    history.capacity = capacity;
    const std::uint64_t round = ++round_;
    ready_.store(round * kProducers, std::memory_order_release);  // off they go
    const auto all_done = [&] { return done_.load(std::memory_order_acquire) == round * kProducers; };
    for (std::uint64_t reads = between(random, 1, 3); reads != 0; --reads) {
      // Not before somebody else has begun something: most reads should have company.
      const std::uint64_t time = clock_now + between(random, 0, 5);
      for (whorl::Backoff wait; clock_now < time && !all_done();) wait.snooze();
      read_timed(*ring_, history, 1, 100);
    }
    for (whorl::Backoff wait; !all_done();) wait.snooze();
    add(history, writings_);
    while (read_timed(*ring_, history, 1, 0) != 0) {
    }
    return history;
  }

 private:
  void work(std::size_t producer, std::stop_token stop, Random& dice) {
    for (std::uint64_t round = 1; !stop.stop_requested(); ++round) {
      for (whorl::Backoff wait; ready_.load(std::memory_order_acquire) < round * kProducers; wait.snooze()) {
        if (stop.stop_requested()) return;
      }
      for (int n = 0; n < 2; ++n) {
        for (std::uint64_t pauses = between(dice, 0, 30); pauses != 0; --pauses) whorl::sync::pause();
        write_timed(*ring_, producer, writings_[producer], 100);
      }
      done_.fetch_add(1, std::memory_order_release);
    }
  }

  std::optional<Ring> ring_;
  std::vector<Writing> writings_;
  std::uint64_t round_ = 0;
  std::atomic<std::uint64_t> ready_{0};
  std::atomic<std::uint64_t> done_{0};
  Crew crew_{kProducers,
             [this](std::size_t producer, std::stop_token stop, Random& dice) { work(producer, stop, dice); }};
};

}  // namespace

TEST_CASE_TEMPLATE("fault 25: of short histories, some order of all their calls explains each", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  Random random(seed());
  Watchdog watchdog("fault 25: short");
  ShortHistories<typename S::template Ring<Item>> histories;
  std::uint64_t unexplained = 0;
  std::uint64_t empties = 0;
  std::uint64_t refusals = 0;
  const std::uint64_t rounds = figure(3'000, 1'000'000);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const History history = histories.next(std::size_t{1} << between(random, 0, 3), random);
    REQUIRE(history.operations() <= 16);
    unexplained += is_explained(history) ? 0 : 1;
    REQUIRE(judge(history) == "");
    empties += history.empties.size();
    refusals += history.refusals.size();
    watchdog.progress();
  }
  CHECK(unexplained == 0);
  note(std::to_string(rounds) + " histories with " + std::to_string(empties) + " empty reads and " +
       std::to_string(refusals) + " refusals");
}

// ---- 29 ----------------------------------------------------------------------------------------------------------------

namespace {

// Two producers, two items each, one behind the other: written at 10, 20, 30, 40, read at 50, 60, 70, 80.
History proper_history() {
  History history;
  history.capacity = 4;
  history.writes = {{{10, 11}, {30, 31}}, {{20, 21}, {40, 41}}};
  history.reads = {{0, 0, {50, 51}}, {1, 0, {60, 61}}, {0, 1, {70, 71}}, {1, 1, {80, 81}}};
  history.empties = {{0, {1, 2}}, {0, {5, 15}}, {4, {90, 91}}};
  history.refusals = {{{42, 43}}};
  return history;
}

// What the judges say of it when `spoil` has been at work.
template <class Spoil>
std::string verdict(Spoil&& spoil) {
  History history = proper_history();
  spoil(history);
  const std::string words = judge(history);
  CHECK(is_explained(history) == words.empty());
  return words;
}

}  // namespace

TEST_CASE("fault 29: the judges of histories agree with what is right, and see each thing that is wrong") {
  CHECK(verdict([](History&) {}) == "");
  CHECK(verdict([](History& h) {
          std::swap(h.reads[0], h.reads[1]);
          std::swap(h.reads[0].times, h.reads[1].times);
        }) == "read behind an item that was written later");
  CHECK(verdict([](History& h) { h.reads[2].number = 0; }) == "lost, read twice, or out of its producer's order");
  CHECK(verdict([](History& h) {
          h.reads[0].times = {5, 6};
          h.empties.clear();
        }) == "read before it was written");
  CHECK(verdict([](History& h) { h.reads[3].number = 2; }) == "read, not written");
  CHECK(verdict([](History& h) { h.empties.push_back({0, {45, 46}}); }) == "nothing found, although it was there");
  CHECK(verdict([](History& h) { h.empties.push_back({2, {65, 66}}); }) == "nothing found, although it was there");
  CHECK(verdict([](History& h) { h.refusals.push_back({{35, 36}}); }) == "refused, although there was room");
  CHECK(verdict([](History& h) { h.refusals.push_back({{55, 56}}); }) == "refused, although there was room");
  CHECK(verdict([](History& h) {
          h.reads[0].times = {35, 36};
          h.refusals = {{{33, 45}}};  // four were claimed by its end, and never four at once
        }) == "refused, although there was room");
  // Overlapping calls may take any order, and an item that is not complete may hide those behind it.
  CHECK(verdict([](History& h) {
          h.writes[0][0].returned = 48;
          std::swap(h.reads[0], h.reads[1]);
          std::swap(h.reads[0].times, h.reads[1].times);
        }) == "");
  CHECK(verdict([](History& h) {
          h.writes[0][0].returned = 47;
          h.empties.push_back({0, {45, 46}});
        }) == "");
  CHECK(verdict([](History& h) {
          h.writes[1][1].returned = 49;
          h.refusals.push_back({{41, 44}});
        }) == "");
  History lost = proper_history();
  lost.reads.pop_back();
  CHECK(judge(lost) == "written, not read");
}

TEST_CASE("fault 29: the ledger sees an item that is lost, comes twice, too early, or in parts") {
  const auto complaint = [](const std::vector<Item>& items) {
    Ledger ledger(2);
    for (const Item& item : items) ledger(item);
    return ledger.complaint();
  };
  const auto begins = [&](const std::vector<Item>& items, const char* words) {
    return complaint(items).starts_with(words);
  };
  const Item first = Item::make(1, 0);
  const Item second = Item::make(1, 1);
  CHECK(complaint({first, second, Item::make(0, 0)}) == "");
  CHECK(begins({first, first}, "an item delivered twice"));
  CHECK(begins({first, second, first}, "an item delivered twice or late"));
  CHECK(begins({second, first}, "an item delivered before an earlier one"));
  CHECK(begins({{first.producer, second.number, first.seal}}, "an item of parts of two"));
  CHECK(begins({{second.producer, second.number, first.seal}}, "an item of parts of two"));
  CHECK(begins({Item::make(2, 0)}, "an item of parts of two"));
}

TEST_CASE("fault 29: the watchdog ends a program that gets no further") {
  if (!is_long()) return note("the watchdog's own minute is waited for with the full figures only");
  const std::string words = dying_words([] {
    const Watchdog watchdog("a test that hangs");
    std::this_thread::sleep_for(std::chrono::minutes(5));
  });
  CHECK(words == "a test that hangs: no progress for a minute\n");
}
