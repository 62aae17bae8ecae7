#pragma once
// What the shards of one sequencer are: ring buffers, or bare sequencers, whose consumers sleep in one place.

#include <type_traits>
#include <whorl/disruptor/ring_buffer.hpp>
#include <whorl/ring/kinds.hpp>

namespace whorl::inline WHORL_ABI_TAG {

namespace detail {

struct ShardOptions : SequencerOptions {
  EventCount* news = nullptr;  // outlives the shard
};

// Where those sleep that wait for something to be published in any of several shards.
class SharedNews {
 public:
  using Options = ShardOptions;
  explicit SharedNews(const Options& options) noexcept : event_(*options.news) {}
  EventCount& event() noexcept { return event_; }

 private:
  EventCount& event_;
};

}  // namespace detail

/// A shard of Kind Exclusive (one producer, by lease: plain stores only) or Shared (any number of producers, by id: each claim
/// is a locked instruction).
template <class Kind>
struct Sharded {
  static_assert(std::is_same_v<Kind, Exclusive> || std::is_same_v<Kind, Shared>,
                "whorl: the shards of a sequencer are Exclusive or Shared");
  using Claim = typename Kind::Claim;
  using DenseMarks = std::conditional_t<Claim::kShared, LapFlags, Cursor>;
  using News = detail::SharedNews;
};

}  // namespace whorl::inline WHORL_ABI_TAG
