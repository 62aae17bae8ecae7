#pragma once
// BiasedClaim: a shared claim at the price of an exclusive one, for as long as one thread uses it.

#include <whorl/handoff/claim.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Belongs to the first thread that claims: that one claims with plain stores. The first other thread that comes along
/// revokes this, once and for ever, and from then on everybody claims by CAS.
///
///   owner:     mine_ = p + n; light barrier; owner_ still me?  then p is mine; else settle(p + n)
///   stranger:  owner_ = revoked; heavy barrier;                                settle(mine_)
///   settle(q): the first q is where the shared claim begins; an overtaken owner has p only if that is p + n.
///
/// An owner that still sees itself stored mine_ before any stranger's heavy barrier, so that every q is at least p + n.
/// An owner that sees the revocation lets the first q decide. So nobody ever waits for an owner that is preempted; what
/// it leaves in mine_ later is read by nobody.
///
/// Who owns is told by thread, never by what callers say of themselves. A thread that inherits the identity of one that
/// has ended inherits its claim. Where barriers cannot be one-sided the claim is shared from the start.
///
/// Threads:   any number, at once.
/// Progress:  try_claim is wait-free for the owner and lock-free for others, whose first call makes a system call
///            that interrupts every running thread of the process (some microseconds).
/// Source:    biased locking (Kawachiya et al., 2002), here without a safepoint.
class BiasedClaim {
 public:
  static constexpr bool kShared = true;

  BiasedClaim(Position first, std::size_t capacity) noexcept
      : owner_(sync::asymmetric() ? kNobody : kEverybody),
        settled_(unsettled(first)),
        first_(first),
        capacity_(capacity),
        mine_(first),
        limit_(first + capacity),
        shared_(first, capacity) {}

  // Inline, that is the owner's path: a claim of one item then knows its length.
  template <Gate G>
  [[gnu::always_inline]] Claimed try_claim(std::size_t least, std::size_t most, const G& gate) noexcept {
    const sync::ThreadId me = sync::this_thread();
    // Relaxed: a thread that reads its own name wrote it itself.
    if (owner_.load(sync::relaxed) != me && !become_owner(me)) return claim_shared(least, most, gate);
    // Relaxed: written by this thread alone; atomic for those that look, and for a thread that inherits.
    const Position first = mine_.load(sync::relaxed);
    std::int64_t room = distance(first, limit_.load(sync::relaxed));  // relaxed: as above
    if (room < static_cast<std::int64_t>(most)) [[unlikely]] {
      const Position limit = gate.passed(first) + capacity_;
      limit_.store(limit, sync::relaxed);  // relaxed: as above
      room = distance(first, limit);
      if (room < static_cast<std::int64_t>(least)) return {};
      if (room < static_cast<std::int64_t>(most)) most = static_cast<std::size_t>(room);
    }
    const Position next = first + most;
    mine_.store(next, sync::relaxed);  // relaxed: ordered before the load below by the barrier, on which all rests
    sync::light_barrier(owner_);
    if (owner_.load(sync::relaxed) == me) [[likely]]  // relaxed: see the barrier
      return {first, most};
    return settle(next) == next ? Claimed{first, most} : claim_shared(least, most, gate);
  }

  /// Nobody owns it any more: everybody claims by CAS.
  bool is_shared() const noexcept { return owner_.load(sync::relaxed) == kEverybody; }  // relaxed: news

  Position claimed() const noexcept {
    // Relaxed: news, as the other claims' is; exact after is_final().
    return is_settled() ? shared_.claimed() : mine_.load(sync::relaxed);
  }

  void close() noexcept {
    revoke();
    shared_.close();
  }
  bool is_closed() const noexcept { return is_settled() && shared_.is_closed(); }
  bool is_final() const noexcept { return is_closed(); }

 private:
  // Values of owner_ that are no thread's.
  static constexpr sync::ThreadId kNobody = 0;   // yet; then a thread, or:
  static constexpr sync::ThreadId kRevoked = 1;  // a stranger has come, the shared claim may not have begun
  static constexpr sync::ThreadId kEverybody = ~sync::ThreadId{0};  // it has

  // Where no position ever is.
  static constexpr Position unsettled(Position first) noexcept { return first + (Position{1} << 63); }

  bool is_settled() const noexcept {
    // (17) acquire pairs with release (18): the shared claim has begun where the settlement says.
    return owner_.load(sync::acquire) == kEverybody;
  }

  template <Gate G>
  [[gnu::noinline]] Claimed claim_shared(std::size_t least, std::size_t most, const G& gate) noexcept {
    return shared_.try_claim(least, most, gate);
  }

  // True: the caller owns it now. False: the shared claim has begun.
  [[gnu::noinline]] bool become_owner(sync::ThreadId me) noexcept {
    if (is_settled()) return false;
    sync::ThreadId nobody = kNobody;
    // Relaxed: there was no owner before, hence nothing to learn.
    if (owner_.compare_exchange_strong(nobody, me, sync::relaxed, sync::relaxed)) return true;
    revoke();
    return false;
  }

  [[gnu::noinline, gnu::cold]] void revoke() noexcept {
    if (is_settled()) return;
    sync::ThreadId owner = owner_.load(sync::relaxed);  // relaxed: the CAS below proves it was the newest
    // Relaxed: the barrier orders it.
    while (owner != kRevoked && owner != kEverybody &&
           !owner_.compare_exchange_weak(owner, kRevoked, sync::relaxed, sync::relaxed)) {
    }
    sync::heavy_barrier(owner_);
    settle(mine_.load(sync::relaxed));  // relaxed: see the barrier
  }

  // The shared claim begins at the first proposal. Returns that one.
  [[gnu::noinline, gnu::cold]] Position settle(Position proposal) noexcept {
    Position winner = unsettled(first_);
    // Relaxed: the threads agree on a number, of which this word alone decides.
    if (settled_.compare_exchange_strong(winner, proposal, sync::relaxed, sync::relaxed)) winner = proposal;
    shared_.begin(first_, winner);
    // (18) release pairs with acquire (17).
    owner_.store(kEverybody, sync::release);
    return winner;
  }

  alignas(kCacheLine) sync::Atomic<sync::ThreadId> owner_;  // any thread, three times at most; quiet afterwards
  sync::Atomic<Position> settled_;                          // any thread, once
  const Position first_;                                    // nobody, after construction
  const Position capacity_;                                 // nobody, after construction
  alignas(kCacheLine) sync::Atomic<Position> mine_;         // the owner
  sync::Atomic<Position> limit_;                            // the owner: gate + capacity of some past instant
  SharedClaim shared_;                                      // everybody, once it has begun
};

static_assert(Claim<BiasedClaim>);
static_assert(sizeof(BiasedClaim) == 5 * kCacheLine,
              "quiet words, owner's words, and the shared claim: lines of their own");

}  // namespace whorl::inline WHORL_ABI_TAG
