#include "allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> plain{0}, aligned{0}, freed{0};

#if !defined(WHORL_TEST_KEEPS_OPERATOR_NEW)
void* given(void* memory, std::atomic<std::uint64_t>& count) {
  if (memory == nullptr) throw std::bad_alloc();
  ++count;
  return memory;
}

void* allocate(std::size_t bytes) { return given(std::malloc(bytes == 0 ? 1 : bytes), plain); }

void* allocate(std::size_t bytes, std::align_val_t alignment) {
  void* memory = nullptr;
  if (posix_memalign(&memory, static_cast<std::size_t>(alignment), bytes) != 0) memory = nullptr;
  return given(memory, aligned);
}

void release(void* memory) {
  if (memory != nullptr) ++freed;
  std::free(memory);
}
#endif

}  // namespace

whorl_test::Allocations whorl_test::allocations() { return {plain, aligned, freed}; }

#if !defined(WHORL_TEST_KEEPS_OPERATOR_NEW)
// The array and nothrow forms call these.
void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) { return allocate(bytes, alignment); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
#endif
