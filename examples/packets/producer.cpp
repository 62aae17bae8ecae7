#include "producer.hpp"

#include "clock.hpp"
#include "schedule.hpp"

namespace packets {
namespace {

constexpr int kPatience = 64;  // looks of a producer that could drop its packet instead

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
  frame->turn = read_.count();
  if (full_ == WhenFull::drop_old ? write_or_take_place(frame) : write(frame)) return;
  dropped_full_.add(1);
  pool_.keep(frame);
}

Frame* Producer::take_frame() {
  Frame* frame = pool_.take();
  if (full_ != WhenFull::block) return frame;
  for (whorl::Backoff wait; frame == nullptr && !ring_.is_closed(); frame = pool_.take()) wait.snooze();
  return frame;
}

bool Producer::write(Frame* frame) {
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

bool Producer::write_or_take_place(Frame* frame) {
  // Relaxed: the ring hands it over with the rest of the frame.
  frame->passenger.store(frame, std::memory_order_relaxed);
  bool written = write(frame);
  while (!written && !in_ring_.empty()) {
    if (take_oldest_place(frame)) return true;
    written = try_write(frame);
  }
  // Either its places were read and their room comes back at the end of the consumer's call, or others have them all.
  whorl::Backoff wait;
  for (int i = 0; !written && i < kPatience; ++i) {
    wait.snooze();
    written = try_write(frame);
  }
  if (written) remember(frame);
  return written;
}

bool Producer::Place::is_read() const {
  // Relaxed: a place that is read a moment later is as good as one that is not.
  return passenger->turn != turn || carrier->passenger.load(std::memory_order_relaxed) != passenger;
}

// False: it was read meanwhile.
bool Producer::take_oldest_place(Frame* frame) {
  const Place place = in_ring_.front();
  in_ring_.pop_front();
  if (place.passenger->turn != place.turn) return false;
  frame->written_ns = now_ns();
  Frame* oldest = place.passenger;
  // Release: the consumer gets the new packet through this word. If it comes second it has not seen the old one.
  if (!place.carrier->passenger.compare_exchange_strong(oldest, frame, std::memory_order_acq_rel)) return false;
  in_ring_.push_back({place.carrier, frame, frame->turn});
  dropped_old_.add(1);
  if (oldest != place.carrier) pool_.keep(oldest);  // the carrier itself comes back from the ring
  return true;
}

void Producer::remember(Frame* frame) {
  if (full_ != WhenFull::drop_old) return;
  in_ring_.push_back({frame, frame, frame->turn});
  // At most `places_` of them are not read.
  if (in_ring_.size() > 2 * places_) std::erase_if(in_ring_, [](const Place& place) { return place.is_read(); });
}

}  // namespace packets
