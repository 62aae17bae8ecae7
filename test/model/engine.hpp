#pragma once
// Engine: runs executions. Every operation of a scenario's threads comes through here, and at each one the search
// decides who goes on and what is read.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fiber.hpp"
#include "memory.hpp"
#include "race.hpp"
#include "scheduler.hpp"
#include "search.hpp"
#include "trace.hpp"

namespace model {

/// What is explored: threads over a state of their own. A new one is made for every execution; it depends on nothing
/// but its threads' operations.
class Scenario {
 public:
  virtual ~Scenario() = default;
  virtual std::size_t threads() const = 0;
  /// Thread 0, 1, ... threads() - 1; all run at once.
  virtual void run(std::size_t thread) = 0;
  /// After all threads have ended.
  virtual void finish() {}
};
using MakeScenario = std::function<std::unique_ptr<Scenario>()>;

/// What the barriers of the seam are made of: the three ways of native.hpp.
enum class Barriers : std::uint8_t { membarrier, fences, read_modify_writes };

/// A clock of its own runs in every execution, from kBegin on. It moves only where a thread sleeps or times out.
using Time = std::chrono::steady_clock::time_point;
inline constexpr Time kBegin{std::chrono::hours(1)};

/// How far a search goes. kHistory (memory.hpp) is one more.
struct Bounds {
  static constexpr unsigned kUnbounded = std::numeric_limits<unsigned>::max();

  unsigned preemptions = 2;               // of a thread that could have gone on, in one execution
  unsigned stale_reads = 1;               // of one old store, by one thread
  unsigned all_stale_reads = kUnbounded;  // in one execution
  unsigned weak_cas_failures = 1;         // of a weak CAS that could have succeeded, in one execution
  unsigned spurious_wakes = 1;            // returns from park() for no reason, in one execution
  unsigned early_timeouts = 1;            // deadlines of park() that come while others could go on, in one execution
  std::uint64_t steps = 2000;             // operations of one execution; more is a failure
  std::uint64_t executions = std::numeric_limits<std::uint64_t>::max();
  double seconds = 60;  // of CPU time
};

struct Outcome {
  std::uint64_t executions = 0;
  bool exhausted = false;
  double seconds = 0;
  std::string failure;  // empty: every execution was right
  std::string path;     // the decisions of the one that failed
  std::string trace;    // and its operations
};

class Engine {
 public:
  /// The one of this program. It is not for two operating-system threads at once.
  static Engine& get();

  /// Runs executions until one fails, the search has no more, or a bound is reached.
  Outcome explore(const MakeScenario& make, const Bounds& bounds, Search& search);
  /// Runs the one execution that `path` describes, with a trace.
  Outcome replay(const MakeScenario& make, const Bounds& bounds, const std::string& path);

  // ---- for atomic.hpp ------------------------------------------------------------------------------------------
  std::size_t make_location(std::uint64_t value, const char* name);
  std::uint64_t load(std::size_t id, Order order);
  void store(std::size_t id, std::uint64_t value, Order order);
  /// The two halves of a read-modify-write: nothing comes between them.
  std::uint64_t begin_modify(std::size_t id);
  void end_modify(std::size_t id, std::uint64_t value, Order order);
  bool compare_exchange(std::size_t id, std::uint64_t& expected, std::uint64_t desired, Order success, Order failure,
                        bool weak);
  void fence(Order order);
  void plain_read(const void* address);
  void plain_write(const void* address);

  // ---- for the seam --------------------------------------------------------------------------------------------
  void barrier(std::size_t id, Barrier barrier);
  bool asymmetric() const noexcept { return barriers_ != Barriers::fences; }
  /// For the execution that is about to begin: MakeScenario says so before it makes the scenario.
  void set_barriers(Barriers barriers) noexcept { barriers_ = barriers; }
  void park(std::size_t id, std::uint64_t expected, Time deadline);
  void unpark_all(std::size_t id);
  Time now();
  void sleep_until(Time deadline);

  // ---- for scenarios -------------------------------------------------------------------------------------------
  void yield();
  [[gnu::cold]] void fail(const std::string& message);
  bool inside() const noexcept { return current_ != kNobody; }
  std::size_t current() const noexcept { return current_; }
  std::uint64_t execution() const noexcept { return execution_; }
  /// The running thread's last operation; and whether some operation happens before its next one.
  Moment last_operation() const noexcept {
    const Moment next = memory_.now(current_);
    return {next.thread, next.tick - 1};
  }
  bool knows(Moment moment) const noexcept { return memory_.knows(current_, moment); }
  Trace& trace() noexcept { return trace_; }

 private:
  static constexpr std::size_t kNobody = kMaxThreads;

  struct CasOptions {
    std::array<std::size_t, kHistory + 2> ages{};  // the store that each option reads
    std::size_t count = 0;
    bool may_succeed = false;      // then that is the first option
    bool may_fail_anyway = false;  // then that is the last one
  };
  struct Sleep {
    std::size_t id = 0;
    Time deadline;
  };

  Engine() = default;
  void execute(const MakeScenario& make);
  void run_threads();
  [[noreturn]] void run_fiber();
  void point();
  void count_step();
  std::size_t pick(Threads threads);
  std::size_t next_turn();
  void switch_to(std::size_t thread);
  [[noreturn]] void leave();
  std::size_t choose(std::size_t options) { return options < 2 ? 0 : search_->choose(options); }
  CasOptions cas_options(std::size_t id, std::uint64_t expected, bool weak) const;
  std::size_t readable(std::size_t id) const noexcept;
  std::uint64_t read(std::size_t id, std::size_t age, Order order);
  void trace_atomic(std::size_t id, const std::string& operation);
  bool fall_asleep(std::size_t id, Time deadline, const std::string& what);
  void pass_time(Time until);
  bool time_out();
  std::string standstill() const;

  Memory memory_;
  RaceDetector races_;
  Scheduler scheduler_;
  Trace trace_;
  Bounds bounds_;
  Search* search_ = nullptr;

  Fiber main_;
  std::array<std::unique_ptr<Fiber>, kMaxThreads> fibers_;
  std::unique_ptr<Scenario> scenario_;
  std::size_t thread_count_ = 0;
  std::size_t current_ = kNobody;
  std::uint64_t execution_ = 0;
  std::uint64_t steps_ = 0;
  unsigned preemptions_left_ = 0;
  unsigned stale_reads_left_ = 0;
  unsigned weak_cas_failures_left_ = 0;
  unsigned spurious_wakes_left_ = 0;
  unsigned early_timeouts_left_ = 0;
  Barriers barriers_ = Barriers::membarrier;
  Time now_ = kBegin;
  std::array<Sleep, kMaxThreads> sleeps_;  // of the threads that are asleep
  std::string failure_;

  // What an execution that failed left behind: unwinding it would run into whatever was wrong.
  std::vector<std::unique_ptr<Fiber>> left_fibers_;
  std::vector<Scenario*> left_scenarios_;
};

}  // namespace model
