#pragma once
// What an EventBus is made of: its carrier, publishers and handlers, from its topics and kind.

#include <cstddef>
#include <type_traits>
#include <whorl/bus/bus_publisher.hpp>
#include <whorl/bus/stored_event.hpp>
#include <whorl/bus/topic_handler.hpp>
#include <whorl/bus/topics.hpp>
#include <whorl/disruptor/disruptor.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// What carries a bus: the one place that says so for each kind of publishers. One without an order for all subscribers, of
// many shards, would be a specialisation here, and need an order guarantee of its own in the documentation of EventBus.
template <class Stored, class Kind, class W, class Layout>
struct CarrierOf {
  using Type =
      Disruptor<Stored, Kind, W, std::conditional_t<std::is_void_v<Layout>, DefaultEventLayout<Stored>, Layout>>;
};

template <class T, class Kind, class W, class Layout>
struct BusTypes : TopicsOf<T> {};
template <std::size_t MostBytes, class... Es, class Kind, class W, class Layout>
struct BusTypes<TopicsUpTo<MostBytes, Es...>, Kind, W, Layout> {
  static_assert(sizeof...(Es) != 0, "whorl: a bus has a topic, or several");
  static_assert(((kTimesAmong<Es, Es...> == 1) && ...), "whorl: a bus has each topic once");
  static_assert((require_storable<MostBytes, Es>() && ...));

  using Stored = StoredEvent<Es...>;
  using Carrier = typename CarrierOf<Stored, Kind, W, Layout>::Type;
  using Publisher = BusPublisher<typename Carrier::Producer, Stored, Es...>;
  template <class E>
  static constexpr bool kHas = OneOf<E, Es...>;
  // Of those topics, or of all if there are none.
  template <class Handler, class... Some>
  struct HandlerOf {
    using Type = TopicHandler<Handler, Stored, Some...>;
  };
  template <class Handler>
  struct HandlerOf<Handler> {
    using Type = TopicHandler<Handler, Stored, Es...>;
  };
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
