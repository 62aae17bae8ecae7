// The recorder and its judge, shown what they must not let pass and what they must.

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "crew.hpp"
#include "recorder.hpp"

using namespace whorl_test;

namespace {

constexpr std::size_t kCapacity = 2;

// Two rows on one shard of two, every call with its times, one after the other unless it says otherwise.
class Script {
 public:
  void write(std::size_t row) {
    recorder_.write(row, [] { return true; });
  }
  void refuse(std::size_t row) {
    recorder_.write(row, [] { return false; });
  }
  Recorder::Call begin(std::size_t row) { return recorder_.begin(row); }
  void end(const Recorder::Call& call, const Recorder::Outcome& outcome) { recorder_.end(call, outcome); }
  void find_nothing() {
    recorder_.read(1, [] { return std::size_t{0}; });
  }
  void find(std::size_t row) {
    recorder_.read(1, [&] { return see(row); });
  }
  // A read that goes on while meanwhile() happens.
  template <class Meanwhile>
  void find(std::size_t row, Meanwhile&& meanwhile) {
    recorder_.read(1, [&] {
      meanwhile();
      return see(row);
    });
  }
  void close() { recorder_.closing(); }
  // What is said of it, without the shard's number.
  std::string verdict() const {
    const std::string words = recorder_.complaint();
    return words.substr(std::min(words.size(), words.find(": ") + 2));
  }

 private:
  std::size_t see(std::size_t row) {
    recorder_(Item::make(row, seen_[row]++));
    return 1;
  }

  Recorder recorder_{2, 1, kCapacity, Recorder::Pace::every_call};
  std::vector<std::uint64_t> seen_ = {0, 0};
};

template <class Play>
std::string verdict(Play&& play) {
  Script script;
  play(script);
  return script.verdict();
}

}  // namespace

TEST_CASE("recorder: of two writes one after the other the first must be read first, and of two at once either") {
  CHECK(verdict([](Script& s) { s.write(0), s.write(1), s.find(0), s.find(1); }) == "");
  CHECK(verdict([](Script& s) { s.write(0), s.write(1), s.find(1), s.find(0); }) ==
        "read behind an item that was written later");
  CHECK(verdict([](Script& s) {
          const auto slow = s.begin(0);
          s.write(1);
          s.end(slow, {.accepted = 1});
          s.find(1), s.find(0);
        }) == "");
}

TEST_CASE("recorder: a read may find nothing only while the next item is not written") {
  CHECK(verdict([](Script& s) { s.find_nothing(), s.write(0), s.find(0), s.find_nothing(); }) == "");
  CHECK(verdict([](Script& s) { s.write(0), s.find_nothing(), s.find(0); }) == "nothing found, although it was there");
  CHECK(verdict([](Script& s) { s.write(0), s.write(1), s.find(0), s.find_nothing(), s.find(1); }) ==
        "nothing found, although it was there");
  // The weak rule: an item that is not complete hides one behind it that is, and none before it.
  const auto with_a_slow_write = [](std::size_t first, std::size_t second) {
    return verdict([&](Script& s) {
      const auto slow = s.begin(0);
      s.write(1);
      s.find_nothing();
      s.end(slow, {.accepted = 1});
      s.find(first), s.find(second);
    });
  };
  CHECK(with_a_slow_write(0, 1) == "");
  CHECK(with_a_slow_write(1, 0) == "nothing found, although it was there");
}

