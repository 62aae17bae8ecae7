#pragma once
// That the hooks a handler of many shards has can be called.

#include <cstddef>
#include <exception>
#include <type_traits>
#include <whorl/disruptor/handler_hooks.hpp>
#include <whorl/disruptor/sharded_reader.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// Those that tell a sequence are told to others than require_hooks knows: one written for a single ring is refused, for its
// sequence would not say in which shard.
template <class Handler, class E>
constexpr bool require_sharded_hooks() {
  using H = std::remove_cvref_t<Handler>;
  if constexpr (HasHooks<H>) {
    require_common_hooks<Handler>();
    using Both = WithHookNames<H>;
    using Called = std::remove_reference_t<Handler>&;
    static_assert(
        requires { &Both::on_timeout; } || requires(Called h) { h.on_timeout(); },
        "whorl: where there are shards, a handler's on_timeout takes nothing, and is public");
    static_assert(
        requires { &Both::on_error; } ||
            requires(Called h, std::exception_ptr error, E* event, ShardPlace place) {
              { h.on_error(error, event, place) } -> std::convertible_to<ErrorAction>;
            },
        "whorl: where there are shards, a handler's on_error takes an std::exception_ptr, E* and a ShardPlace, returns "
        "an "
        "ErrorAction, and is public");
  }
  return true;
}

template <class S>
struct HooksOf<ShardedEventContext<S>> {
  template <class Handler, class E>
  static constexpr bool require() {
    return require_sharded_hooks<Handler, E>();
  }
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
