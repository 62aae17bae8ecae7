#pragma once
// Runs of an event bus: publications as fast as three subscribers see them all, what one publication costs, and one event to
// and fro between two buses.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <whorl/bus/event_bus.hpp>

#include "clock.hpp"
#include "course.hpp"
#include "item.hpp"
#include "ledger.hpp"
#include "placement.hpp"
#include "scenario.hpp"
#include "team.hpp"

namespace bench {

/// Three topics, events of 8, 16 and 24 bytes.
using BusTopics = whorl::Topics<Words<1>, Words<2>, Words<3>>;
inline constexpr std::size_t kSubscribers = 3;

namespace detail {

// By value; a bus with one publisher at a time gives it away.
template <class Bus>
typename Bus::Publisher publisher_of(Bus& bus) {
  if constexpr (requires { bus.publisher().value(); }) {
    return std::move(bus.publisher().value());
  } else {
    return bus.publisher();
  }
}

// Half of them of the first topic.
template <class Publisher>
bool publish_tag(Publisher& to, Tag tag) {
  whorl::PublishResult result{};
  if ((tag & 2) == 0) {
    result = to.publish(make_item<Words<1>>(tag));
  } else if ((tag & 1) == 0) {
    result = to.publish(make_item<Words<2>>(tag));
  } else {
    result = to.publish(make_item<Words<3>>(tag));
  }
  return result == whorl::PublishResult::ok;
}

// A subscriber to all topics. The one that is given a course measures.
class BusBooks {
 public:
  void measure(const HandOffPlan& plan, StopSign& sign) { course_.emplace(plan, sign); }
  template <class Item>
  void operator()(const Item& item) {
    books_.enter(item);
    if (course_ && books_.count() % kPerLook == 0 && !course_->is_draining())
      (void)course_->goes_on(books_.count(), kPerLook);
  }
  double items_per_second() const { return course_->items_per_second(); }
  const Ledger<1>& books() const noexcept { return books_; }

 private:
  static constexpr std::uint64_t kPerLook = 1024;
  Ledger<1> books_;
  std::optional<Course> course_;
};

// A bus whose subscribers run in threads of the team. Events lie side by side: that is the layout for many subscribers.
template <class Kind, class W>
struct BusStage {
  using Bus = whorl::EventBus<BusTopics, Kind, W, whorl::Dense>;

  explicit BusStage(std::size_t capacity) : bus({.capacity = capacity}) {
    for (BusBooks& books : subscribers) nodes.push_back(bus.subscribe(std::ref(books), {.own_thread = true}));
    bus.start();
  }
  void add_tasks(std::vector<Task>& tasks, int cpu, const std::function<void()>& first) {
    for (const whorl::NodeId node : nodes) tasks.push_back({cpu, [this, node, first] { first(), bus.run(node); }});
  }
  /// Errors:  VerificationError.
  Outcome verified(double figure, const Sent& sent) {
    bus.join();
    Outcome outcome{.figure = figure, .accepted = sent.accepted, .delivered = subscribers.back().books().count()};
    for (const BusBooks& books : subscribers) books.books().verify({sent});
    return outcome;
  }

