#pragma once
// BusPublisher: a handle that publishes into an EventBus.

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <whorl/bus/topics.hpp>
#include <whorl/disruptor/publish_result.hpp>
#include <whorl/wait/until.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Publishes events of the topics Es into the bus that it is of. Nothing is allocated. What is not published (the result is
/// not `ok`) has not been touched.
///
/// Threads:   one handle is one thread's at a time. Of a bus with many publishers: copy it for every thread; with a single
///            one it can be moved.
/// Order:     what one handle publishes every subscriber sees in that order.
/// Progress:  as ProducerBase: what begins with try_ never waits, the rest waits for room until a deadline, a stop or the
///            end of the bus; in a subscriber of the same bus it never waits: would_deadlock.
/// Errors:    what the event's constructor throws; then nothing is published. The event that lay there, which everybody has
///            handled, is destroyed first, in this thread; that does not publish anything.
/// Lifetime:  the bus outlives it.
template <class Producer, class Stored, class... Es>
class BusPublisher {
 public:
  /// Used by the bus.
  explicit BusPublisher(Producer producer) noexcept : producer_(std::move(producer)) {}

  /// Copies or moves an event in.
  template <class E>
  PublishResult publish(E&& event, const Until& until = {}) {
    using T = typename Topic<std::remove_cvref_t<E>>::Type;
    return producer_.publish([&](Stored& stored) { stored.template emplace<T>(std::forward<E>(event)); }, until);
  }
  template <class E>
  PublishResult try_publish(E&& event) {
    using T = typename Topic<std::remove_cvref_t<E>>::Type;
    return producer_.try_publish([&](Stored& stored) { stored.template emplace<T>(std::forward<E>(event)); });
  }

  /// Builds one in place, from `arguments`.
  template <class E, class... Arguments>
  PublishResult emplace(Arguments&&... arguments) {
    using T = typename Topic<E>::Type;
    return producer_.publish(
        [&](Stored& stored) { stored.template emplace<T>(std::forward<Arguments>(arguments)...); });
  }
  template <class E, class... Arguments>
  PublishResult try_emplace(Arguments&&... arguments) {
    using T = typename Topic<E>::Type;
    return producer_.try_publish(
        [&](Stored& stored) { stored.template emplace<T>(std::forward<Arguments>(arguments)...); });
  }

  /// Copies `events` in, at most a quarter of the ring at a time. Other publishers' events may come between two such pieces.
  ///
  /// Errors:  what a copy throws; earlier pieces are published, and the caller does not learn how many.
  template <class E>
  RangeResult publish_range(std::span<const E> events, const Until& until = {}) {
    return producer_.publish_range(std::span<const typename Topic<E>::Type>(events), until);
  }

  /// Publishes n events one after the other, with nothing between them: all or none. fill(stored) puts each into its place,
  /// of whatever topic (stored = event, stored.emplace<E>(...)); what it leaves empty reaches nobody.
  template <class Fill>
    requires std::is_invocable_v<Fill&, Stored&>
  PublishResult publish_batch(std::size_t n, Fill&& fill, const Until& until = {}) {
    const auto fill_anew = [&](Stored& stored) {
      stored.reset();
      fill(stored);
    };
    return producer_.publish_batch(n, fill_anew, until);
  }

  /// Nothing can be published any more.
  bool is_closed() const noexcept { return producer_.is_closed(); }

 private:
  template <class E>
  struct Topic {
    static_assert(detail::OneOf<E, Es...>, "whorl: what is published is an event of one of the topics of its bus");
    using Type = E;
  };

  Producer producer_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
