#pragma once
// A producer's frames: lent to packets, and given back by the consumer.

#include <algorithm>
#include <bit>
#include <memory>
#include <vector>
#include <whorl/whorl.hpp>

#include "frame.hpp"

namespace packets {

/// `count` frames, each with `bytes` of memory that nobody touches before it is used. The way back is a ring, too: its
/// one producer is the consumer of the packets, and it has room for all frames, so that giving back never waits.
///
/// Threads:  take() and keep() are the producer's, give_back() the consumer's.
/// Errors:   std::bad_alloc, by the constructor.
class FramePool {
 public:
  FramePool(std::size_t count, std::size_t bytes)
      : memory_(std::make_unique_for_overwrite<std::byte[]>(count * bytes)),
        frames_(count),
        back_(std::bit_ceil(count)) {
    free_.reserve(count);
    for (std::size_t i = count; i-- > 0;) {
      frames_[i].memory = {memory_.get() + i * bytes, bytes};
      free_.push_back(&frames_[i]);
    }
  }

  /// A frame that nobody uses, the one given back last first: it is the likeliest to be in the cache. None: nullptr.
  Frame* take() {
    if (free_.empty()) back_.try_consume([this](Frame*& frame) { free_.push_back(frame); }, frames_.size());
    if (free_.empty()) return nullptr;
    Frame* const frame = free_.back();
    free_.pop_back();
    return frame;
  }

  /// A frame that was taken and not sent.
  void keep(Frame* frame) { free_.push_back(frame); }

  void give_back(Frame* frame) { (void)back_.try_write(frame); }

  /// When nobody uses the pool any more: frames that are not in it.
  std::size_t missing() {
    back_.try_consume([this](Frame*& frame) { free_.push_back(frame); }, frames_.size());
    return frames_.size() - free_.size();
  }

 private:
  const std::unique_ptr<std::byte[]> memory_;
  std::vector<Frame> frames_;
  std::vector<Frame*> free_;
  whorl::RingShard<Frame*, whorl::Exclusive> back_;
};

}  // namespace packets