  std::array<BusBooks, kSubscribers> subscribers;
  Bus bus;
  std::vector<whorl::NodeId> nodes;
};

}  // namespace detail

/// One sample: events per second, each seen by all subscribers, as the last of them counts. All share the CPUs of the stage.
///
/// Errors:  VerificationError.
template <class Kind>
Outcome run_bus(const HandOffPlan& plan, const Stage& stage) {
  detail::BusStage<Kind, whorl::YieldingWait> run(plan.capacity);
  detail::StopSign sign{.producers_left = 1};
  run.subscribers.back().measure(plan, sign);
  const auto settle = [&] { stay_on(stage.cpus); };
  Sent sent;
  std::vector<Task> tasks;
  run.add_tasks(tasks, kAnyCpu, settle);
  tasks.push_back({kAnyCpu, [&] {
                     settle();
                     auto publisher = detail::publisher_of(run.bus);
                     constexpr Tag kLookEvery = 16;
                     for (Tag tag = first_tag(0);; ++tag, ++sent.accepted) {
                       if (tag % kLookEvery == 0 && sign.stop.load(std::memory_order_relaxed)) break;
                       if (!detail::publish_tag(publisher, tag)) break;
                     }
                     run.bus.close();
                   }});
  run_team(std::move(tasks), false);
  return run.verified(run.subscribers.back().items_per_second(), sent);
}

struct BurstPlan {
  std::size_t capacity;
  std::size_t burst;   // publications that are timed together; there is room for all of them
  std::size_t bursts;  // of which the median counts
};

/// One sample: what a publication costs while three subscribers, which share the other CPU, see what is published; in ns.
///
/// Errors:  VerificationError.
template <class Kind>
Outcome run_bus_bursts(const BurstPlan& plan, const Stage& stage) {
  detail::BusStage<Kind, whorl::YieldingWait> run(plan.capacity);
  Sent sent;
  std::vector<double> costs;
  std::vector<Task> tasks;
  run.add_tasks(tasks, stage.cpus.first, [] {});
  tasks.push_back({stage.cpus.second, [&] {
                     auto publisher = detail::publisher_of(run.bus);
                     Tag tag = first_tag(0);
                     for (std::size_t k = 0; k < plan.bursts; ++k) {
                       (void)run.bus.drain_for({});
                       const std::int64_t begin = now_ns();
                       for (std::size_t n = 0; n < plan.burst; ++n, ++tag) (void)detail::publish_tag(publisher, tag);
                       costs.push_back(static_cast<double>(now_ns() - begin) / static_cast<double>(plan.burst));
                     }
                     sent.accepted = tag - first_tag(0);
                     run.bus.close();
                   }});
  run_team(std::move(tasks), false);
  std::nth_element(costs.begin(), costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2), costs.end());
  return run.verified(costs[costs.size() / 2], sent);
}

/// One sample: the mean of so many round trips of an event, in ns. Each of two threads is the subscriber of one bus and the
/// publisher of the other; each event lies beside its stamp, one line for both.
///
/// Errors:  VerificationError.
template <class Kind>
Outcome run_bus_round_trips(std::uint64_t warm_up, std::uint64_t measured, const Stage& stage) {
  using Bus = whorl::EventBus<BusTopics, Kind, whorl::BusySpinWait, whorl::Inline>;
  Bus there({.capacity = 1024}), back({.capacity = 1024});
  std::optional<typename Bus::Publisher> to, from;
  Ledger<1> ledger;
  std::uint64_t trips = 0;
  std::int64_t begin = 0, end = 0;
  const auto returned = whorl::NodeId(back.template subscribe<Words<1>>(
      [&](const Words<1>& ball) {
        ledger.enter(ball);
        if (++trips == warm_up) begin = now_ns();
        if (trips < warm_up + measured) {
          (void)to->publish(make_item<Words<1>>(first_tag(0) + trips));
        } else {
          end = now_ns();
          there.close();
          back.close();
        }
      },
      {.own_thread = true}));
  const auto sent_on = there.template subscribe<Words<1>>([&](const Words<1>& ball) { (void)from->publish(ball); },
                                                          {.own_thread = true});
  there.start();
  back.start();
  to.emplace(detail::publisher_of(there));
  from.emplace(detail::publisher_of(back));
  (void)to->publish(make_item<Words<1>>(first_tag(0)));
  run_team({{stage.cpus.first, [&] { back.run(returned); }}, {stage.cpus.second, [&] { there.run(sent_on); }}},
           stage.real_time);
  there.join();
  back.join();
  const Sent sent{.accepted = warm_up + measured};
  ledger.verify({sent});
  return {.figure = static_cast<double>(end - begin) / static_cast<double>(measured),
          .accepted = sent.accepted,
          .delivered = ledger.count()};
}

}  // namespace bench
