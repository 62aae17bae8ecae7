#pragma once
// Fiber: a thread of an execution. Only one runs at a time, and it says itself when the next one does.

#include <setjmp.h>
#include <ucontext.h>

#include <cstddef>
#include <memory>

namespace model {

/// A stack and a place in a program. ucontext makes it, setjmp and longjmp switch: they need no system call.
class Fiber {
 public:
  /// The stack that the program runs on already.
  Fiber();
  /// A stack of its own, on which `entry` runs at the first switch. `entry` never returns.
  explicit Fiber(void (*entry)());
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Called on this fiber: leaves it here, and goes on with `next` where that one was left.
  void switch_to(Fiber& next) noexcept;

 private:
  // The C++ runtime keeps the exceptions in flight per thread; here they belong to the fiber.
  struct Exceptions {
    void* caught = nullptr;
    unsigned int uncaught = 0;
  };
  static void enter();

  std::unique_ptr<char[]> stack_;
  const void* bottom_ = nullptr;  // of the stack, told to AddressSanitizer
  std::size_t size_ = 0;
  void* fake_stack_ = nullptr;
  void (*entry_)() = nullptr;  // until it has been entered
  ucontext_t start_;
  jmp_buf here_;
  Exceptions exceptions_;
};

}  // namespace model
