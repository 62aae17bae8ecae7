// One translation unit that includes all of whorl and uses it, so that clang-tidy sees templates as code.
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <whorl/whorl.hpp>

namespace {

template <class Ring>
bool read_all(Ring& ring) {
  std::string items[4];
  ring.close();
  const std::size_t some = ring.try_read_some(std::span<std::string>(items));
  const std::size_t rest = ring.try_consume([](std::string& item) { item.clear(); }, ring.capacity());
  return some + rest == ring.stats().delivered && !ring.try_read() && ring.is_drained() && ring.size_approx() == 0;
}

bool use_shared(std::span<std::string> items) {
  whorl::ShardedRing<std::string> ring(64, 4);
  const bool one = ring.try_write(1, std::string("one"));
  return one && ring.try_write_some(1, items) == items.size() && read_all(ring);
}

template <class Layout>
bool use_exclusive(std::span<std::string> items) {
  whorl::ShardedRing<std::string, whorl::Exclusive, Layout> ring(64, 4, {.quota = 16});
  auto lease = ring.lease();
  if (!lease || !lease->try_write(items.front()) || lease->is_closed()) return false;
  const std::size_t some = lease->try_write_some(items);
  lease.reset();
  return some == items.size() && read_all(ring);
}

template <class Kind, class Layout>
bool use_events() {
  whorl::RingBuffer<std::string, Kind, Layout> ring(8);
  whorl::BatchEventProcessor handler(ring, {}, [](std::string& event) { event += '!'; }, {.max_batch = 2});
  whorl::EventPoller poller(ring, {&handler.sequence()});
  if (!ring.add_gating(poller.sequence())) return false;
  if (!ring.try_publish_events(3, [](std::string& event) { event = "event"; })) return false;
  const auto one = ring.publish_event([](std::string& event, whorl::SequenceNumber s) { event = std::to_string(s); });
  handler.halt();
  if (handler.run() != whorl::RunEnd::halted || handler.error() != nullptr) return false;
  whorl::ProducerBarrier room(ring);
  return one == whorl::WriteResult::ok && room.wait_for(7) &&
         poller.poll([](const std::string&) {}) == whorl::PollState::gating;
}

template <class Kind>
bool use_bus(std::span<std::string> items) {
  whorl::LossySubscriber<std::string> screen(8);
  whorl::EventBus<whorl::Topics<int, std::string>, Kind> bus({.capacity = 8, .name = "whole"});
  const whorl::NodeId all = bus.subscribe([](auto&) {});
  bus.template subscribe<int>([](const int&, const whorl::EventContext&) {}, {.after = {all}}, whorl::YieldingWait{});
  bus.subscribe(screen);
  bus.start();
  const auto publish = [&](auto publisher) {
    const bool one = publisher.publish(1) == whorl::PublishResult::ok;
    const bool two = publisher.template try_emplace<std::string>("two") != whorl::PublishResult::closed;
    const auto some = publisher.publish_range(std::span<const std::string>(items));
    const auto more = publisher.publish_batch(1, [](auto& stored) { stored = 2; });
    return one && two && some && more == whorl::PublishResult::ok;
  };
  bool published = false;
  if constexpr (std::is_same_v<Kind, whorl::Multi>) {
    published = publish(bus.publisher());
  } else if (auto publisher = bus.publisher()) {
    published = publish(std::move(*publisher));
  }
  const bool has_left = bus.leave(all, whorl::Until());
  bus.close();
  bus.join();
  return published && has_left && screen.run([](const std::string&) {}) == whorl::ReadResult::closed;
}

}  // namespace

bool use_whorl(std::span<std::string> items) {
  whorl::pin_this_thread(whorl::allowed_cpus().front());
  return use_shared(items) && use_exclusive<whorl::Inline>(items) && use_exclusive<whorl::Dense>(items) &&
         use_events<whorl::Single, whorl::Inline>() && use_events<whorl::Multi, whorl::Dense>() &&
         use_bus<whorl::Single>(items) && use_bus<whorl::Multi>(items);
}
