// The engine's other half: what the threads of an execution do to memory.

#include <utility>

#include "engine.hpp"

namespace model {

std::size_t Engine::make_location(std::uint64_t value, const char* name) {
  return inside() ? memory_.make(current_, value, name) : memory_.make(value, name);
}

std::size_t Engine::readable(std::size_t id) const noexcept {
  return stale_reads_left_ == 0 ? 1 : memory_.readable(current_, id);
}

std::uint64_t Engine::read(std::size_t id, std::size_t age, Order order) {
  if (age != 0 && stale_reads_left_ != Bounds::kUnbounded) --stale_reads_left_;
  return memory_.read(current_, id, age, order);
}

std::uint64_t Engine::load(std::size_t id, Order order) {
  if (!inside()) return memory_.newest(id);
  point();
  const std::size_t age = choose(readable(id));
  const std::uint64_t value = read(id, age, order);
  if (trace_.is_on()) {
    std::string operation = std::string("load ") + to_string(order) + " -> " + show(value);
    if (age != 0) operation += "  (stale: " + std::to_string(age) + " behind the newest)";
    trace_atomic(id, operation);
  }
  return value;
}

void Engine::store(std::size_t id, std::uint64_t value, Order order) {
  if (!inside()) return memory_.set(id, value);
  point();
  memory_.write(current_, id, value, order);
  scheduler_.stored(current_);
  if (trace_.is_on()) trace_atomic(id, std::string("store ") + to_string(order) + " " + show(value));
}

std::uint64_t Engine::begin_modify(std::size_t id) {
  if (inside()) point();
  return memory_.newest(id);
}

void Engine::end_modify(std::size_t id, std::uint64_t value, Order order) {
  if (!inside()) return memory_.set(id, value);
  if (trace_.is_on()) {
    trace_atomic(id, std::string("modify ") + to_string(order) + " " + show(memory_.newest(id)) + " -> " + show(value));
  }
  memory_.read_modify_write(current_, id, value, order);
  scheduler_.stored(current_);
}

// A CAS succeeds on the newest store only, fails on any readable store of another value, and, when weak, also where it
// could have succeeded.
Engine::CasOptions Engine::cas_options(std::size_t id, std::uint64_t expected, bool weak) const {
  CasOptions options;
  options.may_succeed = memory_.newest(id) == expected;
  if (options.may_succeed) options.ages[options.count++] = 0;
  for (std::size_t age = 0, end = readable(id); age < end; ++age) {
    if (memory_.value(id, age) != expected) options.ages[options.count++] = age;
  }
  options.may_fail_anyway = options.may_succeed && weak && weak_cas_failures_left_ != 0;
  if (options.may_fail_anyway) options.ages[options.count++] = 0;
  return options;
}

bool Engine::compare_exchange(std::size_t id, std::uint64_t& expected, std::uint64_t desired, Order success,
                              Order failure, bool weak) {
  if (!inside()) {
    const std::uint64_t value = memory_.newest(id);
    if (value == expected) memory_.set(id, desired);
    return std::exchange(expected, value) == value;
  }
  point();
  const CasOptions options = cas_options(id, expected, weak);
  const std::size_t option = choose(options.count);
  const bool succeeds = options.may_succeed && option == 0;
  if (trace_.is_on()) {
    const std::string seen = show(memory_.value(id, options.ages[option]));
    trace_atomic(id, std::string("cas ") + to_string(success) + " " + show(expected) + " -> " + show(desired) +
                         (succeeds ? "" : "  fails on " + seen + (options.ages[option] != 0 ? " (stale)" : "")));
  }
  if (succeeds) {
    memory_.read_modify_write(current_, id, desired, success);
    scheduler_.stored(current_);
    return true;
  }
  if (options.may_fail_anyway && option == options.count - 1) {
    --weak_cas_failures_left_;
    scheduler_.undecided(current_);
  }
  expected = read(id, options.ages[option], failure);
  return false;
}

void Engine::fence(Order order) {
  if (!inside()) return;
  point();
  memory_.fence(current_, order);
  if (trace_.is_on()) trace_.line(current_, std::string("fence ") + to_string(order));
}

// Where barriers are read-modify-writes, they change no value, hence are no news for anybody who waits.
void Engine::barrier(std::size_t id, Barrier barrier) {
  if (!inside()) return;
  const bool nothing = barrier == Barrier::light && barriers_ == Barriers::fences;
  if (!nothing) point();
  if (trace_.is_on()) trace_atomic(id, std::string(to_string(barrier)) + (nothing ? "  is none here" : ""));
  if (nothing) return;
  if (barriers_ == Barriers::read_modify_writes) {
    memory_.read_modify_write(current_, id, memory_.newest(id), Order::acq_rel);
  } else {
    memory_.barrier(current_, barriers_ == Barriers::fences ? Barrier::full : barrier);
  }
}

void Engine::plain_read(const void* address) {
  if (!inside()) return;
  if (trace_.is_on()) trace_.plain(current_, races_.number(address), "read");
  if (const char* const race = races_.read(current_, address, memory_)) fail(race);
}

void Engine::plain_write(const void* address) {
  if (!inside()) return;
  if (trace_.is_on()) trace_.plain(current_, races_.number(address), "write");
  if (const char* const race = races_.write(current_, address, memory_)) fail(race);
}

void Engine::trace_atomic(std::size_t id, const std::string& operation) {
  trace_.atomic(current_, id, memory_.name(id), operation);
}

}  // namespace model
