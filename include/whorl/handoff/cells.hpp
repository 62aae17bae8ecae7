#pragma once
// Cells: the memory of a hand-off together with the marks that say what in it is complete. Two kinds: stamped cells
// (stamped_cells.hpp) carry the mark beside each datum; dense cells (dense_cells.hpp) keep one mark for a whole run.

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>
#include <whorl/handoff/position.hpp>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG {

namespace detail {

// What may lie in a cell: anything that moves and is destroyed without throwing. One reason a line, for whoever gets
// it wrong.
template <class T>
constexpr bool require_element() noexcept {
  static_assert(std::is_object_v<T>, "whorl: an element is an object: store a pointer or a std::reference_wrapper");
  static_assert(std::same_as<T, std::remove_cv_t<T>>,
                "whorl: an element is moved out of the ring: drop const and volatile");
  static_assert(std::is_nothrow_destructible_v<T>, "whorl: an element's destructor must not throw");
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "whorl: an element must move without throwing (noexcept move constructor), or be held by pointer");
  return true;
}

// Room for one T that is built by a producer and destroyed by the reader. A union: it does neither by itself.
template <class T>
union Storage {
  Storage() noexcept {}
  ~Storage() {}
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // Builds the T from make(args...); a prvalue is built in place.
  template <class Make, class... Args>
  void build(Make&& make, Args... args) noexcept(noexcept(T(make(args...)))) {
    sync::plain_write(this);
    ::new (static_cast<void*>(std::addressof(value))) T(make(args...));
  }

  // The same from the arguments of T's constructor.
  template <class... Args>
  T& emplace(Args&&... args) noexcept(noexcept(T(std::forward<Args>(args)...))) {
    build([&]() noexcept(noexcept(T(std::forward<Args>(args)...))) -> T { return T(std::forward<Args>(args)...); });
    return value;
  }

  void destroy() noexcept {
    sync::plain_write(std::addressof(value));  // until here nobody else may have had it
    std::destroy_at(std::addressof(value));
  }

  // Gives the T to `use` and destroys it, whether `use` returns or throws. A reader owns what it reads.
  template <class Use>
  void consume(Use&& use) {
    sync::plain_write(this);
    struct Destroy {
      Storage& storage;
      ~Destroy() { storage.destroy(); }
    } after{*this};
    use(value);
  }

  T value;
};

}  // namespace detail

/// What every kind of cells offers. `p` is a position, `n` a count that the claim has granted.
///
/// write(p, n, fill)      producer: builds cell p + k from fill(k), k in [0, n), and publishes them; if fill throws
///                        at k the first k stay published and the exception goes on
/// bury(p, n)             producer: publishes n positions as tombstones (shared claims only)
/// visit<follow>(p, most, use, buried)
///                        reader: uses and destroys complete cells from p on, at most `most`; p is past a cell before
///                        `use` sees it; tombstones are passed and counted in `buried`; returns how many were used
/// build(p, args...)      producer: builds cell p and nothing more; at(p) is it
/// publish(p, n)          producer: n built cells are complete; destroy(p, n): they are not to be
/// peek(p, buried)        reader: whether p is complete, p having passed tombstones
/// kInOrder               positions must be published in order
template <class C>
concept Cells = requires(C& cells, Position p, std::size_t n) {
  typename C::Value;
  { C::kInOrder } -> std::convertible_to<bool>;
};

}  // namespace whorl::inline WHORL_ABI_TAG
