#pragma once
// Doorbell: how the consumer of many shards learns where to look, and how producers wake it when it sleeps.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <whorl/handoff/array.hpp>
#include <whorl/sync/sync.hpp>
#include <whorl/wait/event_count.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A consumer does not look everywhere for ever: it stops looking at shards that stay empty, and at all of them when it
/// goes to sleep. Of each such shard it asks to be called. A producer that has published looks whether it is asked, at one
/// quiet word of its shard, and as a rule it is not:
///
///     producer:  publish; light barrier; asked? then set the shard's bit and wake the consumer
///     consumer:  clear the bit; ask; heavy barrier; is there an item after all? then set the bit again
///
/// One of the two sees the other: where the bit is clear there is no item, or a producer is about to set it. Few shards are
/// cheaper to look at than to keep account of, so then the consumer asks only before it sleeps, and looks everywhere
/// otherwise; and so it does where barriers cannot be one-sided.
///
/// Threads:   Call: the producers of that shard. wake: any. Everything else: the consumer.
/// Progress:  wait-free. A producer that is not asked does one load; one that is, some locked instructions, and a system
///            call if the consumer sleeps.
class Doorbell {
 public:
  /// One shard's end of the wire, with its quiet word: 0, or the number of the consumer's latest request to be called. A
  /// shard without a bell is one whose consumer always looks.
  class Call {
   public:
    Call(Doorbell* bell, std::size_t shard) noexcept : bell_(bell), shard_(shard) {}

    /// After a producer has published.
    void tell() noexcept {
      sync::light_barrier(request_);
      // Relaxed: the barrier orders it after what was published.
      if (request_.load(sync::relaxed) != 0 && bell_ != nullptr) [[unlikely]]
        bell_->answer(*this);
    }
    /// After a change besides items that the consumer may be waiting for.
    void wake() noexcept {
      if (bell_ != nullptr) bell_->wake();
    }

   private:
    friend Doorbell;
    static constexpr std::uint64_t kFenced = 1;  // producers pay a fence
    static constexpr std::uint64_t kNumber = 2;  // requests are counted above that

    sync::Atomic<std::uint64_t> request_{sync::asymmetric() ? 0 : kFenced};
    Doorbell* const bell_;
    const std::size_t shard_;
  };

  /// Tells when it goes out of scope.
  struct Tell {
    Call& call;
    ~Tell() { call.tell(); }
  };

  /// When the consumer stops looking: never with up to `scan` shards, else it thinks about it once in `sweeps` sweeps, so
  /// that the barrier costs a sweep some nanoseconds.
  struct Habit {
    std::size_t scan = 8;
    std::uint64_t sweeps = 1024;
  };

  explicit Doorbell(std::size_t shards) : Doorbell(shards, Habit{}) {}
  Doorbell(std::size_t shards, Habit habit)
      : sweeps_to_rest_(shards > habit.scan && sync::asymmetric() ? habit.sweeps : 0),
        words_((shards + 63) / 64, [&](std::size_t i) { return all_shards(shards - 64 * i); }) {}

  /// Something has changed that the consumer may be waiting for, besides items.
  void wake() noexcept { sleeper_.notify(); }

  // ---- the consumer -----------------------------------------------------------------------------------------------

  /// next() names every shard, and served() and rest() do nothing.
  bool looks_everywhere() const noexcept { return sweeps_to_rest_ == 0; }

  /// The first shard in [from, end) to look at; `end` if there is none.
  std::size_t next(std::size_t from, std::size_t end) const noexcept {
    return looks_everywhere() ? from : next_set(from, end);
  }

  /// A shard that next() gave was not empty.
  void served(std::size_t shard) noexcept {
    if (!looks_everywhere()) words_[shard / 64].busy |= bit_of(shard);
  }

  /// After a sweep: now and then stops looking at shards where nothing was found for long. shards[s] has call() and
  /// is_readable().
  template <class Shards>
  void rest(Shards& shards) {
    if (!looks_everywhere() && ++sweeps_ >= sweeps_to_rest_) [[unlikely]]
      stop_looking(shards);
  }

  /// What EventCount::sleep_unless is, for a consumer that waits for items of `shards` and wants to be called by all.
  template <class Shards, class Ready>
  bool sleep_unless(Shards& shards, Ready&& ready, const Until& until) {
    struct Requests {
      Doorbell& bell;
      Shards& shards;
      void announce() noexcept {
        for (std::size_t w = 0; w < bell.words_.size(); ++w) bell.ask(shards, w, ~std::uint64_t{0});
      }
      // A producer that answers before the barrier may not have seen that this thread is about to sleep, and thinks from
      // then on that it need not call again.
      bool stands() const noexcept { return bell.next_set(0, shards.size()) == shards.size(); }
      // There may be items that were published before their shards were asked: it has to look at all of them again.
      // Relaxed: the bits carry nothing.
      void cancel() noexcept {
        for (std::size_t w = 0; w < bell.words_.size(); ++w)
          bell.words_[w].bits.fetch_or(all_shards(shards.size() - 64 * w), sync::relaxed);
      }
    };
    return sleeper_.sleep_unless(ready, until, Requests{*this, shards});
  }