TEST_CASE("recorder: a write may be refused only of a shard that may be full") {
  constexpr const char* kWrong = "refused, although there was room";
  CHECK(verdict([](Script& s) { s.write(0), s.refuse(1), s.write(1), s.find(0), s.find(1); }) == kWrong);
  CHECK(verdict([](Script& s) { s.write(0), s.write(0), s.refuse(1), s.find(0), s.find(0); }) == "");
  CHECK(verdict([](Script& s) { s.write(0), s.write(0), s.find(0), s.refuse(1), s.find(0); }) == kWrong);
  CHECK(verdict([](Script& s) {
          s.write(0), s.write(0);
          s.find(0, [&] { s.refuse(1); });  // the read has not returned: its room need not be back
          s.find(0);
        }) == "");
  CHECK(verdict([](Script& s) {
          s.write(0);
          const auto slow = s.begin(0);
          s.refuse(1);  // the slow write may have its position already
          s.end(slow, {.accepted = 1});
          s.find(0), s.find(0);
        }) == "");
  CHECK(verdict([](Script& s) {
          const auto call = s.begin(0);
          s.end(call, {.found_no_room = 2});
        }) == kWrong);
  CHECK(verdict([](Script& s) {
          s.write(1);
          const auto call = s.begin(0);
          s.end(call, {.found_no_room = 2});
          s.find(1);
        }) == "");
  CHECK(verdict([](Script& s) {
          s.write(0);
          const auto refused = s.begin(1);
          s.find(0), s.write(0);  // two were claimed in its time, and never two at once
          s.end(refused, {.found_no_room = 1});
          s.find(0);
        }) == kWrong);
  CHECK(verdict([](Script& s) { s.close(), s.refuse(0); }) == "");
  CHECK(verdict([](Script& s) { s.refuse(0), s.close(); }) == kWrong);
}

TEST_CASE("recorder: what is buried takes room until it is passed") {
  const auto bury = [](Script& s) {
    const auto call = s.begin(0);
    s.end(call, {.buried = 1});
  };
  CHECK(verdict([&](Script& s) { bury(s), s.write(1), s.refuse(1), s.find(1); }) == "");
  CHECK(verdict([&](Script& s) { bury(s), s.write(1), s.find(1), s.refuse(1); }) == "refused, although there was room");
  CHECK(verdict([&](Script& s) { s.write(1), bury(s), s.find(1), s.refuse(1); }) == "refused, although there was room");
  CHECK(verdict([&](Script& s) { s.write(1), bury(s), s.refuse(1), s.find(1); }) == "");
}

TEST_CASE("recorder: what is buried late hides what lies behind it until then, and not what lies before") {
  CHECK(verdict([](Script& s) {
          const auto slow = s.begin(0);
          s.write(1), s.find_nothing();
          s.end(slow, {.buried = 1});
          s.find(1);
        }) == "");
  constexpr const char* kWrong = "nothing found, although it was there";
  CHECK(verdict([](Script& s) {
          const auto slow = s.begin(0);
          s.write(1);
          s.end(slow, {.buried = 1});
          s.find_nothing(), s.find(1);
        }) == kWrong);
  CHECK(verdict([](Script& s) {
          s.write(1);
          const auto slow = s.begin(0);
          s.find_nothing();
          s.end(slow, {.buried = 1});
          s.find(1);
        }) == kWrong);
}

TEST_CASE("recorder: a write may be accepted only by a shard that may have room") {
  CHECK(verdict([](Script& s) { s.write(0), s.write(0), s.write(0), s.find(0), s.find(0), s.find(0); }) ==
        "accepted, although there was no room");
  CHECK(verdict([](Script& s) {
          s.write(0), s.write(0);
          s.find(0, [&] { s.write(0); });  // within a read room may come back
          s.find(0), s.find(0);
        }) == "");
}

TEST_CASE("recorder: an item must not be read before it is written, twice, or never") {
  CHECK(verdict([](Script& s) { s.find(0), s.write(0); }) == "read before it was written");
  Recorder twice(1, 1, kCapacity);
  twice(Item::make(0, 0));
  twice(Item::make(0, 0));
  CHECK(twice.complaint().starts_with("an item delivered twice"));
  Recorder lost(1, 1, kCapacity);
  lost(Item::make(0, 1));
  CHECK(lost.complaint().starts_with("an item delivered before an earlier one, or a lost one"));
}

