#pragma once
// Placement: how far apart the two CPUs of a sample really were.
//
// A hypervisor moves virtual CPUs between hyperthreads of one core, cores of one die and dies, every few seconds. What
// two threads exchange gets up to six times slower by it, far more than good queues differ. So the round trip of a
// cache line is measured before and after each sample, and only samples of one placement are compared.

#include <optional>
#include <string>

namespace bench {

/// kMixed: it changed, or could not be told. kAny: it makes no difference to the figure.
enum class Placement { kSmt, kNear, kFar, kMixed, kAny };

inline constexpr Placement kQuotedPlacements[] = {Placement::kSmt, Placement::kNear, Placement::kFar};

/// "smt", "near", "far", "mixed", "any".
const char* name_of(Placement placement) noexcept;

/// The placement that both round trips, in nanoseconds, agree on: smt below 75, near from 75 to 250, far above 350;
/// mixed when they disagree or lie between. (Seen: hyperthreads of one core 48-61, cores with a common L3 84-98 on one
/// generation of server CPUs and 117-150 on the next, different dies 510-730.)
Placement placement_of(double before_ns, double after_ns) noexcept;

/// The two CPUs that pinned threads run on.
struct CpuPair {
  int first;
  int second;
};

/// The first two CPUs this program may use.
///
/// Errors:  std::runtime_error when there is only one.
CpuPair two_cpus();

/// The calling thread runs on either of these two from now on, and nowhere else.
void stay_on(CpuPair cpus);

/// What a thread does that waits for a line: asks again at once, or pauses first. Which of the two is faster depends on the
/// processor: pausing leaves the line alone while the other writes to it.
enum class Asking { kAtOnce, kWithPauses };

/// The mean time in which a thread on each of the two CPUs hands a cache line to the other and gets it back.
double line_round_trip_ns(CpuPair cpus, bool real_time, int round_trips = 1500, Asking asking = Asking::kAtOnce);

/// The better of the two ways of asking, one after the other.
double best_line_round_trip_ns(CpuPair cpus, bool real_time, int round_trips = 1500);

}  // namespace bench
