#include "memory.hpp"

namespace model {

const char* to_string(Order order) noexcept {
  constexpr std::array<const char*, 5> kNames{"relaxed", "acquire", "release", "acq_rel", "seq_cst"};
  return kNames[static_cast<std::size_t>(order)];
}

const char* to_string(Barrier barrier) noexcept {
  constexpr std::array<const char*, 3> kNames{"light_barrier", "heavy_barrier", "full_barrier"};
  return kNames[static_cast<std::size_t>(barrier)];
}

void Memory::reset(unsigned stale_reads) noexcept {
  used_ = 0;
  thread_count_ = 0;
  stale_reads_ = stale_reads;
  stores_ = 0;
  seq_cst_ = heavy_ = light_ = {};
}

void Memory::start(std::size_t threads) noexcept {
  thread_count_ = threads;
  for (std::size_t i = 0; i < threads; ++i) {
    threads_[i] = {};
    threads_[i].view.happened.at[i] = threads_[i].view.visible.at[i] = 1;
  }
}

Location& Memory::add(const char* name) {
  if (used_ == locations_.size()) locations_.emplace_back();
  Location& location = locations_[used_++];
  location.written = 0;
  location.name = name;
  return location;
}

std::size_t Memory::make(std::uint64_t value, const char* name) {
  add(name);
  set(used_ - 1, value);
  return used_ - 1;
}

// A store that every thread has seen, since all of them start after it.
void Memory::set(std::size_t id, std::uint64_t value) noexcept {
  locations_[id].append() = Store{value, ++stores_, {}, {}, {}};
}

std::size_t Memory::make(std::size_t thread, std::uint64_t value, const char* name) {
  append(thread, add(name), value, {});
  return used_ - 1;
}

// Coherence: once anything that the thread knows of has read or written a store, older ones are out of reach.
bool Memory::is_known(const ThreadMemory& thread, const Store& store) const noexcept {
  if (store.stamp <= thread.fresh) return true;
  for (std::size_t i = 0; i < thread_count_; ++i) {
    if (store.seen.at[i] <= thread.view.visible.at[i]) return true;
  }
  return false;
}

std::size_t Memory::readable(std::size_t thread, std::size_t id) const noexcept {
  const Location& location = locations_[id];
  const std::size_t oldest = location.kept() - 1;
  std::size_t age = 0;
  while (age < oldest && !is_known(threads_[thread], location.at_age(age))) ++age;
  // One store may be read as an old one so many times: without a bound, a polling loop would have no last round.
  // Whatever it could have read before that store is out of reach since.
  while (age != 0 && location.at_age(age).stale_reads[thread] >= stale_reads_) --age;
  return age + 1;
}

void Memory::tick(std::size_t thread) noexcept {
  View& view = threads_[thread].view;
  view.visible.at[thread] = ++view.happened.at[thread];
}

void Memory::observe(std::size_t thread, Store& store, Order order) noexcept {
  ThreadMemory& memory = threads_[thread];
  store.seen.at[thread] = std::min(store.seen.at[thread], memory.view.happened.at[thread]);
  (acquires(order) ? memory.view : memory.unfenced).join(store.released);
}

void Memory::append(std::size_t thread, Location& location, std::uint64_t value, const View& released) noexcept {
  Store& store = location.append();
  store.value = value;
  store.stamp = ++stores_;
  store.released = released;
  store.seen.at.fill(kNever);
  store.seen.at[thread] = threads_[thread].view.happened.at[thread];
  store.stale_reads.fill(0);
  tick(thread);  // what the thread does next is not part of what it has just released
}

std::uint64_t Memory::read(std::size_t thread, std::size_t id, std::size_t age, Order order) noexcept {
  Store& store = locations_[id].at_age(age);
  if (age != 0) ++store.stale_reads[thread];
  observe(thread, store, order);
  tick(thread);
  return store.value;
}

void Memory::write(std::size_t thread, std::size_t id, std::uint64_t value, Order order) noexcept {
  const ThreadMemory& memory = threads_[thread];
  append(thread, locations_[id], value, releases(order) ? memory.view : memory.fenced);
}

void Memory::read_modify_write(std::size_t thread, std::size_t id, std::uint64_t value, Order order) noexcept {
  ThreadMemory& memory = threads_[thread];
  Location& location = locations_[id];
  Store& before = location.at_age(0);
  observe(thread, before, order);
  View released = releases(order) ? memory.view : memory.fenced;
  released.join(before.released);  // a read-modify-write goes on with the release sequence it finds
  append(thread, location, value, released);
}

void Memory::fence(std::size_t thread, Order order) noexcept {
  ThreadMemory& memory = threads_[thread];
  if (acquires(order)) memory.view.join(memory.unfenced);
  if (order == Order::seq_cst) {
    memory.view.visible.join(seq_cst_);
    seq_cst_ = memory.view.visible;
  }
  if (releases(order)) memory.fenced = memory.view;
  tick(thread);
}

// A heavy barrier reaches each light one's thread at a moment of its own, hence does not order two light ones: it hands
// none of what it learns from one to the next.
void Memory::barrier(std::size_t thread, Barrier barrier) noexcept {
  Clock& visible = threads_[thread].view.visible;
  if (barrier == Barrier::light) {
    visible.join(heavy_);
    light_.join(visible);
  } else {
    visible.join(seq_cst_);
    if (barrier == Barrier::heavy) {
      heavy_ = visible;
      visible.join(light_);
    }
    seq_cst_ = visible;
  }
  tick(thread);
}

}  // namespace model
