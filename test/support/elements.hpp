#pragma once
// Elements of every sort a ring must carry. Item<T> makes the n-th item of a type and recognises it again.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>

namespace whorl_test {

template <std::size_t kWords>
struct Block {
  std::array<std::uint64_t, kWords> words;
};
using CacheLineBlock = Block<8>;

struct Packet {
  std::array<std::uint8_t, 1450> bytes;
};

template <std::size_t kAlignment>
struct alignas(kAlignment) Aligned {
  std::uint64_t number;
};

/// Cannot be asked for its address in the usual way, nor made from nothing.
struct Addressless {
  explicit Addressless(std::uint64_t n) : number(n) {}
  void operator&() const = delete;
  std::uint64_t number;
};

/// Cannot be assigned, nor made from nothing.
struct Constant {
  explicit Constant(std::uint64_t n) : number(n) {}
  const std::uint64_t number;
};

struct CopyFailed : std::runtime_error {
  CopyFailed() : std::runtime_error("this copy was told to fail") {}
};

/// Knows how many of it are alive, and fails to be copied when told so. Moving never fails. For one thread.
class Tracked {
 public:
  explicit Tracked(std::uint64_t n) noexcept : number(n) { ++live; }
  Tracked(Tracked&& other) noexcept : number(other.number) { ++live; }
  Tracked(const Tracked& other) : number(other.number) {
    if (copies_before_failure-- == 0) throw CopyFailed();
    ++live;
  }
  Tracked& operator=(const Tracked&) = default;
  ~Tracked() { --live; }

  static void fail_after(std::int64_t copies) { copies_before_failure = copies; }
  static void never_fail() { copies_before_failure = -1; }

  std::uint64_t number;
  static inline std::int64_t live = 0;

 private:
  static inline std::int64_t copies_before_failure = -1;
};

template <class T>
struct Item {
  static T make(std::uint64_t n) { return T{n}; }
  static bool is(const T& value, std::uint64_t n) { return value.number == n; }
};
template <>
struct Item<std::uint64_t> {
  static std::uint64_t make(std::uint64_t n) { return n; }
  static bool is(std::uint64_t value, std::uint64_t n) { return value == n; }
};
template <>
struct Item<std::uint8_t> {
  static std::uint8_t make(std::uint64_t n) { return static_cast<std::uint8_t>(n); }
  static bool is(std::uint8_t value, std::uint64_t n) { return value == make(n); }
};
template <>
struct Item<std::unique_ptr<std::uint64_t>> {
  static std::unique_ptr<std::uint64_t> make(std::uint64_t n) { return std::make_unique<std::uint64_t>(n); }
  static bool is(const std::unique_ptr<std::uint64_t>& value, std::uint64_t n) {
    return value != nullptr && *value == n;
  }
};
// Every word carries the number: an element put together from two writes is recognised by none.
template <std::size_t kWords>
struct Item<Block<kWords>> {
  static Block<kWords> make(std::uint64_t n) {
    Block<kWords> block;
    block.words.fill(n);
    return block;
  }
  static bool is(const Block<kWords>& value, std::uint64_t n) {
    return std::ranges::all_of(value.words, [n](std::uint64_t word) { return word == n; });
  }
};
template <>
struct Item<Packet> {
  static Packet make(std::uint64_t n) {
    Packet packet;
    packet.bytes.fill(static_cast<std::uint8_t>(n));
    return packet;
  }
  static bool is(const Packet& value, std::uint64_t n) {
    return std::ranges::all_of(value.bytes, [n](std::uint8_t byte) { return byte == static_cast<std::uint8_t>(n); });
  }
};

}  // namespace whorl_test
