#pragma once
// Roster: what is done with each contender of a scenario.

#include <concepts>

#include "../contenders/contender.hpp"
#include "scenario.hpp"

namespace bench {

namespace detail {
template <class... Rosters>
struct Join;
template <class... Queues>
struct Join<Roster<Queues...>> {
  using Type = Roster<Queues...>;
};
template <class... Some, class... More, class... Rosters>
struct Join<Roster<Some...>, Roster<More...>, Rosters...> : Join<Roster<Some..., More...>, Rosters...> {};
}  // namespace detail

/// The contenders of several rosters, in that order.
template <class... Rosters>
using Joined = typename detail::Join<Rosters...>::Type;

/// Calls add.operator()<Queue>() for each contender that is there; of the others the scenario says that they are missing.
template <class... Queues, class Add>
void for_each_contender(Scenario& scenario, Roster<Queues...>, Add&& add) {
  const auto one = [&]<class Queue>() {
    if constexpr (std::derived_from<Queue, Absent>) {
      scenario.missing.emplace(Queue::kName);
    } else {
      add.template operator()<Queue>();
    }
  };
  (one.template operator()<Queues>(), ...);
}

}  // namespace bench
