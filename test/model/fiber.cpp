// The fortified longjmp takes a jump to another stack for an attack.
#undef _FORTIFY_SOURCE

#include "fiber.hpp"

#include <cxxabi.h>
#include <pthread.h>

#include <cstring>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define MODEL_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MODEL_ADDRESS_SANITIZER
#endif
#endif

#if defined(MODEL_ADDRESS_SANITIZER)
#include <sanitizer/common_interface_defs.h>
#endif

namespace model {
namespace {

constexpr std::size_t kStackSize = 256 * 1024;

Fiber* g_entering = nullptr;

void leave_stack([[maybe_unused]] void** fake_stack, [[maybe_unused]] const void* bottom,
                 [[maybe_unused]] std::size_t size) noexcept {
#if defined(MODEL_ADDRESS_SANITIZER)
  __sanitizer_start_switch_fiber(fake_stack, bottom, size);
#endif
}

void arrive_on_stack([[maybe_unused]] void* fake_stack) noexcept {
#if defined(MODEL_ADDRESS_SANITIZER)
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
}

}  // namespace

Fiber::Fiber() {
  pthread_attr_t attributes;
  void* bottom = nullptr;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  pthread_attr_getstack(&attributes, &bottom, &size_);
  pthread_attr_destroy(&attributes);
  bottom_ = bottom;
}

Fiber::Fiber(void (*entry)()) : stack_(new char[kStackSize]), bottom_(stack_.get()), size_(kStackSize), entry_(entry) {
  getcontext(&start_);
  start_.uc_stack.ss_sp = stack_.get();
  start_.uc_stack.ss_size = kStackSize;
  start_.uc_link = nullptr;
  makecontext(&start_, &Fiber::enter, 0);
}

void Fiber::enter() {
  arrive_on_stack(nullptr);
  std::exchange(g_entering->entry_, nullptr)();
}

void Fiber::switch_to(Fiber& next) noexcept {
  static abi::__cxa_eh_globals* const globals = abi::__cxa_get_globals();
  std::memcpy(&exceptions_, static_cast<void*>(globals), sizeof exceptions_);
  std::memcpy(static_cast<void*>(globals), &next.exceptions_, sizeof next.exceptions_);
  leave_stack(&fake_stack_, next.bottom_, next.size_);
  if (_setjmp(here_) == 0) {
    if (next.entry_ != nullptr) {
      g_entering = &next;
      setcontext(&next.start_);
    }
    _longjmp(next.here_, 1);
  }
  arrive_on_stack(fake_stack_);
}

}  // namespace model
