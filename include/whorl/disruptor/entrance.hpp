#pragma once
// Entrance: what the producers' handles of a Disruptor share.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>
#include <whorl/disruptor/publish_result.hpp>
#include <whorl/disruptor/ring_buffer.hpp>
#include <whorl/sync/contract.hpp>
#include <whorl/sync/sync.hpp>
#include <whorl/wait/small_lock.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// Publishes into a ring, and closes it so that its end is exact without a word from an idle producer:
//
//     producer:  is inside; light barrier; is it closed? claims, publishes; is outside; light barrier; is it closed?
//     closer:    closes; heavy barrier; is the producer inside?
//
// So either the closer finds the only producer outside, and no claim comes any more; or the producer finds the ring closed
// when it leaves. Whoever does gives the right to produce back, and twice does no harm. Many producers need none of this:
// their claim ends when it is closed.
//
// Threads:  enter, leave, publish, try_publish: producers. The rest: any.
template <class Ring>
class Entrance {
 public:
  using Word = sync::Atomic<sync::ThreadId>;

  explicit Entrance(Ring& ring) noexcept : ring_(ring) {
    if constexpr (!Ring::kShared) ring_.disown();
  }
  // Handlers that have producers have ended by now.
  ~Entrance() {
    WHORL_ASSERT(
        handles_.load(sync::relaxed) == 0,  // relaxed: whoever has a producer is not to run any more
        "a producer ends before its Disruptor does: declare it after that, or reset() the optional that it is in");
  }
  Entrance(const Entrance&) = delete;
  Entrance& operator=(const Entrance&) = delete;

  // A producer's stay: what it claims is published or given up at its end.
  class Visit {
   public:
    explicit Visit(Entrance& entrance) noexcept : entrance_(entrance) { entrance_.enter(); }
    ~Visit() { entrance_.leave(); }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    Entrance& entrance_;
  };

  void enter() noexcept {
    if constexpr (!Ring::kShared) {
      // Relaxed: the barrier orders it, and only this thread has written it.
      WHORL_ASSERT(!inside_.load(sync::relaxed), "a single producer makes one claim at a time: end the last one first");
      inside_.store(true, sync::relaxed);  // relaxed: as above
      pass_barrier();
    }
  }
  void leave() noexcept {
    if constexpr (!Ring::kShared) {
      // (44) release pairs with acquire (45): its last claim has been published or taken back.
      inside_.store(false, sync::release);
      pass_barrier();
      if (ring_.is_closed()) [[unlikely]]
        ring_.disown();
    }
  }

  void close() noexcept {
    ring_.close();
    if constexpr (!Ring::kShared) {
      sync::heavy_barrier(handshake_);
      // (45) acquire pairs with release (44).
      if (!inside_.load(sync::acquire)) ring_.disown();
    }
  }

  template <class Fill>
  PublishResult publish(std::size_t n, Fill& fill, const Until& until) {
    const Visit visit(*this);
    if (ring_.try_publish_events(n, fill)) [[likely]]
      return PublishResult::ok;
    if (n == 0) return PublishResult::ok;
    const PublishResult refused = why_not_wait(n);
    return refused != PublishResult::ok ? refused : to_publish_result(ring_.publish_events(n, fill, until));
  }
  template <class Fill>
  PublishResult try_publish(std::size_t n, Fill& fill) {
    const Visit visit(*this);
    if (ring_.try_publish_events(n, fill)) [[likely]]
      return PublishResult::ok;
    return n == 0 ? PublishResult::ok : refusal();
  }

  // There was no room.
  PublishResult refusal() const noexcept { return ring_.is_closed() ? PublishResult::closed : PublishResult::full; }
  // There was no room for n. `ok`: to wait for it makes sense.
  [[gnu::noinline, gnu::cold]] PublishResult why_not_wait(std::size_t n) noexcept {
    if (n > ring_.capacity() || ring_.is_closed()) return refusal();
    if (is_inside_a_handler()) return PublishResult::would_deadlock;
    full_waits_.fetch_add(1, sync::relaxed);  // relaxed: a count
    return PublishResult::ok;
  }

  // Where each node says which thread it is in.
  void add_thread(const Word& thread) {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    threads_.push_back(&thread);
  }
  void remove_thread(const Word& thread) noexcept {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    std::erase(threads_, &thread);
  }

  // The calling thread is in a node.
  bool is_inside_a_handler() noexcept {
    const SmallLockGuard guard(lock_);
    sync::plain_read(this);
    const sync::ThreadId self = sync::this_thread();
    // Relaxed: that it is this thread, this thread has written.
    return std::any_of(threads_.begin(), threads_.end(),
                       [&](const Word* thread) { return thread->load(sync::relaxed) == self; });  // relaxed: as above
  }

  // An exclusive producer's handle is there, or is there no more: counted where checks are on.
  void count_handle(std::uint32_t more) noexcept {
    if constexpr (WHORL_CHECKED) handles_.fetch_add(more, sync::relaxed);  // relaxed: a count, for who destroys it all
  }

  Ring& ring() noexcept { return ring_; }
  std::uint64_t full_waits() const noexcept { return full_waits_.load(sync::relaxed); }  // relaxed: a count

 private:
  void pass_barrier() noexcept {
    if (one_sided_) {
      sync::light_barrier(handshake_);
    } else {
      sync::full_barrier(handshake_);
    }
  }

  Ring& ring_;
  const bool one_sided_ = sync::asymmetric();
  SmallLock lock_;
  std::vector<const Word*> threads_;
  sync::Atomic<std::uint64_t> full_waits_{0};                     // producers that wait
  sync::Atomic<std::uint32_t> handles_{0};                        // of the exclusive producer
  alignas(kCacheLine) sync::Atomic<bool> inside_{false};          // the only producer
  alignas(kCacheLine) sync::Atomic<std::uint32_t> handshake_{0};  // nobody: what the barriers are about
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
