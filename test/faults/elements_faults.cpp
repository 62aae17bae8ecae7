// Elements that throw, that are left behind, that have every size and shape; capacities that cannot be.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/elements.hpp"
#include "../support/shapes.hpp"
#include "figure.hpp"

using namespace whorl_test;
using whorl::Position;

namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t end, std::uint64_t without = ~std::uint64_t{0}) {
  std::vector<std::uint64_t> all;
  for (; first < end; ++first) {
    if (first != without) all.push_back(first);
  }
  return all;
}

template <class Shard>
void read_all(Shard& shard, std::vector<std::uint64_t>& read) {
  shard.try_consume([&](Tracked& item) { read.push_back(item.number); }, kAll);
}

}  // namespace

// ---- 05 ----------------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("fault 05: whichever copy throws, singly written, it costs its own item", S, WHORL_TEST_SHAPES) {
  for (const std::size_t capacity : {1u, 2u, 4u, 8u}) {
    for (std::uint64_t nth = 0; nth < 3 * capacity; ++nth) {
      CAPTURE(capacity);
      CAPTURE(nth);
      {
        typename S::template Shard<Tracked> shard(capacity);
        std::vector<std::uint64_t> read;
        Tracked::fail_after(static_cast<std::int64_t>(nth));
        for (std::uint64_t n = 0; n < 4 * capacity; ++n) {
          const Tracked item(n);
          if (shard.size_approx() == capacity) read_all(shard, read);
          if (n == nth) {
            REQUIRE_THROWS_AS((void)shard.try_write(item), CopyFailed);
          } else {
            REQUIRE(shard.try_write(item));
          }
        }
        Tracked::never_fail();
        read_all(shard, read);
        REQUIRE(read == numbers(0, 4 * capacity, nth));
        REQUIRE(shard.stats().tombstones == (S::kShared ? 1 : 0));
        REQUIRE(shard.stats().accepted == 4 * capacity - 1);
      }
      REQUIRE(Tracked::live == 0);
    }
  }
}

TEST_CASE_TEMPLATE("fault 05: whichever copy of a batch throws, the items before it are written and no later one", S,
                   WHORL_TEST_SHAPES) {
  for (const std::size_t capacity : {1u, 2u, 4u, 8u}) {
    for (std::size_t size = 1; size <= capacity; ++size) {
      for (std::size_t nth = 0; nth < 3 * size; ++nth) {
        CAPTURE(capacity);
        CAPTURE(size);
        CAPTURE(nth);
        {
          typename S::template Shard<Tracked> shard(capacity, ~Position{0} - 3);
          std::vector<std::uint64_t> read;
          Tracked::fail_after(static_cast<std::int64_t>(nth));
          for (std::uint64_t first = 0; first < 4 * size; first += size) {
            std::vector<Tracked> batch;
            batch.reserve(size);
            for (std::size_t k = 0; k < size; ++k) batch.emplace_back(first + k);
            if (nth / size == first / size) {
              REQUIRE_THROWS_AS((void)shard.try_write_some(batch), CopyFailed);
            } else {
              REQUIRE(shard.try_write_some(batch) == size);
            }
            read_all(shard, read);
          }
          Tracked::never_fail();
          std::vector<std::uint64_t> expected = numbers(0, nth);
          const std::vector<std::uint64_t> after = numbers((nth / size + 1) * size, 4 * size);
          expected.insert(expected.end(), after.begin(), after.end());
          REQUIRE(read == expected);
          REQUIRE(shard.stats().tombstones == (S::kShared ? size - nth % size : 0));
        }
        REQUIRE(Tracked::live == 0);
      }
    }
  }
}

TEST_CASE_TEMPLATE("fault 05: a copy that throws in a claimed range leaves its cell to the next", S,
                   WHORL_TEST_SHAPES) {
  for (const std::size_t capacity : {1u, 2u, 8u}) {
    for (std::size_t nth = 0; nth < 3 * capacity; ++nth) {
      CAPTURE(capacity);
      CAPTURE(nth);
      {
        typename S::template Shard<Tracked> shard(capacity);
        std::vector<std::uint64_t> read;
        Tracked::fail_after(static_cast<std::int64_t>(nth));
        std::size_t thrown = 0;
        for (std::uint64_t n = 0; n < 4 * capacity;) {
          auto cells = shard.try_claim(capacity, capacity);
          REQUIRE(cells.size() == capacity);
          while (cells.built() < cells.size()) {
            const Tracked item(n);
            try {
              cells.emplace(item);
              ++n;
            } catch (const CopyFailed&) {
              ++thrown;
            }
          }
          cells.publish();
          read_all(shard, read);
        }
        Tracked::never_fail();
        REQUIRE(thrown == 1);
        REQUIRE(read == numbers(0, 4 * capacity));
        REQUIRE(shard.stats().tombstones == 0);
      }
      REQUIRE(Tracked::live == 0);
    }
  }
}

