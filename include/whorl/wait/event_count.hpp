#pragma once
// EventCount: threads sleep on it until something has changed, at next to no cost for the thread that changes it.

#include <cstdint>
#include <optional>
#include <whorl/sync/sync.hpp>
#include <whorl/wait/until.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// One thread changes something and says notify(); another waits for it and sleeps meanwhile:
///
///     sleeper:  announce; barrier; is it there? if not, sleep      waker:  change it; barrier; has anybody announced?
///
/// One of the two sees the other. Who pays for the barriers is the constructor's choice:
///
///   Payer::sleeper   the waker's barrier is free, the sleeper's a system call that interrupts every running thread of
///                    the process (some microseconds): where wakers are fast and sleepers few
///   Payer::both      so it begins; the first sleeper pays that once, and from then on both pay a fence: where
///                    many may sleep often
///
/// Where the kernel has no membarrier(2), both pay a fence from the start.
///
/// Threads:   any.
/// Progress:  notify() is wait-free as long as nobody sleeps; a wake is a system call.
/// Lifetime:  it outlives every call of notify(), also of one whose sleeper is awake already.
/// Order:     none: what has changed must carry its own. After a wake, look again.
/// Limits:    a sleeper that is suspended between announcing and sleeping while 2^29 wakes pass may sleep through them.
/// Source:    event counts are Reed and Kanodia's (1979); the one-sided barrier is folly's AsymmetricThreadFence.
class EventCount {
 public:
  enum class Payer : bool { sleeper, both };
  struct NoMore {
    void announce() const noexcept {}
    bool stands() const noexcept { return true; }
    void cancel() const noexcept {}
  };

  explicit EventCount(Payer payer) noexcept : payer_(payer), word_(sync::asymmetric() ? 0 : kFenced | kSettled) {}

  /// What sleepers wait for may have changed: wakes them all. Inline: as a rule it is a load and a branch.
  [[gnu::always_inline]] void notify() noexcept {
    sync::light_barrier(word_);
    // Relaxed: the barrier orders it after the change; so it is for every access below.
    if ((word_.load(sync::relaxed) & (kAsleep | kFenced)) != 0) [[unlikely]]
      wake();
  }

  /// Sleeps until notify(), the end of `until`, or for no reason; not at all once ready() holds, which it returns.
  /// more.announce() does what wakers must see along with the announcement; it does not sleep unless more.stands() after
  /// the barrier, and if it does not, tells so by more.cancel().
  template <class Ready, class More = NoMore>
  bool sleep_unless(Ready&& ready, const Until& until, More more = {}) {
    std::optional<WakeOnStop> wake_on_stop;
    if (until.stop().stop_possible()) wake_on_stop.emplace(until.stop(), Wake{*this});
    const std::uint32_t key = announce(more);
    const bool is_ready = ready();
    if (is_ready || until.is_stopped() || !more.stands()) {
      more.cancel();
      return is_ready;
    }
    sleeps_.fetch_add(1, sync::relaxed);  // relaxed: a count, it orders nothing
    sync::park(word_, key, until.deadline());
    return false;
  }

  /// How often a thread has gone to sleep here.
  std::uint64_t sleeps() const noexcept { return sleeps_.load(sync::relaxed); }  // relaxed: a count

 private:
  static constexpr std::uint32_t kAsleep = 1;   // somebody has announced
  static constexpr std::uint32_t kFenced = 2;   // wakers pay a fence
  static constexpr std::uint32_t kSettled = 4;  // and all of them have heard of it: sleepers need no more than a fence
  static constexpr std::uint32_t kEpoch = 8;    // counts wakes, so that the kernel can tell one that came in between

  struct Wake {
    EventCount& event;
    void operator()() const noexcept { event.notify(); }
  };
  using WakeOnStop = std::stop_callback<Wake>;

  [[gnu::noinline, gnu::cold]] void wake() noexcept {
    std::uint32_t word = word_.load(sync::relaxed);  // relaxed: see notify()
    if ((word & kFenced) != 0) {
      sync::full_barrier(word_);
      word = word_.load(sync::relaxed);  // relaxed: see notify()
    }
    while ((word & kAsleep) != 0) {
      // Relaxed: what it changes is only compared, by sleepers and by the kernel.
      if (!word_.compare_exchange_weak(word, word - kAsleep + kEpoch, sync::relaxed, sync::relaxed)) continue;
      sync::unpark_all(word_);
      return;
    }
  }

  template <class More>
  [[gnu::cold]] std::uint32_t announce(More& more) noexcept {
    const std::uint32_t mine = payer_ == Payer::both ? kAsleep | kFenced : kAsleep;
    const std::uint32_t before = word_.fetch_or(mine, sync::relaxed);  // relaxed: the barriers below order it
    more.announce();
    if ((before & kSettled) != 0) {
      sync::full_barrier(word_);
      return before | mine;
    }
    sync::heavy_barrier(word_);
    if (payer_ == Payer::sleeper) return before | mine;
    // Relaxed: whoever reads kSettled passes a barrier of its own after it, and this store comes after the heavy one.
    // The key is not what it finds: a wake since the announcement must not go unnoticed.
    word_.fetch_or(kSettled, sync::relaxed);
    return before | mine | kSettled;
  }

  const Payer payer_;
  sync::Atomic<std::uint32_t> word_;       // sleepers, and the waker that finds one; quiet otherwise
  sync::Atomic<std::uint64_t> sleeps_{0};  // sleepers
};

}  // namespace whorl::inline WHORL_ABI_TAG
