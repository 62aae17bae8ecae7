#include "producer.hpp"

#include "clock.hpp"
#include "schedule.hpp"

namespace packets {
namespace {

// Converted when there is a cell to be filled: the time in the ring does not count the wait for room.
struct Stamped {
  Frame* frame;
  operator Frame*() const noexcept {
    frame->written_ns = now_ns();
    return frame;
  }
};

// A parked producer is woken when there is room: its pauses cannot be counted, but they have a length.
std::chrono::nanoseconds patience_of(const Options& options) {
  const bool parks = options.policy.wait == whorl::WriteWait::park && options.full != WhenFull::block;
  const auto pauses = static_cast<std::int64_t>(options.policy.max_backoffs);
  return parks ? options.policy.pause * pauses : std::chrono::nanoseconds(0);
}

whorl::WritePolicy policy_of(const Options& options) {
  whorl::WritePolicy policy = options.policy;
  if (patience_of(options).count() > 0) policy.max_backoffs = 0;
  return policy;
}

}  // namespace

Producer::Producer(Ring& ring, const Options& options, std::uint32_t id, std::unique_ptr<Feed> feed, std::size_t frames,
                   std::size_t frame_bytes)
    : ring_(ring),
      id_(id),
      full_(options.full),
      patience_(patience_of(options)),
      policy_(policy_of(options)),
      places_(options.policy.shards == whorl::ShardChoice::affinity ? options.capacity / options.shards
                                                                    : options.capacity),
      pool_(frames, frame_bytes),
      feed_(std::move(feed)) {}

void Producer::run() {
  Schedule::ask_for_exact_sleeps();
  while (feed_->next()) {
    read_.add(1);
    carry();
  }
}

void Producer::carry() {
  Frame* const frame = take_frame();
  if (frame == nullptr) {
    dropped_pool_.add(1);
    return;
  }
  feed_->fill(*frame);
  frame->producer = id_;
  if (full_ == WhenFull::drop_old) return write_or_take_place(frame);
  if (write(frame)) return;
  dropped_full_.add(1);
  pool_.keep(frame);
}

Frame* Producer::take_frame() {
  Frame* frame = pool_.take();
  if (full_ != WhenFull::block) return frame;
  for (whorl::Backoff wait; frame == nullptr; frame = pool_.take()) wait.snooze();
  return frame;
}

bool Producer::write(Frame* frame) {
  if (patience_.count() > 0 && try_write(frame)) return true;  // without a look at the clock
  const whorl::Until until = patience_.count() > 0 ? whorl::Until(patience_) : whorl::Until();
  if (ring_.write(id_, Stamped{frame}, policy_, until) != whorl::WriteResult::ok) return false;
  written_.add(1);
  return true;
}

bool Producer::try_write(Frame* frame) {
  if (!ring_.try_write(id_, Stamped{frame})) return false;
  written_.add(1);
  return true;
}

void Producer::write_or_take_place(Frame* frame) {
  // Relaxed: the ring hands it over with the rest of the frame.
  frame->passenger.store(frame, std::memory_order_relaxed);
  if (write(frame)) return remember(frame);
  while (!in_ring_.empty()) {
    if (take_oldest_place(frame)) return;
    if (try_write(frame)) return remember(frame);
  }
  // All were read, but their room is not back yet: it comes at the end of the consumer's call.
  for (whorl::Backoff wait; !try_write(frame); wait.snooze()) {
  }
  remember(frame);
}

// False: it was read meanwhile.
bool Producer::take_oldest_place(Frame* frame) {
  const Place place = in_ring_.front();
  in_ring_.pop_front();
  if (place.passenger->order != place.order) return false;
  frame->written_ns = now_ns();
  Frame* oldest = place.passenger;
  // Release: the consumer gets the new packet through this word. Acquire: the consumer may have looked at nothing yet,
  // but the next one that changes the word must see all of ours.
  if (!place.carrier->passenger.compare_exchange_strong(oldest, frame, std::memory_order_acq_rel)) return false;
  in_ring_.push_back({place.carrier, frame, frame->order});
  dropped_old_.add(1);
  if (oldest != place.carrier) pool_.keep(oldest);  // the carrier itself comes back from the ring
  return true;
}

void Producer::remember(Frame* frame) {
  if (full_ != WhenFull::drop_old) return;
  in_ring_.push_back({frame, frame, frame->order});
  if (in_ring_.size() > places_) in_ring_.pop_front();
}

}  // namespace packets
