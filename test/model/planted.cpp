// Bugs planted on purpose. Each must be found, by every kind of search; what is right in its place must pass, so that
// it is the bug that is found.

#include "planted_lanes.hpp"
#include "planted_parts.hpp"
#include "planted_shard.hpp"
#include "planted_sleep.hpp"
#include "traffic.hpp"

namespace {

using enum model::Order;

template <CellBug kBug>
using WithCells = AssembledShard<whorl::SharedClaim, PlantedCells<Element, kBug>>;
template <ReaderBug kBug>
using WithReader = AssembledShard<whorl::SharedClaim, whorl::StampedCells<Element>, PlantedReader<kBug>>;

// Two producers meet at a full shard of two, and two cells may become free at once.
void claims(model::Suite& suite) {
  const Plan plan{.capacity = 2, .producers = 2, .items = 1, .prefilled = 2};
  suite.check("right: the shipping parts, put together by hand",
              model::scenario<Traffic<AssembledShard<whorl::SharedClaim>>>(plan));
  suite.check("right: space is proven against a shared limit",
              model::scenario<Traffic<AssembledShard<LimitClaim<acquire, release>>>>(plan));
  suite.must_fail("planted: a position is claimed by adding and given back by subtracting", "data race",
                  model::scenario<Traffic<AssembledShard<AddThenUndoClaim>>>(plan));
  suite.must_fail("planted: the shared limit is read relaxed", "data race",
                  model::scenario<Traffic<AssembledShard<LimitClaim<relaxed, release>>>>(plan));
  suite.must_fail("planted: the shared limit is written relaxed", "data race",
                  model::scenario<Traffic<AssembledShard<LimitClaim<acquire, relaxed>>>>(plan));
}

void cells(model::Suite& suite) {
  const Plan plan{.capacity = 1, .items = 2};
  suite.check("right: published after it is built", model::scenario<Traffic<WithCells<CellBug::none>>>(plan));
  suite.must_fail("planted: published before it is built", "data race",
                  model::scenario<Traffic<WithCells<CellBug::published_before_it_is_built>>>(plan));
  // At these positions ~(p + 1) is the stamp that the lap before has left, if a lap is one position long.
  for (const whorl::Position first : {kAcrossTheSign, kAcrossTheEnd}) {
    const Plan wrap{.capacity = 1, .items = 2, .first = first};
    const std::string from = ", from " + model::show(first);
    suite.check("right: a tombstone half a circle away" + from,
                model::scenario<Traffic<WithCells<CellBug::none>>>(wrap));
    suite.must_fail("planted: a tombstone that is the complement of the stamp" + from, "",
                    model::scenario<Traffic<WithCells<CellBug::tombstone_is_the_complement>>>(wrap));
  }
}

void readers(model::Suite& suite) {
  const std::size_t capacity = 2;
  const Plan plan{.capacity = 1, .items = 2};
  suite.check("right: room is back when a read ends",
              model::scenario<RoomIsBack<WithReader<ReaderBug::none>>>(capacity));
  suite.check("right: room is back after an item is used", model::scenario<Traffic<WithReader<ReaderBug::none>>>(plan));
  suite.must_fail("planted: room is kept when a read ends", "refused though there was room",
                  model::scenario<RoomIsBack<WithReader<ReaderBug::keeps_room_at_the_end>>>(capacity));
  suite.must_fail("planted: room is given back before the item is used", "data race",
                  model::scenario<Traffic<WithReader<ReaderBug::gives_room_back_first>>>(plan));
}

/// D. Vyukov's ring, whose reader writes the stamps as well. Where the stamp of a free cell is its next position, a
/// capacity of 1 has a complete cell look free; where stamps count in steps of two, it does not.
template <std::uint64_t kStep>
class BothWriteStamps {
 public:
  struct Claim {
    static constexpr bool kShared = true;
  };
  BothWriteStamps(std::size_t capacity, whorl::Position) : capacity_(capacity) {
    model::require(capacity == 1, "one cell");
  }

  template <class Fill>
  std::size_t try_fill(std::size_t /*most*/, Fill&& fill) {
    std::uint64_t p = tail_.load(relaxed);
    if (stamp_.load(acquire) != p * kStep || !tail_.compare_exchange_strong(p, p + 1, relaxed, relaxed)) {
      ++refused_;
      return 0;
    }
    storage_.build(fill, std::size_t{0});
    stamp_.store(p * kStep + 1, release);
    return 1;
  }
  template <class Use>
  std::size_t try_consume(Use&& use, std::size_t /*most*/) {
    if (stamp_.load(acquire) != head_ * kStep + 1) return 0;
    storage_.consume(use);
    stamp_.store((head_ + capacity_) * kStep, release);
    ++head_;
    return 1;
  }
  std::size_t capacity() const noexcept { return capacity_; }
  whorl::RingStats stats() const { return {tail_.load(relaxed), refused_, head_, 0}; }

