#include "self_test.hpp"

#include <iomanip>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "../contenders/contenders.hpp"
#include "../contenders/disruptor.hpp"
#include "../driver/graph_run.hpp"
#include "../driver/hand_off_run.hpp"
#include "../driver/one_thread_run.hpp"
#include "../driver/paced_run.hpp"
#include "../driver/push_run.hpp"
#include "../driver/round_trip_run.hpp"
#include "../driver/stall_run.hpp"
#include "../driver/tally.hpp"
#include "../peers/lmax.hpp"
#include "broken.hpp"
#include "broken_rings.hpp"

namespace bench {
namespace {

using Sound = WhorlInline<Packet>;
using Wandering = WhorlBiasedWandering<Packet>;

// Patient: the ring is filled at least once, however busy the machine, so that every broken queue gets its chance.
constexpr std::int64_t kPatienceNs = 1'000'000'000;
constexpr std::uint64_t kPatienceTries = 100'000'000;
constexpr HandOffPlan kHandOff{.capacity = 1024,
                               .when_empty = WhenEmpty::kGentle,
                               .pinned = true,
                               .window_ns = 5'000'000,
                               .warm_up_ns = kPatienceNs};
constexpr HandOffPlan kOfBatches = [] {
  HandOffPlan plan = kHandOff;
  plan.batch = 64;
  return plan;
}();
constexpr HandOffPlan in_graph(std::size_t batch) {
  HandOffPlan plan = kHandOff;
  plan.most = 0;
  plan.batch = batch;
  return plan;
}
constexpr PushPlan kPushes{.capacity = 65536, .pushes = 16000};
constexpr OneThreadPlan kOneThread{.capacity = 1024, .burst = 16, .bursts = 1000, .counted = 1};
constexpr RoundTripPlan kRoundTrips{.capacity = 1024, .warm_up = 100, .measured = 2000, .give_up = kPatienceTries};
constexpr PacedPlan kPaced{
    .capacity = 1024, .interval_ns = 1000, .warm_up = 100, .measured = 5000, .give_up = kPatienceTries};
constexpr StallPlan kStalls{.capacity = 1024, .window_ns = 5'000'000, .warm_up_ns = kPatienceNs};

bool says(const char* what, const char* how, bool expected, const std::string& outcome) {
  std::cout << std::left << std::setw(24) << what << std::setw(12) << how << outcome << (expected ? "" : "   <- WRONG")
            << '\n';
  return expected;
}

// Whether the run ends as it should: with an error, or without one.
template <class Run>
bool ends_as_expected(const char* queue, const char* driver, bool sound, Run run) {
  try {
    run();
  } catch (const VerificationError& error) {
    return says(queue, driver, !sound, std::string("caught: ") + error.what());
  }
  return says(queue, driver, sound, "passed");
}

// Every driver that has books.
template <class Queue>
bool check(const Stage& stage) {
  const auto ends = [](const char* driver, auto run) {
    return ends_as_expected(Queue::kName, driver, std::is_same_v<Queue, Sound>, run);
  };
  bool passed = true;
  passed &= ends("1 producer", [&] { run_hand_off<Queue, 1>(kHandOff, stage); });
  passed &= ends("2 producers", [&] { run_hand_off<Queue, 2>(kHandOff, stage); });
  passed &= ends("batches", [&] { run_hand_off<Queue, 1, true>(kOfBatches, stage); });
  passed &= ends("push", [&] { run_pushes<Queue>(kPushes, stage); });
  passed &= ends("one thread", [&] { run_one_thread<Queue>(kOneThread, stage); });
  passed &= ends("round trips", [&] { run_round_trips<Queue>(kRoundTrips, stage); });
  passed &= ends("paced", [&] { run_paced<Queue>(kPaced, stage); });
  passed &= ends("stalls", [&] { run_stalls<Queue, 2>(kStalls, stage); });
  return passed;
}

// Of a contender, none of which breaks its promises.
template <class Queue>
bool check_contender(const Stage& stage) {
  if constexpr (std::derived_from<Queue, Absent>) {
    return says(Queue::kName, "", true, "missing");
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

// Pushes until there is no room, which must be so after some time.
template <class Queue>
std::size_t fill(typename Queue::Producer& producer) {
  std::size_t accepted = 0;
  while (accepted < 2 * kHandOff.capacity && producer.try_push(typename Queue::Item{})) ++accepted;
  return accepted;
}

// Of a queue whose producers have a share each: one that takes all it can leaves the other's to it, whoever comes first.
template <class Queue>
bool check_shares(const Stage& /*stage*/) {
  if constexpr (std::derived_from<Queue, Absent>) {
    return says(Queue::kName, "", true, "missing");
  } else {
    Queue queue(Shape{kHandOff.capacity, 2});
    auto one = queue.producer(0);
    auto other = queue.producer(1);
    constexpr std::size_t kShare = kHandOff.capacity / 2;
    bool equal = fill<Queue>(one) == kShare && fill<Queue>(other) == kShare;
    while (queue.consume([](const auto&) {}, kMostPerCall) != 0) {
    }
    equal = equal && fill<Queue>(other) == kShare && fill<Queue>(one) == kShare;
    return says(Queue::kName, "shares", equal, equal ? "as they should be" : "one took what is another's");
  }
}

using Tags = std::vector<std::uint64_t>;

// Books without an order: what came of two producers, after `change` has been at it.
template <class Change>
bool check_tally(const char* fault, bool sound, Change change) {
  constexpr std::uint64_t kEach = 1000;
  return ends_as_expected(fault, "tally", sound, [&] {
    Tags came;
    for (std::size_t producer = 0; producer < 2; ++producer) {
      for (std::uint64_t i = 0; i < kEach; ++i) came.push_back(first_tag(producer) + i);
    }
    change(came);
    Tally<2> books;
    for (const std::uint64_t tag : came) books.enter(tag);
    books.verify({Sent{.accepted = kEach}, Sent{.accepted = kEach}});
  });
}

bool check_tallies() {
  bool passed = check_tally("nothing", true, [](Tags&) {});
  passed &= check_tally("another order", true, [](Tags& came) { std::swap(came[3], came[700]); });
  passed &= check_tally("one lost", false, [](Tags& came) { came.pop_back(); });
  passed &= check_tally("one twice", false, [](Tags& came) { came.push_back(came[5]); });
  passed &= check_tally("one for another", false, [](Tags& came) { came[6] = came[5]; });
  passed &= check_tally("one changed", false, [](Tags& came) { came[7] ^= std::uint64_t{1} << 20; });
  passed &= check_tally("another's producer", false, [](Tags& came) { came[8] = first_tag(1) + 8; });
  return passed;
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
template <class... Queues>
bool check_all_shares(Roster<Queues...>, const Stage& stage) {
  return (int{check_shares<Queues>(stage)} + ...) == sizeof...(Queues);
}

// ---- graphs of consumers

template <class Event, class Kind, class Layout>
using Ring = std::conditional_t<std::is_same_v<Kind, whorl::Exclusive>,
                                whorl::ShardedRingBuffer<Event, whorl::Exclusive, Layout, whorl::YieldingWait>,
                                whorl::RingBuffer<Event, Kind, Layout, whorl::YieldingWait>>;

// One consumer, and one producer or two with a shard each; singly, and in batches.
template <class G, template <class, Fault> class Broken, class Ring, Fault... kFaults>
bool check_rings(const char* single, const char* batches, const Stage& stage) {
  const auto ends = [&]<Fault kFault>(const char* how, std::size_t batch) {
    return ends_as_expected(name_of(kFault), how, kFault == Fault::kNone,
                            [&] { run_graph<Broken<Ring, kFault>, G>(in_graph(batch), stage); });
  };
  const bool singly = (int{ends.template operator()<kFaults>(single, 1)} + ...) == sizeof...(kFaults);
  return (int{ends.template operator()<kFaults>(batches, 64)} + ...) == sizeof...(kFaults) && singly;
}
template <class Ring, Fault kFault>
using BrokenOne = BrokenRing<Ring, kFault>;
template <class Layout>
bool check_rings(const Stage& stage) {
  using enum Fault;
  const bool one = check_rings<Graph<1, Part{}>, BrokenOne, Ring<Packet, whorl::Single, Layout>, kNone, kLosing,
                               kDoubling, kReordering, kDamaging>("1 event", "batches", stage);
  return check_rings<Graph<2, Part{}>, BrokenShards, Ring<Packet, whorl::Exclusive, Layout>, kNone, kLosing, kDoubling,
                     kReordering, kDamaging>("2 shards", "2 sh., b.", stage) &&
         one;
}

// Graphs that promise nothing but what they keep.
template <class G, class Event, class Kind>
bool check_graph(const char* name, std::size_t batch, const Stage& stage) {
  const bool dense = ends_as_expected(name, "dense", true,
                                      [&] { run_graph<Ring<Event, Kind, whorl::Dense>, G>(in_graph(batch), stage); });
  const bool stamped = ends_as_expected(
      name, "inline", true, [&] { run_graph<Ring<Event, Kind, whorl::Inline>, G>(in_graph(batch), stage); });
  return dense && stamped;
}

// A consumer that comes after another one is given events that the other one has handled, or has not.
bool check_hand_on(const char* what, bool sound) {
  return ends_as_expected(what, "graph", sound, [&] {
    detail::StopSign sign{.producers_left = 0};
    detail::Handling<Stamped, Part{.before = kFirst}, 1, false> later(in_graph(1), sign);
    constexpr Tag kEvents = 100;
    for (Tag tag = 0; tag < kEvents; ++tag) {
      Stamped event;
      write_event(event, tag);
      if (sound) leave_stamp<kFirst>(event);
      later(event);
    }
    later.verify({Sent{.accepted = kEvents}});
  });
}

bool check_graphs(const Stage& stage) {
  using Chain = Graph<1, Part{.stamp = kFirst}, Part{.after = 0b1, .before = kFirst, .stamp = kSecond},
                      Part{.after = 0b10, .before = kFirst | kSecond}>;
  using Diamond =
      Graph<1, Part{.stamp = kFirst}, Part{.stamp = kSecond}, Part{.after = 0b11, .before = kFirst | kSecond}>;
  using Diamonds =
      Graph<3, Part{.stamp = kFirst}, Part{.stamp = kSecond}, Part{.after = 0b11, .before = kFirst | kSecond}>;
  using FanIn = Graph<3, Part{}, Part{}>;
  bool passed = check_rings<whorl::Dense>(stage);
  passed &= check_rings<whorl::Inline>(stage);
  passed &= check_graph<Chain, Stamped, whorl::Single>("pipeline", 1, stage);
  passed &= check_graph<Diamond, Stamped, whorl::Single>("diamond", 64, stage);
  passed &= check_graph<FanIn, Packet, whorl::Multi>("fan-in", 1, stage);
  passed &= check_graph<FanIn, Packet, whorl::Multi>("fan-in, batches", 64, stage);
  passed &= check_graph<FanIn, Packet, whorl::Exclusive>("fan-in, shards", 1, stage);
  passed &= check_graph<Diamonds, Stamped, whorl::Exclusive>("diamond, shards", 64, stage);
  passed &= check_hand_on("handed on", true);
  passed &= check_hand_on("handed on too early", false);
  return passed;
}

// The Java program keeps its own books.
bool check_java(const Stage& stage) {
  const std::optional<std::string> complaint = check_lmax(stage.cpus);
  if (!complaint) return says("lmax/java", "", true, "missing");
  return says("lmax/java", "its books", complaint->empty(),
              complaint->empty() ? "every fault was noticed" : *complaint);
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
             WhorlDisruptorSingle<Item>, WhorlDisruptorMulti<Item>,                                     //
             WhorlShared1<Item>, BoostQueue<Item>, BoostSpsc<Item>, BoostSpscInPlace<Item>,             //
             MoodycamelTokens<Item, kCapacity>, MoodycamelPlain<Item, kCapacity>, MoodycamelRwq<Item>,  //
             TbbBounded<Item>, DpdkMpSc<Item>, DpdkHts<Item>, DpdkRts<Item>, DpdkSpSc<Item>,            //
             UrcuWfcqueue<Item>, LibcdsVyukov<Item>, MutexRing<Item>, AbslMutexDeque<Item>>{},
      stage);
  const bool shares = check_all_shares(Roster<WhorlLeased<Item>, WhorlDense<Item>, UrcuWfcqueue<Item>,  //
                                              MoodycamelTokens<Item, kCapacity / 2>>{},
                                       stage);
  const bool tallies = check_tallies();
  const bool graphs = check_graphs(stage);
  const bool passed = one_lane && lanes && contenders && shares && tallies && graphs && check_java(stage);
  std::cout << (passed ? "self-test passed: every broken queue was caught, and no contender\n" : "self-test FAILED\n");
  return passed;
}

}  // namespace bench
