#pragma once
// LossySubscriber: a subscriber of a bus that nobody waits for.

#include <cstddef>
#include <type_traits>
#include <utility>
#include <whorl/bus/stored_event.hpp>
#include <whorl/disruptor/lossy_consumer.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// It may be as slow as it likes: it gets copies of the events of its topics, in a ring of its own, of those that find room
/// there, and learns how many of its topics it has missed, and where. Otherwise as LossyConsumer, which see.
///
///     whorl::LossySubscriber<Fill, Risk> screen(256);
///     bus.subscribe(screen);  // a thread that only copies; subscribe<Fill, Risk>(aggregate(logic, screen.feed())) spares it
///     (void)screen.run([](const auto& event, const whorl::LossyContext& at) { ... });  // until its node has ended
///
/// Threads:   run, try_consume, wait_readable: one consumer. The rest: any.
/// Order:     that of the bus. What was done with an event upstream of the subscription is in the copy.
/// Progress, units, errors: as LossyConsumer.
/// Lifetime:  longer than the bus.
template <class... Es>
class LossySubscriber : private LossyConsumer<StoredEvent<Es...>> {
  static_assert(((std::is_copy_constructible_v<Es> && std::is_nothrow_move_constructible_v<Es>) && ...),
                "whorl: a lossy subscriber is fed by copy: its topics are copied, and moved without throwing");
  using Stored = StoredEvent<Es...>;
  using Base = LossyConsumer<Stored>;

 public:
  explicit LossySubscriber(std::size_t capacity) : Base(capacity) {}

  /// What feeds it: to be subscribed to its topics, once.
  [[nodiscard]] auto feed() { return Base::feed(Copy{}); }
  /// Used by the bus: join(handler) subscribes it. A subscription that is refused does not spend it.
  template <class Join>
  auto subscribe(Join&& join) {
    const auto id = std::forward<Join>(join)(Trial(feed(), is_subscribed_));
    is_subscribed_ = true;
    return id;
  }

  /// Calls use(E&) or use(E&, const LossyContext&) with whatever comes, until nothing will come any more, or a stop or a
  /// deadline.
  template <class Use, WaitStrategy W = BlockingWait>
  ReadResult run(Use&& use, const W& strategy = {}, const Until& until = {}) {
    return Base::run(by_topic(use), strategy, until);
  }
  /// The same once, with what is there, at most `most`; returns how many. Never waits.
  template <class Use>
  std::size_t try_consume(Use&& use, std::size_t most = ~std::size_t{0}) {
    return Base::try_consume(by_topic(use), most);
  }

  using Base::capacity;
  using Base::close;
  using Base::lost;
  using Base::stats;
  using Base::wait_readable;

 private:
  struct Copy {
    template <class E>
      requires detail::OneOf<E, Es...>
    Stored operator()(const E& event) const noexcept(std::is_nothrow_copy_constructible_v<E>) {
      Stored copy;
      copy = event;
      return copy;
    }
  };

  using Feed = typename Base::template Feed<Copy>;
  class Trial : public Feed {
   public:
    Trial(Feed feed, const bool& is_subscribed) : Feed(std::move(feed)), is_subscribed_(is_subscribed) {}
    Trial(Trial&&) = default;
    Trial& operator=(Trial&&) = delete;
    ~Trial() {
      if (!is_subscribed_) this->give_back();
    }

   private:
    const bool& is_subscribed_;
  };

  template <class Use>
  static auto by_topic(Use& use) {
    return [&use](Stored& stored, const LossyContext& at) {
      stored.visit([&](auto& event) { detail::call_handler(use, event, at); });
    };
  }

  bool is_subscribed_ = false;  // who subscribes it, and ends the bus
};

}  // namespace whorl::inline WHORL_ABI_TAG