// ---- 06 ----------------------------------------------------------------------------------------------------------------

namespace {

// Moves into a ring without fail, but is assigned in vain when told so.
struct Reluctant {
  explicit Reluctant(std::uint64_t n = 0) noexcept : item(n) {}
  Reluctant(Reluctant&&) noexcept = default;
  Reluctant& operator=(Reluctant&& other) {
    if (assignments_before_failure-- == 0) throw CopyFailed();
    item.number = other.item.number;
    return *this;
  }
  Tracked item;
  static inline std::int64_t assignments_before_failure = -1;
};

}  // namespace

TEST_CASE_TEMPLATE("fault 06: an item that cannot be moved out is destroyed once, and the next read goes on behind it",
                   S, WHORL_TEST_SHAPES) {
  for (const std::size_t capacity : {1u, 2u, 4u, 16u}) {
    for (std::size_t nth = 0; nth < capacity; ++nth) {
      CAPTURE(capacity);
      CAPTURE(nth);
      std::vector<Reluctant> out(2 * capacity);
      const std::int64_t live = Tracked::live;
      {
        typename S::template Ring<Reluctant> ring(capacity, 1);
        Writers writers(ring);
        for (std::uint64_t n = 0; n < capacity; ++n) REQUIRE(writers.try_write(0, Reluctant(n + 1)));
        Reluctant::assignments_before_failure = static_cast<std::int64_t>(nth);
        REQUIRE_THROWS_AS(ring.try_read_some(out), CopyFailed);
        Reluctant::assignments_before_failure = -1;
        for (std::size_t k = 0; k < nth; ++k) REQUIRE(out[k].item.number == k + 1);
        REQUIRE(ring.stats().delivered == nth + 1);
        REQUIRE(ring.size_approx() == capacity - nth - 1);
        REQUIRE(Tracked::live == live + static_cast<std::int64_t>(capacity - nth - 1));
        REQUIRE(ring.try_read_some(out) == capacity - nth - 1);
        for (std::size_t k = 0; k + nth + 1 < capacity; ++k) REQUIRE(out[k].item.number == nth + k + 2);
        for (std::uint64_t n = 0; n < capacity; ++n) REQUIRE(writers.try_write(0, Reluctant(n)));  // all room is back
      }
      REQUIRE(Tracked::live == live);
    }
  }
}

TEST_CASE_TEMPLATE("fault 06: an item that is copied out in vain is destroyed once as well", S, WHORL_TEST_SHAPES) {
  for (std::size_t nth = 0; nth < 8; ++nth) {
    CAPTURE(nth);
    {
      typename S::template Ring<Tracked> ring(8, 1);
      Writers writers(ring);
      for (std::uint64_t n = 0; n < 8; ++n) REQUIRE(writers.try_write(0, Tracked(n)));
      std::vector<Tracked> out;
      out.reserve(8);
      Tracked::fail_after(static_cast<std::int64_t>(nth));
      const auto copy = [&](Tracked& item) { out.push_back(std::as_const(item)); };
      REQUIRE_THROWS_AS(ring.try_consume(copy, 8), CopyFailed);
      Tracked::never_fail();
      REQUIRE(ring.try_consume(copy, 8) == 7 - nth);
      std::vector<std::uint64_t> got;
      for (const Tracked& item : out) got.push_back(item.number);
      REQUIRE(got == numbers(0, 8, nth));
    }
    REQUIRE(Tracked::live == 0);
  }
}