  /// How often the consumer has gone to sleep.
  std::uint64_t sleeps() const noexcept { return sleeper_.sleeps(); }

 private:
  struct alignas(kCacheLine) Word {
    explicit Word(std::uint64_t all) noexcept : bits(all) {}
    sync::Atomic<std::uint64_t> bits;            // producers that answer, and the consumer: where it looks; quiet
    alignas(kCacheLine) std::uint64_t busy = 0;  // the consumer: where something was found lately
    std::uint64_t idle = 0;                      // the consumer: where it is about to stop looking
  };

  // The first shard in [from, end) whose bit is set; `end` if there is none.
  std::size_t next_set(std::size_t from, std::size_t end) const noexcept {
    std::uint64_t mask = ~std::uint64_t{0} << from % 64;
    for (std::size_t w = from / 64; 64 * w < end; ++w, mask = ~std::uint64_t{0}) {
      const std::uint64_t bits = words_[w].bits.load(sync::relaxed) & mask;  // relaxed: the cells carry the data
      if (bits != 0) return std::min(end, 64 * w + static_cast<std::size_t>(std::countr_zero(bits)));
    }
    return end;
  }

  // The bits of `shards` shards, as far as they are in one word.
  static std::uint64_t all_shards(std::size_t shards) noexcept {
    return shards < 64 ? bit_of(shards) - 1 : ~std::uint64_t{0};
  }
  static constexpr std::uint64_t bit_of(std::size_t shard) noexcept { return std::uint64_t{1} << shard % 64; }

  // A producer has found that it is asked.
  [[gnu::noinline, gnu::cold]] void answer(Call& call) noexcept {
    std::uint64_t request = call.request_.load(sync::relaxed);  // relaxed: the barriers order it after the publishing
    if ((request & Call::kFenced) != 0) {
      sync::full_barrier(call.request_);
      request = call.request_.load(sync::relaxed);  // relaxed: as above
    }
    if (request < Call::kNumber) return;
    look_at(call.shard_);
    sleeper_.notify();
    // Last, so that others answer, too, should this thread be held up on the way; and to this request only. Relaxed:
    // another producer that finds it withdrawn has no business with this one's item.
    call.request_.compare_exchange_strong(request, request & Call::kFenced, sync::relaxed, sync::relaxed);
  }

  void look_at(std::size_t shard) noexcept {
    // Relaxed: the cells carry the data. Always a read-modify-write: a load may find the bit of before the consumer
    // cleared it.
    words_[shard / 64].bits.fetch_or(bit_of(shard), sync::relaxed);
  }

  // Clears those bits of word w that are set and in `mask`, and asks to be called there. Returns them. A barrier has to
  // follow. A shard whose bit is clear has been asked before; one whose bit was set may be answering that request just
  // now, so it gets a new one.
  template <class Shards>
  std::uint64_t ask(Shards& shards, std::size_t w, std::uint64_t mask) noexcept {
    // Relaxed: the barrier orders these, and the requests.
    const std::uint64_t cleared = words_[w].bits.fetch_and(~mask, sync::relaxed) & mask;
    for (std::uint64_t left = cleared; left != 0; left &= left - 1) {
      Call& call = shards[64 * w + static_cast<std::size_t>(std::countr_zero(left))].call();
      // Relaxed, both: see above; kFenced never changes. An exchange, and a barrier at each word, for where barriers are
      // read-modify-writes: a store between two of those would cut the one off from the other.
      const std::uint64_t payer = call.request_.load(sync::relaxed) & Call::kFenced;
      call.request_.exchange(++requests_ * Call::kNumber | payer, sync::relaxed);
      sync::light_barrier(call.request_);
    }
    return cleared;
  }

  template <class Shards>
  [[gnu::noinline, gnu::cold]] void stop_looking(Shards& shards) {
    sweeps_ = 0;
    bool asked = false;
    for (std::size_t w = 0; w < words_.size(); ++w) {
      words_[w].idle = ask(shards, w, ~std::exchange(words_[w].busy, 0));
      asked |= words_[w].idle != 0;
    }
    if (!asked) return;
    sync::heavy_barrier(words_[0].bits);
    for (std::size_t w = 0; w < words_.size(); ++w) {
      for (std::uint64_t left = words_[w].idle; left != 0; left &= left - 1) {
        const std::size_t shard = 64 * w + static_cast<std::size_t>(std::countr_zero(left));
        if (shards[shard].is_readable()) look_at(shard);
      }
    }
  }

  const std::uint64_t sweeps_to_rest_;  // 0: never
  Array<Word> words_;
  std::uint64_t sweeps_ = 0;    // the consumer: since it last thought about it
  std::uint64_t requests_ = 0;  // the consumer
  alignas(kCacheLine) EventCount sleeper_{EventCount::Payer::sleeper};
};

}  // namespace whorl::inline WHORL_ABI_TAG
