#pragma once
// Producers: handles that publish into a Disruptor.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/claimed_events.hpp>
#include <whorl/disruptor/entrance.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What every producer's handle can do. `fill` is called as fill(E&) or fill(E&, sequence), in order.
///
/// Threads:   a handle is one thread's at a time. Copies of a shared one are as many threads' as there are.
/// Order:     what one handle publishes is handled in that order, by every handler.
/// Progress:  what begins with try_ never waits; the rest waits for room, as the Disruptor's wait strategy does, until
///            a deadline, a stop, or the end of the Disruptor. In a handler of the same Disruptor it never does:
///            would_deadlock.
/// Errors:    what `fill` throws; then nothing is published, of a batch none. `fill` does not publish: a single producer
///            cannot, and with many, when there is no room, it would wait for the claim that it is filling.
/// Lifetime:  the Disruptor outlives its handles.
template <class Ring>
class ProducerBase {
  using E = typename Ring::Event;

 public:
  /// Publishes one event.
  template <detail::FillsEvent<E> Fill>
  PublishResult publish(Fill&& fill, const Until& until = {}) {
    return entrance().publish(1, fill, until);
  }
  template <detail::FillsEvent<E> Fill>
  PublishResult try_publish(Fill&& fill) {
    return entrance().try_publish(1, fill);
  }

  /// Publishes n events together: all or none. None to publish (n = 0): `ok`, also when it is closed.
  template <detail::FillsEvent<E> Fill>
  PublishResult publish_batch(std::size_t n, Fill&& fill, const Until& until = {}) {
    return entrance().publish(n, fill, until);
  }
  template <detail::FillsEvent<E> Fill>
  PublishResult try_publish_batch(std::size_t n, Fill&& fill) {
    return entrance().try_publish(n, fill);
  }

  /// Publishes `items` by assigning each to an event, at most a quarter of the ring at a time.
  ///
  /// Errors:  what an assignment throws; earlier pieces are published, and the caller does not learn how many.
  template <class T>
    requires std::is_assignable_v<E&, const T&>
  RangeResult publish_range(std::span<const T> items, const Until& until = {}) {
    const std::size_t piece = std::max<std::size_t>(1, entrance().ring().capacity() / 4);
    RangeResult done;
    while (done.published != items.size()) {
      const std::size_t n = std::min(piece, items.size() - done.published);
      const auto* item = items.data() + done.published;
      const auto assign = [&item](E& event) { event = *item++; };
      done.result = entrance().publish(n, assign, until);
      if (!done) break;
      done.published += n;
    }
    return done;
  }

  /// Claims n events, to be filled where they lie: 1 or more (0 is a mistake: checks abort, without them it is refused).
  /// Of a single producer: one claim at a time, and nothing else meanwhile.
  ClaimedEvents<Ring> claim(std::size_t n, const Until& until = {}) {
    return claim_or(n, [&](Ring& ring, SequenceNumber& last) {
      const PublishResult refused = entrance().why_not_wait(n);
      if (refused != PublishResult::ok) return refused;
      const NextResult next = ring.next(n, until);
      last = next.sequence;
      return detail::to_publish_result(next.result);
    });
  }
  ClaimedEvents<Ring> try_claim(std::size_t n) {
    return claim_or(n, [&](Ring&, SequenceNumber&) { return entrance().refusal(); });
  }

  /// The most that can be published, or claimed, at once: the capacity of the ring, where there are shards of this producer's.
  /// More is `full`, however long one waits. 0: it was moved from.
  std::size_t capacity() const noexcept { return entrance_ == nullptr ? 0 : entrance_->ring().capacity(); }
  /// Nothing can be published any more.
  bool is_closed() const noexcept { return entrance_ == nullptr || entrance_->ring().is_closed(); }

 protected:
  explicit ProducerBase(detail::Entrance<Ring>* entrance) noexcept : entrance_(entrance) {}

  detail::Entrance<Ring>& entrance() noexcept {
    WHORL_ASSERT(entrance_ != nullptr, "this producer was moved from: publish with the one it was moved to");
    return *entrance_;
  }
  detail::Entrance<Ring>* take() noexcept { return std::exchange(entrance_, nullptr); }

 private:
  template <class Otherwise>
  ClaimedEvents<Ring> claim_or(std::size_t n, Otherwise&& otherwise) {
    WHORL_ASSERT(n != 0, "claim one event or more");
    Ring& ring = entrance().ring();
    // The producer's stay, which ends here, also when the wait strategy throws, unless there is a claim: then with that.
    struct Stay {
      detail::Entrance<Ring>* entrance;
      ~Stay() {
        if (entrance != nullptr) entrance->leave();
      }
    } stay{&entrance()};
    entrance().enter();
    SequenceNumber last = 0;
    PublishResult result = PublishResult::ok;
    if (const auto claimed = ring.try_next(n)) {
      last = *claimed;
    } else {
      result = otherwise(ring, last);
    }
    if (result != PublishResult::ok) return ClaimedEvents<Ring>(result);
    return {*std::exchange(stay.entrance, nullptr), {next_after(last) - n, n}};
  }

  detail::Entrance<Ring>* entrance_;
};

/// The only producer: plain stores. It may be moved to another thread; when it ends the next one can be had.
template <class Ring>
class SingleProducer : public ProducerBase<Ring> {
 public:
  /// Used by the Disruptor, which has taken the right for it.
  explicit SingleProducer(detail::Entrance<Ring>& entrance) noexcept : ProducerBase<Ring>(&entrance) {
    entrance.count_handle(1);
  }
  SingleProducer(SingleProducer&& other) noexcept : ProducerBase<Ring>(other.take()) {}
  SingleProducer& operator=(SingleProducer&&) = delete;
  ~SingleProducer() {
    auto* const entrance = this->take();
    if (entrance == nullptr) return;
    entrance->count_handle(~std::uint32_t{0});  // one less, and now the next producer can be had
    entrance->ring().disown();
  }
};

/// One of any number of producers. Copy it for every thread.
template <class Ring>
class SharedProducer : public ProducerBase<Ring> {
 public:
  /// Used by the Disruptor.
  explicit SharedProducer(detail::Entrance<Ring>& entrance) noexcept : ProducerBase<Ring>(&entrance) {}
};

}  // namespace whorl::inline WHORL_ABI_TAG
