#include "engine.hpp"

#include <ctime>
#include <utility>

namespace model {

Engine& Engine::get() {
  static Engine& engine = *new Engine;  // never destroyed: what failed executions left behind stays in its hands
  return engine;
}

// ---- executions ------------------------------------------------------------------------------------------------

Outcome Engine::explore(const MakeScenario& make, const Bounds& bounds, Search& search) {
  const std::clock_t begin = std::clock();  // of this program: a busy machine does not change a verdict
  const auto seconds = [&] { return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC; };
  bounds_ = bounds;
  search_ = &search;
  Outcome outcome;
  do {
    execute(make);
    ++outcome.executions;
    if (!failure_.empty()) break;
    if (outcome.executions % 256 == 0 && seconds() > bounds.seconds) break;
  } while (search.advance() && outcome.executions < bounds.executions);
  outcome.exhausted = search.is_exhausted();
  outcome.seconds = seconds();
  if (failure_.empty()) return outcome;
  outcome.failure = failure_;
  outcome.path = search.path();
  if (!trace_.is_on()) outcome.trace = replay(make, bounds, outcome.path).trace;
  return outcome;
}

Outcome Engine::replay(const MakeScenario& make, const Bounds& bounds, const std::string& path) {
  Replay search(path);
  trace_.start();
  Outcome outcome = explore(make, bounds, search);
  trace_.stop();
  outcome.trace = trace_.text();
  return outcome;
}

void Engine::execute(const MakeScenario& make) {
  ++execution_;
  failure_.clear();
  steps_ = 0;
  preemptions_left_ = bounds_.preemptions;
  stale_reads_left_ = bounds_.all_stale_reads;
  weak_cas_failures_left_ = bounds_.weak_cas_failures;
  spurious_wakes_left_ = bounds_.spurious_wakes;
  early_timeouts_left_ = bounds_.early_timeouts;
  barriers_ = Barriers::membarrier;
  now_ = kBegin;
  scheduler_.reset(0);
  memory_.reset(bounds_.stale_reads);  // before the scenario makes its atomic objects
  races_.reset();
  search_->begin();
  scenario_ = make();
  if (failure_.empty()) run_threads();
  if (failure_.empty()) scenario_->finish();
  if (failure_.empty()) {
    scenario_.reset();
  } else {
    left_scenarios_.push_back(scenario_.release());
  }
}

void Engine::run_threads() {
  thread_count_ = scenario_->threads();
  memory_.start(thread_count_);
  scheduler_.reset(thread_count_);
  for (std::size_t i = 0; i < thread_count_; ++i) {
    if (fibers_[i] == nullptr) fibers_[i] = std::make_unique<Fiber>([] { get().run_fiber(); });
  }
  current_ = pick(scheduler_.eligible());
  scheduler_.scheduled(current_);
  main_.switch_to(*fibers_[current_]);
  current_ = kNobody;
  if (failure_.empty()) return;
  for (std::unique_ptr<Fiber>& fiber : fibers_) {
    if (fiber != nullptr) left_fibers_.push_back(std::move(fiber));
  }
}

// A fiber serves the same thread of one execution after the other: making it anew takes a system call.
void Engine::run_fiber() {
  for (;;) {
    try {
      scenario_->run(current_);
    } catch (...) {
      fail("an exception left the thread");
    }
    scheduler_.finished(current_);
    if (scheduler_.anyone_left()) {
      switch_to(next_turn());
    } else {
      fibers_[current_]->switch_to(main_);
    }
  }
}

void Engine::fail(const std::string& message) {
  if (failure_.empty()) failure_ = message;
  if (inside()) leave();
}

void Engine::leave() {
  fibers_[current_]->switch_to(main_);
  __builtin_unreachable();  // nobody ever switches back to a fiber of an execution that failed
}

// ---- scheduling ------------------------------------------------------------------------------------------------

void Engine::count_step() {
  if (++steps_ > bounds_.steps) fail("no end after " + std::to_string(bounds_.steps) + " steps");
}

// Before every operation another thread may be let in.
void Engine::point() {
  count_step();
  if (preemptions_left_ == 0) return;
  const Threads eligible = scheduler_.eligible();
  if (eligible == only(current_)) return;
  const std::size_t next = pick(eligible);
  if (next == current_) return;
  if (preemptions_left_ != Bounds::kUnbounded) --preemptions_left_;
  switch_to(next);
}

void Engine::yield() {
  if (!inside()) return;
  count_step();
  if (trace_.is_on()) trace_.line(current_, "yields");
  memory_.refresh(current_);
  scheduler_.yielded(current_);
  search_->yielded(current_);
  const std::size_t next = next_turn();
  if (next != current_) switch_to(next);
}

// The current thread has yielded, fallen asleep or ended: another one's turn, if there is one.
std::size_t Engine::next_turn() {
  const bool stands_still = scheduler_.eligible() == 0;
  if (stands_still && !scheduler_.look_again(current_) && !time_out()) fail(standstill());
  const Threads eligible = scheduler_.eligible();
  const Threads others = eligible & ~only(current_);
  return pick(stands_still || others == 0 ? eligible : others);
}

// One of `threads`; the current one, if among them, is the first choice.
std::size_t Engine::pick(Threads threads) {
  std::array<std::size_t, kMaxThreads> order;
  std::size_t count = 0;
  if (current_ != kNobody && (threads & only(current_)) != 0) order[count++] = current_;
  for (std::size_t i = 0; i < thread_count_; ++i) {
    if (i != current_ && (threads & only(i)) != 0) order[count++] = i;
  }
  return count == 1 ? order[0] : order[search_->schedule(std::span(order).first(count))];
}

void Engine::switch_to(std::size_t thread) {
  Fiber& from = *fibers_[std::exchange(current_, thread)];
  scheduler_.scheduled(thread);
  from.switch_to(*fibers_[thread]);
}

}  // namespace model