TEST_CASE("recorder: of calls without times no more is assumed than their neighbours tell") {
  // Row 0 writes with gaps, and is read at once; row 1 now and then has a write that is under way for long.
  Recorder recorder(2, 1, 1'000);
  std::vector<Recorder::Call> slow;
  for (std::uint64_t n = 0; n < 1'000; ++n) {
    if (n % 100 == 0) slow.push_back(recorder.begin(1));
    recorder.write(0, [] { return true; });
    recorder.read(2, [&] {
      recorder(Item::make(0, n));
      if (n % 100 == 99) recorder(Item::make(1, n / 100));
      return std::size_t{n % 100 == 99 ? 2u : 1u};
    });
    if (n % 100 == 99) recorder.end(slow.back(), {.accepted = 1});
  }
  CHECK(recorder.complaint() == "");
  const History history = recorder.history(0);
  CHECK(history.reads.size() == 1'010);
  CHECK(std::ranges::count_if(history.writes[0], &Times::are_known) == 960);  // behind these there is nobody who tells
  CHECK(std::ranges::count_if(history.writes[0], [](const Times& t) { return t.returned == t.begun + 1; }) < 600);
}

TEST_CASE("recorder: a refusal is not judged by what is no longer written down") {
  constexpr std::uint64_t kMore = 140'000;  // items than are written down of a row
  Recorder recorder(2, 1, kCapacity, Recorder::Pace::every_call);
  for (std::uint64_t n = 0; n < kMore; ++n) {
    recorder.write(0, [] { return true; });
    recorder.read(1, [&] {
      recorder(Item::make(0, n));
      return std::size_t{1};
    });
  }
  recorder.write(0, [] { return true; });
  recorder.write(0, [] { return true; });
  recorder.write(1, [] { return false; });
  CHECK(recorder.complaint() == "");
}

namespace {

enum class Wrong { nothing, overtakes, hides, refuses, overfills };

// A ring with one thing wrong with it now and then.
template <Wrong kWrong>
class PlantedRing {
 public:
  static constexpr std::size_t kRoom = 8;

  bool try_write(const Item& item) {
    const bool is_full = items_.size() >= kRoom;
    if (is_full && !(kWrong == Wrong::overfills && its_time())) return false;
    if (kWrong == Wrong::refuses && its_time()) return false;
    // To the end or, overtaking whatever is not its producer's, as far to the front as the ledger does not mind.
    auto place = items_.end();
    while (kWrong == Wrong::overtakes && place != items_.begin() && std::prev(place)->producer != item.producer)
      --place;
    items_.insert(place, item);
    return true;
  }
  template <class Use>
  std::size_t try_consume(Use&& use, std::size_t most) {
    if (kWrong == Wrong::hides && its_time()) return 0;
    std::size_t used = 0;
    for (; used < most && !items_.empty(); ++used) {
      use(items_.front());
      items_.pop_front();
    }
    return used;
  }

 private:
  bool its_time() { return ++calls_ % 16 == 0; }

  std::deque<Item> items_;
  std::uint64_t calls_ = 0;
};

// Two producers and the consumer take turns by lot.
template <Wrong kWrong>
std::string verdict_of_ring() {
  PlantedRing<kWrong> ring;
  Recorder recorder(2, 1, PlantedRing<kWrong>::kRoom);
  Random random(seed());
  std::vector<std::uint64_t> written = {0, 0};
  for (std::uint64_t turn = 0; turn < 10'000; ++turn) {
    const std::size_t who = between(random, 0, 2);
    if (who == 2) {
      show(ring, recorder, between(random, 1, 4));
    } else if (recorder.write(who, [&] { return ring.try_write(Item::make(who, written[who])); })) {
      ++written[who];
    }
  }
  return recorder.complaint();
}

}  // namespace

TEST_CASE("recorder: with gaps, each thing that is wrong with a ring now and then is seen") {
  CHECK(verdict_of_ring<Wrong::nothing>() == "");
  CHECK(verdict_of_ring<Wrong::overtakes>() == "shard 0: read behind an item that was written later");
  CHECK(verdict_of_ring<Wrong::hides>() == "shard 0: nothing found, although it was there");
  CHECK(verdict_of_ring<Wrong::refuses>() == "shard 0: refused, although there was room");
  CHECK(verdict_of_ring<Wrong::overfills>() == "shard 0: accepted, although there was no room");
}
