#pragma once
// Memory: which values a load may return. C++20's rules as an operational machine; README.md says what is left out.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "clock.hpp"

namespace model {

enum class Order : std::uint8_t { relaxed, acquire, release, acq_rel, seq_cst };

// An access that asks for seq_cst gets acq_rel: weaker than the language, so nothing that relies on it passes here.
constexpr bool acquires(Order order) noexcept { return order != Order::relaxed && order != Order::release; }
constexpr bool releases(Order order) noexcept { return order != Order::relaxed && order != Order::acquire; }
const char* to_string(Order order) noexcept;

/// The barriers of the seam (sync.hpp).
enum class Barrier : std::uint8_t { light, heavy, full };
const char* to_string(Barrier barrier) noexcept;

/// How many of a location's newest stores can still be read. A bound of every verdict.
inline constexpr std::size_t kHistory = 8;

struct Store {
  std::uint64_t value = 0;
  std::uint64_t stamp = 0;  // place among all stores of the execution, which is also the modification order
  View released;            // what an acquiring reader learns: the release sequence this store belongs to
  Clock seen;               // for each thread, the tick at which it first read or wrote this store
  std::array<std::uint8_t, kMaxThreads> stale_reads{};  // for each thread, how often it read this as an old store
};

/// One atomic object: its newest stores.
struct Location {
  std::array<Store, kHistory> stores;
  std::uint64_t written = 0;
  const char* name = nullptr;

  /// The store `age` places before the newest, in [0, kept()).
  Store& at_age(std::size_t age) noexcept { return stores[(written - 1 - age) % kHistory]; }
  const Store& at_age(std::size_t age) const noexcept { return stores[(written - 1 - age) % kHistory]; }
  std::size_t kept() const noexcept { return written < kHistory ? static_cast<std::size_t>(written) : kHistory; }
  Store& append() noexcept { return stores[written++ % kHistory]; }
};

/// An operation of some thread, to be asked about later: see Memory::knows.
struct Moment {
  std::size_t thread = 0;
  Tick tick = 0;
};

/// Every atomic object of one execution, and what each thread has seen of them.
class Memory {
 public:
  /// Forgets everything. `stale_reads`: how often a thread may read one and the same old store.
  void reset(unsigned stale_reads) noexcept;
  /// The set-up is done: from now on there are so many threads.
  void start(std::size_t threads) noexcept;

  // ---- set-up and final checks: one thread, no choices ---------------------------------------------------------
  std::size_t make(std::uint64_t value, const char* name);
  std::uint64_t newest(std::size_t id) const noexcept { return locations_[id].at_age(0).value; }
  void set(std::size_t id, std::uint64_t value) noexcept;

  // ---- the threads ---------------------------------------------------------------------------------------------
  std::size_t make(std::size_t thread, std::uint64_t value, const char* name);
  /// How many of the location's newest stores the thread may read.
  std::size_t readable(std::size_t thread, std::size_t id) const noexcept;
  std::uint64_t value(std::size_t id, std::size_t age) const noexcept { return locations_[id].at_age(age).value; }
  std::uint64_t read(std::size_t thread, std::size_t id, std::size_t age, Order order) noexcept;
  void write(std::size_t thread, std::size_t id, std::uint64_t value, Order order) noexcept;
  /// Reads the newest store and appends the next one; nothing comes between.
  void read_modify_write(std::size_t thread, std::size_t id, std::uint64_t value, Order order) noexcept;
  void fence(std::size_t thread, Order order) noexcept;
  /// Of two barriers, the later one sees what was visible at the earlier one: any two of heavy and full, and a heavy and
  /// a light one. No more than that: no barrier hands over plain data.
  void barrier(std::size_t thread, Barrier barrier) noexcept;

  /// Stores become visible in finite time: the thread can no longer read behind what is newest now.
  void refresh(std::size_t thread) noexcept { threads_[thread].fresh = stores_; }

  const Clock& happened(std::size_t thread) const noexcept { return threads_[thread].view.happened; }
  Moment now(std::size_t thread) const noexcept { return {thread, happened(thread).at[thread]}; }
  /// That moment happens before the thread's next operation.
  bool knows(std::size_t thread, Moment moment) const noexcept {
    return moment.tick <= happened(thread).at[moment.thread];
  }
  const char* name(std::size_t id) const noexcept { return locations_[id].name; }

 private:
  struct ThreadMemory {
    View view;
    View unfenced;            // released to this thread's relaxed loads; an acquire fence lets it in
    View fenced;              // what its relaxed stores release: its view at the last release fence
    std::uint64_t fresh = 0;  // stores up to this stamp are no longer hidden by newer ones it has not seen
  };

  bool is_known(const ThreadMemory& thread, const Store& store) const noexcept;
  void observe(std::size_t thread, Store& store, Order order) noexcept;
  void append(std::size_t thread, Location& location, std::uint64_t value, const View& released) noexcept;
  void tick(std::size_t thread) noexcept;
  Location& add(const char* name);

  std::deque<Location> locations_;  // reused from execution to execution; the first used_ are alive
  std::size_t used_ = 0;
  std::array<ThreadMemory, kMaxThreads> threads_;
  std::size_t thread_count_ = 0;
  unsigned stale_reads_ = 0;
  std::uint64_t stores_ = 0;
  Clock seq_cst_;  // what was visible at the seq_cst fences, the heavy and the full barriers so far
  Clock heavy_;    // at the heavy ones, but not what they learned from light ones
  Clock light_;    // at the light ones
};

}  // namespace model