 private:
  std::size_t capacity_;
  model::Atomic<std::uint64_t> tail_{0, "tail"};
  model::Atomic<std::uint64_t> stamp_{0, "stamp"};
  whorl::detail::Storage<Element> storage_;
  std::uint64_t head_ = 0;
  std::uint64_t refused_ = 0;
};

// What only the search for an order of all calls can see.
void lanes(model::Suite& suite) {
  constexpr const char* kNoOrder = "no order explains the answers";
  suite.check("right: one after the other, a shared shard",
              model::scenario<OneAfterTheOther<whorl::RingShard<Element, whorl::Shared>>>());
  suite.check("right: one after the other, a lane each", model::scenario<OneAfterTheOther<TwoLanes<LaneBug::none>>>());
  suite.must_fail("planted: the later item is read first", kNoOrder,
                  model::scenario<OneAfterTheOther<TwoLanes<LaneBug::overtakes>>>());
  suite.must_fail("planted: nothing is found, although it was there", kNoOrder,
                  model::scenario<OneAfterTheOther<TwoLanes<LaneBug::hides>>>());
}

// Histories of one thread after the other, told to the search as they are.
void orders(model::Suite& suite) {
  using whorl_test::Orders;
  using enum Orders::Kind;
  const auto explains = [](std::size_t capacity, const std::vector<Orders::Call>& calls) {
    return Orders(capacity, calls).exist();
  };
  suite.expect(explains(1, {{write, 7, 0}, {refusal, 0, 1}, {read, 7, 3}, {empty, 0, 7}}), "right: in its order");
  suite.expect(explains(1, {{write, 7, 0}, {write, 8, 0}, {read, 8, 0}, {read, 7, 4}}), "right: all at once");
  suite.expect(explains(2, {{write, 7, 0}, {write, 8, 0}, {empty, 0, 2}, {read, 7, 6}, {read, 8, 14}}),
               "right: a complete item hidden by an incomplete one");
  suite.expect(!explains(2, {{write, 7, 0}, {write, 8, 1}, {read, 8, 0}, {read, 7, 4}}), "planted: overtaken");
  suite.expect(!explains(2, {{write, 7, 0}, {read, 7, 1}, {read, 7, 3}}), "planted: read twice");
  suite.expect(!explains(2, {{read, 7, 0}, {write, 7, 1}}), "planted: read before it was written");
  suite.expect(!explains(2, {{write, 7, 0}, {empty, 0, 1}, {read, 7, 3}}), "planted: empty, and an item was there");
  suite.expect(!explains(2, {{write, 7, 0}, {refusal, 0, 1}}), "planted: refused with room");
  suite.expect(!explains(1, {{write, 7, 0}, {write, 8, 1}, {read, 7, 3}, {read, 8, 7}}),
               "planted: accepted without room");
}

void stamps_of_both_sides(model::Suite& suite) {
  const Plan plan{.capacity = 1, .items = 2};
  suite.check("right: stamps in steps of two, capacity 1", model::scenario<Traffic<BothWriteStamps<2>>>(plan));
  suite.must_fail("planted: a free cell's stamp is its next position, capacity 1", "",
                  model::scenario<Traffic<BothWriteStamps<1>>>(plan));
}

enum class Handshake { both_fences, no_fence_of_the_sleeper, no_fence_of_the_waker, a_seq_cst_exchange_for_a_fence };

/// One thread announces that it sleeps and then looks for work; the other one brings work and then looks for a sleeper.
template <Handshake kHandshake>
class SleepAndWake : public model::Scenario {
 public:
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override { thread == 0 ? bring() : sleep(); }

 private:
  void bring() {
    if constexpr (kHandshake == Handshake::a_seq_cst_exchange_for_a_fence) {
      work_.exchange(true, seq_cst);
    } else {
      work_.store(true, release);
      if constexpr (kHandshake != Handshake::no_fence_of_the_waker) model::fence(seq_cst);
    }
    if (sleeping_.load(relaxed)) wake_.store(true, release);
  }
  void sleep() {
    sleeping_.store(true, relaxed);
    if constexpr (kHandshake != Handshake::no_fence_of_the_sleeper) model::fence(seq_cst);
    if (work_.load(acquire)) return;
    while (!wake_.load(acquire)) model::yield();
  }