// ---- 09 ----------------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("fault 09: a ring destroys what is left in it, once, wherever it has got to", S, WHORL_TEST_SHAPES) {
  for (const Position first : {Position{0}, ~Position{0} - 2, (Position{1} << 63) - 3}) {
    for (const std::size_t capacity : {1u, 2u, 8u}) {
      for (std::size_t before = 0; before <= 2 * capacity + 1; ++before) {
        for (std::size_t left = 0; left <= capacity; ++left) {
          CAPTURE(capacity);
          CAPTURE(before);
          CAPTURE(left);
          {
            typename S::template Ring<Tracked> ring(2 * capacity, 2, {.first_position = first});
            Writers writers(ring);
            for (std::size_t n = 0; n < before; ++n) {
              REQUIRE(writers.try_write(n % 2, Tracked(n)));
              REQUIRE(ring.try_consume([](Tracked&) {}, 1) == 1);
            }
            for (std::size_t n = 0; n < left; ++n) {
              REQUIRE(writers.try_write(0, Tracked(n)));
              REQUIRE(writers.try_write(1, Tracked(n)));
            }
            REQUIRE(Tracked::live == static_cast<std::int64_t>(2 * left));
          }
          REQUIRE(Tracked::live == 0);
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("fault 09: so it does with what lies between positions that were given up", S, WHORL_TEST_SHAPES) {
  for (std::size_t dropped = 0; dropped < 8; ++dropped) {
    CAPTURE(dropped);
    {
      typename S::template Ring<Tracked> ring(8, 1);
      Writers writers(ring);
      for (std::size_t n = 0; n < 8; ++n) {
        if (n == dropped) {
          auto cells = writers.try_claim(0, 1);
          REQUIRE(cells.size() == 1);
          cells.emplace(n);
        } else {
          REQUIRE(writers.try_write(0, Tracked(n)));
        }
      }
      REQUIRE(Tracked::live == 7);
    }
    REQUIRE(Tracked::live == 0);
  }
}

// ---- 11 ----------------------------------------------------------------------------------------------------------------

namespace {

enum class Outcome : std::uint8_t { built, smaller, refused, no_memory };

template <class Make>
Outcome outcome_of(std::size_t capacity, Make&& make) {
  try {
    return make(capacity) == capacity ? Outcome::built : Outcome::smaller;
  } catch (const std::invalid_argument&) {
    return Outcome::refused;
  } catch (const std::bad_alloc&) {
    return Outcome::no_memory;
  }
}

// A power of two is what it says, anything else an error, and nothing is ever a smaller ring than was asked for.
template <class Make>
void try_capacities(std::size_t slot, Make&& make) {
  std::vector<std::size_t> capacities = {0, 1, 2, 3, 5, (std::size_t{1} << 63) + 1, std::size_t{1} << 63, kAll};
  for (std::size_t power = 1; power <= std::size_t{1} << 16; power *= 2) {
    for (const std::size_t capacity : {power - 1, power, power + 1}) capacities.push_back(capacity);
  }
  for (const std::size_t around : {kAll / slot, kAll / 2 / slot, kAll / sizeof(std::uint64_t)}) {
    for (const std::size_t capacity : {around - 1, around, around + 1}) capacities.push_back(capacity);
  }
  for (const std::size_t capacity : capacities) {
    CAPTURE(capacity);
    const bool power_of_two = capacity != 0 && (capacity & (capacity - 1)) == 0;
    const bool can_be = power_of_two && capacity <= whorl::kMaxCapacity;
    CHECK(outcome_of(capacity, make) == (can_be ? Outcome::built : Outcome::refused));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("fault 11: a capacity is what was asked for, or an error", S, WHORL_TEST_SHAPES) {
  using Word = std::uint64_t;
  const auto try_all = [] {
    try_capacities(2 * sizeof(Word),
                   [](std::size_t capacity) { return typename S::template Shard<Word>(capacity).capacity(); });
    try_capacities(2 * sizeof(Word),
                   [](std::size_t capacity) { return typename S::template Ring<Word>(capacity, 1).capacity(); });
    try_capacities(2 * sizeof(Word), [](std::size_t shards) {
      return shards > 1024 && shards <= whorl::kMaxCapacity && (shards & (shards - 1)) == 0
                 ? shards  // the memory of so many shards is not asked for here
                 : typename S::template Ring<Word>(shards, shards).shard_count();
    });
  };
  try_all();  // the test framework takes some memory, once
  const std::uint64_t live = allocations().live();
  try_all();
  CHECK(allocations().live() == live);
}

TEST_CASE_TEMPLATE("fault 11: what no memory holds is bad_alloc" * doctest::skip(!kCountsAllocations), S,
                   WHORL_TEST_SHAPES) {
  using Word = std::uint64_t;
  using Large = std::array<std::byte, std::size_t{1} << 20>;
  for (std::size_t capacity = std::size_t{1} << 44; capacity <= whorl::kMaxCapacity; capacity *= 2) {
    CAPTURE(capacity);
    const auto words = [](std::size_t n) { return typename S::template Shard<Word>(n).capacity(); };
    const auto large = [](std::size_t n) { return typename S::template Shard<Large>(n).capacity(); };
    CHECK(outcome_of(capacity, words) == Outcome::no_memory);
    CHECK(outcome_of(capacity, large) == Outcome::no_memory);  // whose bytes are more than 2^64
  }
}

// ---- 12 ----------------------------------------------------------------------------------------------------------------

namespace {

template <std::size_t kSize>
struct Bytes {
  std::array<std::uint8_t, kSize> bytes;
};
struct Final final {
  explicit Final(std::uint64_t n) : number(n) {}
  std::uint64_t number;
};
struct Empty {};
struct MoveOnly {
  explicit MoveOnly(std::uint64_t n) : number(n) {}
  MoveOnly(MoveOnly&&) noexcept = default;
  std::uint64_t number;
};
// Hides its address, and cannot be put on the heap by itself.
struct Hidden {
  explicit Hidden(std::uint64_t n) : number(n) {}
  void operator&() const = delete;
  static void* operator new(std::size_t) = delete;
  static void* operator new(std::size_t, void*) = delete;
  static void operator delete(void*) = delete;
  std::uint64_t number;
};

template <class T>
T made(std::uint64_t n) {
  return T(n);
}
template <class T>
bool is_made(const T& item, std::uint64_t n) {
  return item.number == n;
}
template <>
Empty made<Empty>(std::uint64_t) {
  return {};
}
template <>
bool is_made(const Empty&, std::uint64_t) {
  return true;
}
template <class T>
concept OfBytes = requires(T item) { item.bytes.fill(0); };
template <OfBytes T>
T made(std::uint64_t n) {
  T item;
  item.bytes.fill(static_cast<std::uint8_t>(n));
  return item;
}
template <OfBytes T>
bool is_made(const T& item, std::uint64_t n) {
  return std::ranges::all_of(item.bytes, [n](std::uint8_t byte) { return byte == static_cast<std::uint8_t>(n); });
}
template <class T>
  requires std::is_aggregate_v<T> && (!OfBytes<T>) && (!std::is_empty_v<T>)
T made(std::uint64_t n) {
  return T{n};
}

template <class S, class T>
void carries() {
  for (const std::size_t capacity : {1u, 4u}) {
    CAPTURE(sizeof(T));
    CAPTURE(alignof(T));
    CAPTURE(capacity);
    typename S::template Shard<T> shard(capacity);
    std::uint64_t expected = 0;
    const auto use = [&](T& item) {
      REQUIRE(is_made<T>(item, expected++));
      REQUIRE(reinterpret_cast<std::uintptr_t>(std::addressof(item)) % alignof(T) == 0);
    };
    for (std::uint64_t n = 0; n < 3 * capacity; ++n) {
      REQUIRE(shard.try_write(made<T>(n)));
      if (shard.size_approx() == capacity) REQUIRE(shard.try_consume(use, kAll) == capacity);
    }
    auto cells = shard.try_claim(1);
    REQUIRE(cells.size() == 1);
    REQUIRE(reinterpret_cast<std::uintptr_t>(std::addressof(cells.emplace(made<T>(expected)))) % alignof(T) == 0);
    cells.publish();
    REQUIRE(shard.try_consume(use, kAll) == 1);
    REQUIRE(expected == 3 * capacity + 1);
  }
}

template <class S, class... Elements>
void carries_all() {
  (carries<S, Elements>(), ...);
}

}  // namespace

TEST_CASE_TEMPLATE("fault 12: elements of every form lie where they may lie and come out as they went in", S,
                   WHORL_TEST_SHAPES) {
  carries_all<S, Bytes<1>, Bytes<2>, Bytes<3>, Bytes<7>, Bytes<63>, Bytes<64>, Bytes<65>, Bytes<4096>, Bytes<65'537>,
              Bytes<std::size_t{1} << 20>>();
  carries_all<S, Aligned<8>, Aligned<16>, Aligned<64>, Aligned<128>, Aligned<4096>>();
  carries_all<S, Final, Empty, MoveOnly, Hidden, Addressless, Constant, Tracked>();
  CHECK(Tracked::live == 0);
}
