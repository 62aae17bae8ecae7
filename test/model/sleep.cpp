// The engine's third part: threads that sleep, and the time that passes meanwhile.

#include <algorithm>

#include "engine.hpp"

namespace model {
namespace {

std::string show(Time time) {
  if (time == Time::max()) return "for ever";
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time - kBegin).count();
  return (since < 0 ? "" : "+") + std::to_string(since) + " ns";
}

std::string list(Threads threads) {
  std::string text;
  for (std::size_t i = 0; i < kMaxThreads; ++i) {
    if ((threads & only(i)) != 0) text += " T" + std::to_string(i);
  }
  return text;
}

}  // namespace

// The look at the word and the falling asleep are one step, as they are in the kernel: no unpark_all comes in between.
// They are no load: what is found there carries nothing.
void Engine::park(std::size_t id, std::uint64_t expected, Time deadline) {
  if (!inside()) return pass_time(deadline);
  point();
  const std::string what = trace_.is_on() ? "park on " + show(expected) : "";
  const char* const at_once = memory_.newest(id) != expected ? "  returns: it has changed"
                              : deadline <= now_             ? "  returns: it is past the deadline"
                                                             : nullptr;
  if (at_once != nullptr) {
    if (trace_.is_on()) trace_atomic(id, what + at_once);
    return;
  }
  // Whoever sleeps gives way to others for free, however short it is.
  const std::size_t next = fall_asleep(id, deadline, what) ? next_turn() : pick(scheduler_.eligible());
  if (next != current_) switch_to(next);
}

// False: the thread is awake again.
bool Engine::fall_asleep(std::size_t id, Time deadline, const std::string& what) {
  const bool may_return = spurious_wakes_left_ != 0;
  const bool may_time_out = early_timeouts_left_ != 0 && deadline != Time::max();
  const std::size_t option = choose(1u + (may_return ? 1 : 0) + (may_time_out ? 1 : 0));
  const bool returns = option == 1 && may_return;
  if (trace_.is_on())
    trace_atomic(id, what + ", until " + show(deadline) + (returns ? "  (returns for no reason)" : ""));
  sleeps_[current_] = {id, deadline};
  scheduler_.fell_asleep(current_);
  if (option == 0) return true;
  --(returns ? spurious_wakes_left_ : early_timeouts_left_);
  if (returns) {
    scheduler_.woke_up(current_);
  } else {
    pass_time(deadline);
  }
  return false;
}

void Engine::unpark_all(std::size_t id) {
  if (!inside()) return;
  point();
  Threads woken = 0;
  for (std::size_t i = 0; i < thread_count_; ++i) {
    if ((scheduler_.asleep() & only(i)) == 0 || sleeps_[i].id != id) continue;
    scheduler_.woke_up(i);
    woken |= only(i);
  }
  if (trace_.is_on()) trace_atomic(id, "unpark_all  wakes" + (woken != 0 ? list(woken) : " nobody"));
}

Time Engine::now() {
  if (!inside()) return now_;
  point();  // others may sleep, or time out, first
  if (trace_.is_on()) trace_.line(current_, "clock -> " + show(now_));
  return now_;
}

void Engine::sleep_until(Time deadline) {
  if (!inside()) return pass_time(deadline);
  point();
  if (trace_.is_on()) trace_.line(current_, "sleeps until " + show(deadline));
  pass_time(deadline);
  yield();
}

// The clock moves to `until`, and wakes those whose deadline that is.
void Engine::pass_time(Time until) {
  if (until <= now_ || until == Time::max()) return;
  now_ = until;
  scheduler_.time_passed();
  for (std::size_t i = 0; i < kMaxThreads; ++i) {
    if ((scheduler_.asleep() & only(i)) == 0 || sleeps_[i].deadline > now_) continue;
    scheduler_.woke_up(i);
    if (trace_.is_on()) trace_.line(i, "times out at " + show(now_));
  }
}

// Nobody can go on: time passes until the earliest deadline of those who sleep. False: there is none, or that has gone on
// for too long.
bool Engine::time_out() {
  Time first = Time::max();
  for (std::size_t i = 0; i < thread_count_; ++i) {
    if ((scheduler_.asleep() & only(i)) != 0) first = std::min(first, sleeps_[i].deadline);
  }
  if (first == Time::max() || !scheduler_.may_time_pass()) return false;
  pass_time(first);
  return true;
}

std::string Engine::standstill() const {
  const Threads asleep = scheduler_.asleep();
  if (asleep == 0) return "no thread can go on: each waits for a store that nobody will make";
  return "no thread can go on: asleep in vain:" + list(asleep) + "; the others wait for a store, or have ended";
}

}  // namespace model
