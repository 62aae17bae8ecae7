#pragma once
// A thread that takes packets from a feed and puts them into the ring.

#include <chrono>
#include <deque>
#include <memory>
#include <whorl/whorl.hpp>

#include "options.hpp"
#include "pool.hpp"
#include "source.hpp"
#include "tally.hpp"

namespace packets {

/// The ring holds handles: eight bytes go from CPU to CPU, the packet stays where it is.
using Ring = whorl::ShardedRing<Frame*>;

/// Threads:  run() is one thread's; the counts may be read by others at any time.
class Producer {
 public:
  Producer(Ring& ring, const Options& options, std::uint32_t id, std::unique_ptr<Feed> feed, std::size_t frames,
           std::size_t frame_bytes);

  /// Carries packets until the feed ends.
  void run();

  std::uint32_t id() const { return id_; }
  FramePool& pool() { return pool_; }
  FeedCounts feed_counts() const { return feed_->counts(); }

  std::uint64_t read() const { return read_.count(); }
  std::uint64_t written() const { return written_.count(); }  ///< handles that went into the ring
  std::uint64_t dropped_full() const { return dropped_full_.count(); }
  std::uint64_t dropped_old() const { return dropped_old_.count(); }
  std::uint64_t dropped_pool() const { return dropped_pool_.count(); }
  std::uint64_t dropped() const { return dropped_full() + dropped_old() + dropped_pool(); }

 private:
  // What lies in the ring: the handle, and the packet that was last put in its charge.
  struct Place {
    Frame* carrier;
    Frame* passenger;
    std::uint64_t turn;  // the passenger's: another one means that the frame has come back and is used anew
    bool is_read() const;
  };

  void carry();
  Frame* take_frame();
  bool write(Frame* frame);
  bool try_write(Frame* frame);
  bool write_or_take_place(Frame* frame);
  bool take_oldest_place(Frame* frame);
  void remember(Frame* frame);

  Ring& ring_;
  const std::uint32_t id_;
  const WhenFull full_;
  const std::chrono::nanoseconds patience_;  // of a producer that sleeps and drops; 0: the policy's own
  const whorl::WritePolicy policy_;
  const std::size_t places_;  // handles of this producer that the ring can hold
  FramePool pool_;
  const std::unique_ptr<Feed> feed_;
  std::deque<Place> in_ring_;  // drop-old only; oldest packet first. Some may have been read already
  alignas(whorl::kCacheLine) Tally read_;
  Tally written_;
  Tally dropped_full_;
  Tally dropped_old_;
  Tally dropped_pool_;
};

}  // namespace packets
