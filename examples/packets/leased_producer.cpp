#include "leased_producer.hpp"

#include <utility>

#include "clock.hpp"
#include "schedule.hpp"

namespace packets {
namespace {

// Of a producer that drops: as long as its pauses would take. Its sleep ends when there is room.
std::chrono::nanoseconds patience_of(const Options& options) {
  if (options.full == WhenFull::block) return std::chrono::nanoseconds(0);
  return options.policy.pause * static_cast<std::int64_t>(options.policy.max_backoffs);
}

}  // namespace

LeasedProducer::LeasedProducer(GraphRing::Lease lease, const Options& options, std::unique_ptr<Feed> feed)
    : lease_(std::move(lease)),
      shard_(lease_->shard_index()),
      patience_(patience_of(options)),
      feed_(std::move(feed)) {}

void LeasedProducer::run() {
  Schedule::ask_for_exact_sleeps();
  while (!lease_->is_closed() && feed_->next()) {
    read_.add(1);
    (publish() ? written_ : dropped_).add(1);
  }
  end();
}

// False: there was no room for it, or the ring has been closed.
bool LeasedProducer::publish() {
  std::uint64_t order = 0;  // the packet is the stages' as soon as it is published
  const auto fill = [&](GraphPacket& packet) {
    feed_->fill(packet.frame);
    order = packet.frame.order;
    packet.frame.written_ns = now_ns();
  };
  if (!lease_->try_publish_event(fill)) {
    waits_.add(1);
    const whorl::Until until = patience_.count() > 0 ? whorl::Until(patience_) : whorl::Until();
    if (lease_->publish_event(fill, until) != whorl::WriteResult::ok) return false;
  }
  digest_ = next_digest(digest_, order);
  return true;
}

}  // namespace packets
