#pragma once
// What a scenario's threads share: Atomic, Plain, fences, barriers, sleep and time, as the machine of engine.hpp runs
// them.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>

#include "engine.hpp"

namespace model {

/// What std::atomic<T> is, for a T of at most eight bytes. It lives and dies with one execution: a member of the
/// scenario, or something that a thread makes. `name` is for the trace.
template <class T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));

 public:
  Atomic() noexcept : Atomic(T{}) {}
  Atomic(T value, const char* name = nullptr) noexcept  // implicit, as that of std::atomic is
      : id_(static_cast<std::uint32_t>(engine().make_location(to_bits(value), name))),
        execution_(static_cast<std::uint32_t>(engine().execution())) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(Order order) const noexcept { return to_value(engine().load(id(), order)); }
  void store(T value, Order order) noexcept { engine().store(id(), to_bits(value), order); }
  T exchange(T value, Order order) noexcept {
    return modify([&](T) { return value; }, order);
  }
  T fetch_add(T x, Order order) noexcept {
    return modify([&](T old) { return static_cast<T>(old + x); }, order);
  }
  T fetch_sub(T x, Order order) noexcept {
    return modify([&](T old) { return static_cast<T>(old - x); }, order);
  }
  T fetch_or(T x, Order order) noexcept {
    return modify([&](T old) { return static_cast<T>(old | x); }, order);
  }
  T fetch_and(T x, Order order) noexcept {
    return modify([&](T old) { return static_cast<T>(old & x); }, order);
  }
  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure) noexcept {
    return compare_exchange(expected, desired, success, failure, true);
  }
  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure) noexcept {
    return compare_exchange(expected, desired, success, failure, false);
  }

  /// Its number, for the engine.
  std::size_t id() const noexcept {
    if (execution_ != static_cast<std::uint32_t>(engine().execution())) [[unlikely]] {
      std::fputs("model: an atomic object outlived its execution: make it a member of the scenario\n", stderr);
      std::abort();
    }
    return id_;
  }

 private:
  static Engine& engine() noexcept { return Engine::get(); }
  static std::uint64_t to_bits(T value) noexcept {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
  }
  static T to_value(std::uint64_t bits) noexcept {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  template <class F>
  T modify(F f, Order order) noexcept {
    const T old = to_value(engine().begin_modify(id()));
    engine().end_modify(id_, to_bits(f(old)), order);
    return old;
  }
  bool compare_exchange(T& expected, T desired, Order success, Order failure, bool weak) noexcept {
    std::uint64_t bits = to_bits(expected);
    const bool done = engine().compare_exchange(id(), bits, to_bits(desired), success, failure, weak);
    expected = to_value(bits);
    return done;
  }

  std::uint32_t id_;
  std::uint32_t execution_;
};

/// Ordinary data that threads hand to each other: two accesses that nothing orders are a data race, and a failure.
template <class T>
class Plain {
 public:
  Plain() = default;
  explicit Plain(T value) : value_(std::move(value)) {}

  const T& get() const {
    Engine::get().plain_read(this);
    return value_;
  }
  void set(T value) {
    Engine::get().plain_write(this);
    value_ = std::move(value);
  }

 private:
  T value_{};
};

inline void fence(Order order) { Engine::get().fence(order); }

/// The running thread has nothing to do until another one has stored something.
inline void yield() { Engine::get().yield(); }

// ---- what the seam has besides: sync.hpp says what each does ---------------------------------------------------

inline bool asymmetric() noexcept { return Engine::get().asymmetric(); }
template <class W>
void light_barrier(Atomic<W>& word) noexcept {
  Engine::get().barrier(word.id(), Barrier::light);
}
template <class W>
void heavy_barrier(Atomic<W>& word) noexcept {
  Engine::get().barrier(word.id(), Barrier::heavy);
}
template <class W>
void full_barrier(Atomic<W>& word) noexcept {
  Engine::get().barrier(word.id(), Barrier::full);
}

inline void park(Atomic<std::uint32_t>& word, std::uint32_t expected, Time deadline) noexcept {
  Engine::get().park(word.id(), expected, deadline);
}
inline void unpark_all(Atomic<std::uint32_t>& word) noexcept { Engine::get().unpark_all(word.id()); }

inline Time now() noexcept { return Engine::get().now(); }
inline void sleep_until(Time deadline) noexcept { Engine::get().sleep_until(deadline); }

// ---- what scenarios have besides -------------------------------------------------------------------------------

/// Fails the execution unless `condition` holds.
inline void require(bool condition, const char* message) {
  if (!condition) [[unlikely]]
    Engine::get().fail(message);
}

/// A line in the trace, should there be one.
inline void note(const char* text, std::uint64_t value) {
  Engine& engine = Engine::get();
  if (engine.trace().is_on() && engine.inside()) engine.trace().line(engine.current(), text + (" " + show(value)));
}

}  // namespace model
