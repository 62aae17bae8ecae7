#include "scheduler.hpp"

namespace model {

void Scheduler::reset(std::size_t threads) noexcept {
  threads_ = {};
  thread_count_ = threads;
  runnable_ = only(threads) - 1;
  waiting_ = 0;
  asleep_ = 0;
  stores_ = 0;
  looks_ = 0;
  moves_ = 0;
}

Threads Scheduler::eligible() const noexcept {
  Threads eligible = runnable_;
  for (std::size_t i = 0; i < thread_count_; ++i) {
    if ((threads_[i].gives_way_to & runnable_) != 0) eligible &= ~only(i);
  }
  return eligible;
}

void Scheduler::scheduled(std::size_t thread) noexcept {
  for (std::size_t i = 0; i < thread_count_; ++i) {
    threads_[i].gives_way_to &= ~only(thread);
    threads_[i].scheduled_since |= only(thread);
  }
}

void Scheduler::yielded(std::size_t thread) noexcept {
  Thread& self = threads_[thread];
  self.gives_way_to |= self.runnable_since & ~self.scheduled_since & ~only(thread);
  self.runnable_since = runnable_;
  self.scheduled_since = 0;
  const std::uint64_t news = stores_ - self.stores;
  if (news == self.news) {
    remove(thread);
    waiting_ |= only(thread);
  }
  self.news = news;
}

void Scheduler::stored(std::size_t thread) noexcept {
  ++stores_;
  ++threads_[thread].stores;
  runnable_ |= waiting_;
  waiting_ = 0;
  looks_ = 0;
  moves_ = 0;
}

bool Scheduler::look_again(std::size_t thread) noexcept {
  if (waiting_ == 0 || ++looks_ > kPatience * thread_count_) return false;
  do thread = (thread + 1) % thread_count_;
  while ((waiting_ & only(thread)) == 0);
  waiting_ &= ~only(thread);
  runnable_ |= only(thread);
  return true;
}

void Scheduler::fell_asleep(std::size_t thread) noexcept {
  remove(thread);
  asleep_ |= only(thread);
}

// A wake is news for the one that was asleep, and for nobody else: no store has been made that waiting threads could see.
void Scheduler::woke_up(std::size_t thread) noexcept {
  asleep_ &= ~only(thread);
  runnable_ |= only(thread);
  undecided(thread);
}

void Scheduler::time_passed() noexcept {
  if (!may_time_pass()) return;
  ++moves_;
  runnable_ |= waiting_;
  waiting_ = 0;
}

void Scheduler::remove(std::size_t thread) noexcept {
  runnable_ &= ~only(thread);
  for (std::size_t i = 0; i < thread_count_; ++i) threads_[i].runnable_since &= ~only(thread);
}

}  // namespace model
