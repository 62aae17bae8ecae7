#pragma once
// LossyConsumer: a consumer that nobody waits for.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/event_reader.hpp>
#include <whorl/ring/sharded_ring.hpp>
#include <whorl/sync/contract.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Where an event that a lossy consumer has got stands.
struct LossyContext {
  SequenceNumber sequence = -1;  ///< the event's
  std::uint64_t lost = 0;        ///< how many came between the one delivered before it and this one, and found no room
};

namespace detail {

template <class T>
struct CopyEvent {
  template <class E>
    requires std::constructible_from<T, const E&>
  T operator()(const E& event) const noexcept(std::is_nothrow_constructible_v<T, const E&>) {
    return T(event);
  }
};

template <class T>
struct LossyItem {
  T value;
  LossyContext context;
};

}  // namespace detail

/// A consumer that may be as slow as it likes: it gets copies, in a ring of its own, of the events that find room there,
/// and learns how many did not. What copies is a handler, its feed, which waits for nobody; no event is read by anybody
/// whom producers do not wait for.
///
///     whorl::LossyConsumer<Tick> screen(256);
///     whorl::Disruptor<Tick> d({.capacity = 1024});
///     d.handle(whorl::aggregate(Logic{}, screen.feed()));  // in the same thread; handle(screen.feed()) has its own
///     std::thread painter([&] {
///       (void)screen.run([](Tick& tick, const whorl::LossyContext& at) { ... });  // until the feed's node has ended
///     });
///
/// T is the event, or what feed(copy) makes of one. The newest events are lost, those that come while the ring is full.
///
/// Threads:   the feed: its node's. run, try_consume, wait_readable: one consumer. The rest: any.
/// Order:     that of the events, each once, also where a batch is handled again (`retry`, `rewind`). What was done with an
///            event before the feed saw it is visible to the consumer.
/// Progress:  the feed is wait-free but for copying; waking a consumer that sleeps is a system call. The rest: as
///            ShardedRing.
/// Units:     capacity in items, a power of two; 1 is legal.
/// Errors:    std::invalid_argument for a capacity, and for a second feed; std::bad_alloc.
/// Lifetime:  longer than its feed, so it is made before the Disruptor. After the end it can be read empty, not fed again.
template <class T>
class LossyConsumer {
  using Item = detail::LossyItem<T>;
  using Ring = ShardedRing<Item, Exclusive>;
  template <class Use>
  static constexpr bool kTold = std::invocable<Use&, T&, const LossyContext&>;

 public:
  template <class Copy>
  class Feed;

  explicit LossyConsumer(std::size_t capacity)
      : ring_(detail::require_power_of_two("LossyConsumer", "capacity", capacity), 1) {}

  /// The handler that feeds it. copy(const E&) makes a T; it is not called for what is lost. What it throws is a failure of
  /// the node, and the event then neither delivered nor lost. The consumer ends when the feed's on_stop has run, as that
  /// node ends, or when the feed is destroyed, with its Disruptor: one that never ran has no on_stop.
  template <class Copy = detail::CopyEvent<T>>
  [[nodiscard]] Feed<Copy> feed(Copy copy = {}) {
    auto lease = ring_.lease();
    if (!lease)
      detail::refuse("LossyConsumer: it has a feed, or has had one: make another LossyConsumer for another node");
    return Feed<Copy>(*this, std::move(*lease), std::move(copy));
  }

  /// Calls use(T&) or use(T&, const LossyContext&) with whatever comes, until nothing will come any more, or a stop or a
  /// deadline. Waits as `strategy` says.
  template <class Use, WaitStrategy W = BlockingWait>
  ReadResult run(Use&& use, const W& strategy = {}, const Until& until = {}) {
    for (;;) {
      if (until.is_stopped()) return ReadResult::stopped;
      if (until.is_over()) return ReadResult::timed_out;
      const ReadResult result = wait_readable(strategy, until);
      if (result != ReadResult::ready) return result;
      try_consume(use);
    }
  }

  /// The same once, with what is there, at most `most`; returns how many. Never waits.
  template <class Use>
    requires std::invocable<Use&, T&> || std::invocable<Use&, T&, const LossyContext&>
  std::size_t try_consume(Use&& use, std::size_t most = ~std::size_t{0}) {
    return ring_.try_consume(
        [&](Item& item) {
          if constexpr (kTold<Use>) {
            use(item.value, std::as_const(item.context));
          } else {
            use(item.value);
          }
        },
        most < capacity() ? most : capacity());
  }
  template <WaitStrategy W = BlockingWait>
  ReadResult wait_readable(const W& strategy = {}, const Until& until = {}) {
    return ring_.wait_readable(strategy, until);
  }

  /// It wants no more: from now on everything is lost.
  void close() noexcept { ring_.close(); }

  std::size_t capacity() const noexcept { return ring_.capacity(); }
  /// Events that found no room so far, those after the last one delivered included; and read, refused being lost.
  std::uint64_t lost() const noexcept { return stats().refused; }
  RingStats stats() const noexcept { return ring_.stats(); }

 private:
  Ring ring_;
};

/// The handler that copies events for a lossy consumer. It can be moved.
///
/// Threads:  one, its node's.
template <class T>
template <class Copy>
class LossyConsumer<T>::Feed {
  using ItsLease = typename std::remove_reference_t<decltype(std::declval<Ring&>().lease())>::value_type;

 public:
  /// Used by the consumer.
  Feed(LossyConsumer& consumer, ItsLease lease, Copy copy)
      : consumer_(&consumer), lease_(std::move(lease)), copy_(std::move(copy)) {}
  Feed(Feed&& other) noexcept(std::is_nothrow_move_constructible_v<Copy>)
      : consumer_(std::exchange(other.consumer_, nullptr)),
        lease_(std::move(other.lease_)),
        lost_(other.lost_),
        next_(other.next_),
        is_fed_(other.is_fed_),
        copy_(std::move(other.copy_)) {}
  Feed& operator=(Feed&&) = delete;
  ~Feed() { end(); }

  template <class E>
    requires std::is_invocable_r_v<T, Copy&, const E&>
  void operator()(E& event, const EventContext& at) noexcept(std::is_nothrow_invocable_v<Copy&, const E&>) {
    WHORL_ASSERT(consumer_ != nullptr, "a lossy consumer ends with its node's run: make another one for the next run");
    const auto p = static_cast<Position>(at.sequence);
    if (consumer_ == nullptr || !lease_ || (is_fed_ && distance(p, next_) > 0)) return;
    // Made where it lies, and only if there is room.
    struct Made {
      Feed& feed;
      const E& event;
      const EventContext& at;
      operator Item() const { return {feed.copy_(event), {at.sequence, feed.lost_}}; }
    };
    lost_ = lease_->try_write(Made{*this, event, at}) ? 0 : lost_ + 1;
    next_ = p + 1;
    is_fed_ = true;
  }
  void on_stop() noexcept { end(); }
  /// It has fed nothing, and somebody else may: the consumer can make another feed.
  void give_back() noexcept {
    if (std::exchange(consumer_, nullptr) != nullptr) lease_.reset();
  }

 private:
  void end() noexcept {
    if (consumer_ == nullptr) return;
    consumer_->close();
    lease_.reset();
    consumer_ = nullptr;
  }

  LossyConsumer* consumer_;
  std::optional<ItsLease> lease_;
  std::uint64_t lost_ = 0;  // since the last one that found room
  Position next_ = 0;       // a batch may come again: what is before this has been delivered or lost
  bool is_fed_ = false;     // ... if anything has come
  Copy copy_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
