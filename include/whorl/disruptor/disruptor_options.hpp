#pragma once
// What a Disruptor and its nodes may be told, and what they tell.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>
#include <whorl/disruptor/sequencer_options.hpp>
#include <whorl/handoff/sequence.hpp>
#include <whorl/sync/thread.hpp>
#include <whorl/wait/wait_strategy.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What the destructor of a Disruptor does with events that have not been handled yet.
enum class OnDestroy : bool {
  drain,  ///< waits until they are
  halt,   ///< leaves them: every handler ends after the batch that it is at
};

struct DisruptorOptions {
  std::size_t capacity = 1024;  ///< events, over all shards; a power of two
  std::size_t shards = 0;       ///< how many, a power of two, where there are shards; nothing where there is one ring
  std::string name = {};        ///< for messages
  std::string kind = "Disruptor";  ///< what messages call it, before its name: for who builds something else on one
  /// What producers do while there is no consumer: wait after the first lap, and start() is refused, or overwrite.
  EmptyGate without_consumers = EmptyGate::full;
  OnDestroy on_destroy = OnDestroy::drain;
  /// Handlers may be added and removed while it runs. Each is then waited for by producers, so that there may be
  /// GroupGate::kMostMembers in all; otherwise only those that nothing comes after.
  bool dynamic = false;
  /// The first position, sequence 0 as a rule. For tests: to begin just before a wrap.
  Position first_position = 0;
};

/// A node of one Disruptor's graph.
class NodeId {
 public:
  /// Used by the Disruptor.
  NodeId(const void* owner, std::size_t number) noexcept : owner_(owner), number_(number) {}

  /// In the order in which they were made, from 0 on. No number comes twice.
  std::size_t number() const noexcept { return number_; }
  const void* owner() const noexcept { return owner_; }
  friend bool operator==(const NodeId&, const NodeId&) = default;

 private:
  const void* owner_;
  std::size_t number_;
};

/// Some nodes: `{journal, replicate}`, or a node, or groups and nodes together, `both | third`.
class NodeGroup {
 public:
  NodeGroup() = default;
  NodeGroup(NodeId node) : nodes_{node} {}  // implicit: it reads like a sentence
  NodeGroup(std::initializer_list<NodeId> nodes) : nodes_(nodes) {}

  void add(NodeId node) { nodes_.push_back(node); }
  /// The next add()s fail no more, as long as there are no more than n nodes.
  void reserve(std::size_t n) { nodes_.reserve(n); }
  std::size_t size() const noexcept { return nodes_.size(); }
  auto begin() const noexcept { return nodes_.begin(); }
  auto end() const noexcept { return nodes_.end(); }
  friend NodeGroup operator|(NodeGroup one, const NodeGroup& other) {
    one.nodes_.insert(one.nodes_.end(), other.begin(), other.end());
    return one;
  }

 private:
  std::vector<NodeId> nodes_;
};

/// What a node may be told.
struct HandlerOptions {
  std::string name = {};                      ///< its thread's, and in messages and stats
  std::optional<int> cpu = {};                ///< where its thread runs
  std::optional<Scheduling> scheduling = {};  ///< and how
  NodeGroup after = {};                       ///< it handles an event when all of these have; none: at once
  /// A quarter of the capacity, if not said; 0: as many as there are. Where there are shards: over all of them, and
  /// without a limit of its own if not said, or 0; but none gives more than `quota`.
  std::optional<std::size_t> max_batch = {};
  std::optional<std::size_t> quota = {};        ///< of one shard in a batch, at most; a quarter of it, if not said
  std::chrono::nanoseconds timeout = kForever;  ///< how long it waits before it calls on_timeout
  bool own_thread = false;                      ///< it gets no thread: call Disruptor::run(node) in one of yours
};

/// What a node has done so far, a moment ago.
struct NodeStats {
  std::size_t number = 0;
  std::string name = {};
  SequenceNumber sequence = -1;     ///< the last that it has handled; where there are shards it has none to tell
  std::uint64_t lag = 0;            ///< how many claimed sequences it is behind
  std::uint64_t events = 0;         ///< handled, in finished batches. These three: of handlers only
  std::uint64_t batches = 0;        ///< finished
  std::uint64_t largest_batch = 0;  ///< of these, in events
  std::uint64_t waited_for = 0;     ///< how often a thread, of shards a producer, slept until it would come farther
  std::vector<std::uint64_t> lags = {};  ///< where there are shards: its lag in each; 0 in those of other workers
};

/// What the producers of one shard have done so far.
struct ShardLoad {
  std::uint64_t claimed = 0;     ///< sequences
  std::uint64_t full_waits = 0;  ///< how often one of them had to wait for room
};

struct DisruptorStats {
  std::uint64_t claimed = 0;     ///< sequences
  std::uint64_t full_waits = 0;  ///< how often a producer had to wait for room
  std::uint64_t parks = 0;       ///< how often a thread went to sleep, producers and consumers; less after remove(),
                                 ///< which takes along what has slept on that node
  std::vector<NodeStats> nodes = {};
  std::vector<ShardLoad> shards = {};  ///< nothing where there is one ring

  /// Skew: the busiest shard's share of all that was claimed, between 1 / shards (all alike) and 1 (all in one). 0: nothing
  /// was claimed, or there are no shards.
  double largest_share() const noexcept {
    std::uint64_t largest = 0;
    for (const ShardLoad& shard : shards) largest = shard.claimed > largest ? shard.claimed : largest;
    return largest == 0 ? 0 : static_cast<double>(largest) / static_cast<double>(claimed);
  }
};

}  // namespace whorl::inline WHORL_ABI_TAG
