#include "self_test.hpp"

#include <iomanip>
#include <iostream>

#include "../contenders/contenders.hpp"
#include "../driver/hand_off_run.hpp"
#include "../driver/push_run.hpp"
#include "../peers/lmax.hpp"
#include "broken.hpp"

namespace bench {
namespace {

using Sound = WhorlInline<Packet>;
using Wandering = WhorlBiasedWandering<Packet>;

// Patient: the ring is filled at least once, however busy the machine, so that every broken queue gets its chance.
constexpr HandOffPlan kHandOff{.capacity = 1024,
                               .when_empty = WhenEmpty::kGentle,
                               .pinned = true,
                               .window_ns = 5'000'000,
                               .warm_up_ns = 1'000'000'000};
constexpr HandOffPlan kOfBatches = [] {
  HandOffPlan plan = kHandOff;
  plan.batch = 64;
  return plan;
}();
constexpr PushPlan kPushes{.capacity = 65536, .pushes = 16000};

// Whether the run ends as it should: with an error, or without one.
template <class Run>
bool ends_as_expected(const char* queue, const char* driver, bool sound, Run run) {
  std::string outcome = "passed";
  bool caught = false;
  try {
    run();
  } catch (const VerificationError& error) {
    outcome = std::string("caught: ") + error.what();
    caught = true;
  }
  const bool expected = caught != sound;
  std::cout << std::left << std::setw(24) << queue << std::setw(12) << driver << outcome
            << (expected ? "" : "   <- WRONG") << '\n';
  return expected;
}

template <class Queue>
bool check(const Stage& stage) {
  constexpr bool kSound = std::is_same_v<Queue, Sound>;
  const bool one =
      ends_as_expected(Queue::kName, "1 producer", kSound, [&] { run_hand_off<Queue, 1>(kHandOff, stage); });
  const bool two =
      ends_as_expected(Queue::kName, "2 producers", kSound, [&] { run_hand_off<Queue, 2>(kHandOff, stage); });
  const bool batches =
      ends_as_expected(Queue::kName, "batches", kSound, [&] { run_hand_off<Queue, 1, true>(kOfBatches, stage); });
  const bool pushes = ends_as_expected(Queue::kName, "push", kSound, [&] { run_pushes<Queue>(kPushes, stage); });
  return one && two && batches && pushes;
}

// Of a contender, none of which breaks its promises.
template <class Queue>
bool check_contender(const Stage& stage) {
  if constexpr (std::derived_from<Queue, Absent>) {
    std::cout << std::left << std::setw(24) << Queue::kName << "missing\n";
    return true;
  } else {
    const bool single =
        ends_as_expected(Queue::kName, "1 producer", true, [&] { run_hand_off<Queue, 1>(kHandOff, stage); });
    const bool batches =
        ends_as_expected(Queue::kName, "batches", true, [&] { run_hand_off<Queue, 1, true>(kOfBatches, stage); });
    return single && batches;
  }
}

// Of a queue whose ledger has several lanes.
template <class Queue>
bool check_lanes(const Stage& stage) {
  constexpr bool kSound = std::is_same_v<Queue, Wandering>;
  return ends_as_expected(Queue::kName, "push, lanes", kSound, [&] { run_pushes<Queue>(kPushes, stage); });
}

template <class... Queues>
bool check_all(Roster<Queues...>, const Stage& stage) {
  return (int{check<Queues>(stage)} + ...) == sizeof...(Queues);
}
template <class... Queues>
bool check_contenders(Roster<Queues...>, const Stage& stage) {
  return (int{check_contender<Queues>(stage)} + ...) == sizeof...(Queues);
}
template <class... Queues>
bool check_all_lanes(Roster<Queues...>, const Stage& stage) {
  return (int{check_lanes<Queues>(stage)} + ...) == sizeof...(Queues);
}

// The Java program keeps its own books.
bool check_java(const Stage& stage) {
  const std::optional<std::string> complaint = check_lmax(stage.cpus);
  std::cout << std::left << std::setw(24) << "lmax/java" << std::setw(12) << "its books"
            << (!complaint           ? "missing"
                : complaint->empty() ? "every fault was noticed"
                                     : *complaint)
            << '\n';
  return !complaint || complaint->empty();
}

}  // namespace

bool self_test(const Stage& stage) {
  const bool one_lane = check_all(
      Roster<Sound, Losing<Sound>, Doubling<Sound>, Reordering<Sound>, Damaging<Sound>, Withholding<Sound>>{}, stage);
  const bool lanes = check_all_lanes(Roster<Wandering, Losing<Wandering>, Doubling<Wandering>, Reordering<Wandering>,
                                            Damaging<Wandering>, Withholding<Wandering>>{},
                                     stage);
  using Item = Packet;
  constexpr std::size_t kCapacity = kHandOff.capacity;
  const bool contenders = check_contenders(
      Roster<WhorlLeased<Item>, WhorlDense<Item>, WhorlBiased<Item>, WhorlBiased1<Item>,                //
             WhorlShared1<Item>, BoostQueue<Item>, BoostSpsc<Item>,                                     //
             MoodycamelTokens<Item, kCapacity>, MoodycamelPlain<Item, kCapacity>, MoodycamelRwq<Item>,  //
             TbbBounded<Item>, DpdkMpSc<Item>, DpdkHts<Item>, DpdkRts<Item>, DpdkSpSc<Item>,            //
             UrcuWfcqueue<Item>, LibcdsVyukov<Item>, MutexRing<Item>, AbslMutexDeque<Item>>{},
      stage);
  const bool passed = one_lane && lanes && contenders && check_java(stage);
  std::cout << (passed ? "self-test passed: every broken queue was caught, and no contender\n" : "self-test FAILED\n");
  return passed;
}

}  // namespace bench