  model::Atomic<bool> work_{false, "work"};
  model::Atomic<bool> sleeping_{false, "sleeping"};
  model::Atomic<bool> wake_{false, "wake"};
};

void handshakes(model::Suite& suite) {
  constexpr const char* kLostWake = "no thread can go on";
  suite.check("right: sleep and wake with a fence on each side",
              model::scenario<SleepAndWake<Handshake::both_fences>>());
  suite.must_fail("planted: the sleeper has no fence", kLostWake,
                  model::scenario<SleepAndWake<Handshake::no_fence_of_the_sleeper>>());
  suite.must_fail("planted: the waker has no fence", kLostWake,
                  model::scenario<SleepAndWake<Handshake::no_fence_of_the_waker>>());
  suite.must_fail("planted: the waker has a seq_cst exchange for a fence", kLostWake,
                  model::scenario<SleepAndWake<Handshake::a_seq_cst_exchange_for_a_fence>>());
}

constexpr const char* kSleeper = "no thread can go on: asleep in vain: T1";

template <SleepBug kBug>
model::MakeScenario one_sleeper() {
  return model::scenario<ParkAndUnpark<kBug>>(std::size_t{1});
}

void park_and_unpark(model::Suite& suite) {
  using enum SleepBug;
  const model::Bounds deep{.preemptions = 3};
  suite.check("right: park and unpark", one_sleeper<none>(), deep);
  suite.check("right: park and unpark, without membarrier", model::without_membarrier(one_sleeper<none>()), deep);
  suite.check("right: park and unpark, without fences", model::without_fences(one_sleeper<none>()), deep);
  suite.check("right: two sleepers", model::scenario<ParkAndUnpark<none>>(std::size_t{2}));
  suite.check("right: two sleepers, without membarrier",
              model::without_membarrier(model::scenario<ParkAndUnpark<none>>(std::size_t{2})));
}

void lost_wakes(model::Suite& suite) {
  using enum SleepBug;
  suite.must_fail("planted: the sleeper has no heavy barrier", kSleeper, one_sleeper<no_heavy_barrier>());
  suite.must_fail("planted: the waker has no light barrier", kSleeper, one_sleeper<no_light_barrier>());
  suite.must_fail("planted: a light barrier where there is no membarrier", kSleeper,
                  model::without_membarrier(one_sleeper<light_barrier_where_full_is_needed>()));
  suite.must_fail("planted: the waker looks before it publishes", kSleeper, one_sleeper<looks_before_it_publishes>());
  suite.must_fail("planted: the waker forgets to wake", kSleeper, one_sleeper<forgets_to_wake>());
  suite.must_fail("planted: the sleeper looks before it announces", kSleeper, one_sleeper<looks_before_it_announces>());
  suite.must_fail("planted: a wake leaves the word as it was", kSleeper, one_sleeper<same_word_after_a_wake>());
  suite.must_fail("planted: every return from park is believed", "woken for nothing",
                  model::scenario<BelievesEveryWake>());
}

void deadlines(model::Suite& suite) {
  const model::Time soon = model::kBegin + std::chrono::milliseconds(1);
  for (const bool both : {false, true}) {
    const std::string who = both ? "a sleeper and a thread that yields" : "a sleeper alone";
    suite.check("right: " + who + ", until the deadline", model::scenario<Forgotten>(both, soon));
    suite.must_fail("planted: " + who + ", for ever", kSleeper, model::scenario<Forgotten>(both, model::Time::max()));
  }
  suite.must_fail("planted: short sleeps without end", kSleeper, model::scenario<ShortSleeps>());
}

void one_sided(model::Suite& suite) {
  suite.check("barriers are one-sided", model::scenario<AsksOnce>(true));
  suite.check("barriers are not one-sided without membarrier",
              model::without_membarrier(model::scenario<AsksOnce>(false)));
  suite.check("barriers are one-sided again", model::scenario<AsksOnce>(true));
  suite.check("barriers are one-sided without fences", model::without_fences(model::scenario<AsksOnce>(true)));
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  claims(suite);
  cells(suite);
  readers(suite);
  lanes(suite);
  orders(suite);
  stamps_of_both_sides(suite);
  handshakes(suite);
  park_and_unpark(suite);
  lost_wakes(suite);
  deadlines(suite);
  one_sided(suite);
  return suite.finish();
}
