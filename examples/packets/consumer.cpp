#include "consumer.hpp"

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "clock.hpp"

namespace packets {
namespace {

ReorderOptions reorder_options(const Options& options, const Source& source) {
  const std::size_t window = nothing_is_lost(options) ? std::numeric_limits<std::size_t>::max() : options.window;
  return {.dense = source.is_dense(), .window = window, .deadline_ns = options.deadline.count()};
}

}  // namespace

Consumer::Consumer(Ring& ring, const Options& options, Source& source, std::deque<Producer>& producers,
                   OutputFile* output, StatusLine& status, std::stop_token stop)
    : ring_(ring),
      options_(options),
      source_(source),
      producers_(producers),
      output_(output),
      status_(status),
      stop_(std::move(stop)),
      passengers_(options.full == WhenFull::drop_old),
      reorder_(reorder_options(options, source)),
      sampler_(now_ns()),
      next_tick_ns_(now_ns()),
      next_status_ns_(now_ns() + options.stats_interval.count()),
      handles_(producers.size()) {}

void Consumer::run() {
  const auto out = [this](Frame& frame, Fate fate) { pass_on(frame, fate); };
  if (output_ != nullptr) output_->write(source_.header());
  for (;;) {
    const std::size_t count = ring_.try_read_some(batch_);
    const std::int64_t now = now_ns();
    for (std::size_t i = 0; i < count; ++i) take(batch_[i], now);
    reorder_.expire(now, out);
    if (now >= sampler_.due_ns()) take_sample(now);
    if (count != 0) continue;
    if (ring_.is_drained()) break;
    wait(now);
  }
  // The ring is closed only when every producer has ended: nothing comes any more.
  reorder_.finish(source_.end(), out);
  if (output_ != nullptr && reorder_.delivered() == 0) output_->write(source_.trailer());
  take_sample(now_ns());
}

void Consumer::wait(std::int64_t now_ns) {
  if (options_.tick.count() > 0) return wait_for_tick(now_ns);
  const std::int64_t until = std::min(sampler_.due_ns(), reorder_.due_ns());
  (void)ring_.wait_readable(whorl::Until(std::chrono::nanoseconds(until - now_ns)));
}

// Sleeps until the next tick, in slices, so that a closed ring is read at once, and after a stop a full one, which keeps
// producers waiting. Ticks that were missed are left out.
void Consumer::wait_for_tick(std::int64_t now_ns) {
  constexpr std::int64_t kSlice = 10'000'000;
  const std::int64_t tick = options_.tick.count();
  next_tick_ns_ += ((now_ns - next_tick_ns_) / tick + 1) * tick;
  while (now_ns < next_tick_ns_ && !ring_.is_closed() && !stop_.stop_requested()) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(kSlice, next_tick_ns_ - now_ns)));
    now_ns = packets::now_ns();
  }
}

void Consumer::take(Frame* carrier, std::int64_t read_ns) {
  Frame* frame = carrier;
  if (passengers_) {
    // Acquire: what the producer wrote into a passenger that has changed. Both frames go back through the pool's ring,
    // which orders the rest.
    frame = carrier->passenger.exchange(nullptr, std::memory_order_acq_rel);
    if (frame != carrier) producers_[carrier->producer].pool().give_back(carrier);
  }
  ++handles_[frame->producer];
  frame->read_ns = read_ns;
  // A passenger may have come after its carrier was read.
  sampler_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(read_ns - frame->written_ns, 0)));
  reorder_.take(*frame, [this](Frame& one, Fate fate) { pass_on(one, fate); });
}

void Consumer::pass_on(Frame& frame, Fate fate) {
  if (fate == Fate::delivered) write(frame);
  producers_[frame.producer].pool().give_back(&frame);
}

void Consumer::write(const Frame& frame) {
  if (!source_.intact(frame)) ++damaged_;
  packet_bytes_ += frame.packet.size();
  payload_bytes_ += frame.payload_bytes;
  flows_.add(frame.packet, frame.link_type);
  if (output_ == nullptr) return;
  output_->write(frame.bytes);
  if (source_.ends_part(frame.order)) output_->write(source_.trailer());
}

void Consumer::take_sample(std::int64_t now_ns) {
  std::vector<std::size_t> fill;
  for (std::size_t i = 0; i < ring_.shard_count(); ++i) {
    const whorl::RingStats stats = ring_.stats(i);
    fill.push_back(static_cast<std::size_t>(stats.accepted - std::min(stats.accepted, stats.delivered)));
  }
  since_status_ = joined(since_status_, sampler_.take(now_ns, totals(), std::move(fill)));
  if (now_ns < next_status_ns_) return;
  next_status_ns_ = now_ns + options_.stats_interval.count();
  status_.show(std::exchange(since_status_, {}));
}

Totals Consumer::totals() const {
  Totals totals{.delivered = reorder_.delivered(), .bytes = payload_bytes_};
  for (const Producer& producer : producers_) {
    totals.read += producer.read();
    totals.dropped += producer.dropped();
  }
  return totals;
}

void Consumer::add_to(Report& report) const {
  report.delivered = reorder_.delivered();
  report.late = reorder_.late();
  report.duplicate = reorder_.duplicate();
  report.gaps = reorder_.gaps();
  report.damaged = damaged_;
  report.packet_bytes = packet_bytes_;
  report.payload_bytes = payload_bytes_;
  report.latency_ns = sampler_.latency_ns();
  report.flows = flows_;
  report.samples = sampler_.samples();
  for (const Producer& producer : producers_) {
    report.shards[ring_.shard_of(producer.id())].delivered += handles_[producer.id()];
  }
}

}  // namespace packets
