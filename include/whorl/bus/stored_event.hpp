#pragma once
// StoredEvent: a place for an event of any of several topics.

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <variant>
#include <whorl/bus/topics.hpp>
#include <whorl/sync/config.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// One event, or none, where it lies. What was there before is destroyed when the next one comes, before that is built: the
/// one after a constructor that throws finds nothing. It can be copied and moved as far as all its topics can.
///
/// Threads:  one at a time may change it.
template <class... Es>
class StoredEvent {
 public:
  StoredEvent() = default;

  /// Builds an E from `arguments`, in braces where E has no such constructor.
  template <class E, class... Arguments>
    requires detail::OneOf<E, Es...>
  E& emplace(Arguments&&... arguments) {
    value_.template emplace<std::monostate>();
    if constexpr (std::is_constructible_v<E, Arguments...>) {
      return value_.template emplace<E>(std::forward<Arguments>(arguments)...);
    } else {
      return value_.template emplace<E>(E{std::forward<Arguments>(arguments)...});
    }
  }
  template <class E>
    requires detail::OneOf<std::remove_cvref_t<E>, Es...>
  StoredEvent& operator=(E&& event) {
    emplace<std::remove_cvref_t<E>>(std::forward<E>(event));
    return *this;
  }
  void reset() { value_.template emplace<std::monostate>(); }

  bool has_value() const noexcept { return value_.index() != 0 && !value_.valueless_by_exception(); }
  template <class E>
  bool holds() const noexcept {
    return std::holds_alternative<E>(value_);
  }
  /// nullptr: it holds something else, or nothing.
  template <class E>
  E* get_if() noexcept {
    return std::get_if<E>(&value_);
  }
  template <class E>
  const E* get_if() const noexcept {
    return std::get_if<E>(&value_);
  }

  /// Calls f with the event if it is of one of these topics; whether it is.
  template <class... Some, class F>
  bool visit_if(F&& f) noexcept((std::is_nothrow_invocable_v<F&, Some&> && ...)) {
    return (call_if<Some>(f) || ...);
  }
  /// The same, whichever topic it is of.
  template <class F>
  bool visit(F&& f) noexcept((std::is_nothrow_invocable_v<F&, Es&> && ...)) {
    return visit_if<Es...>(f);
  }

 private:
  template <class E, class F>
  bool call_if(F& f) noexcept(std::is_nothrow_invocable_v<F&, E&>) {
    E* event = get_if<E>();
    if (event != nullptr) f(*event);
    return event != nullptr;
  }

  std::variant<std::monostate, Es...> value_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
