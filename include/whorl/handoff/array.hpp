#pragma once
// Array: the memory of a ring.

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <whorl/sync/config.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A fixed number of objects side by side, each made from its index and never moved: `make(i)` returns what element i
/// is constructed from (a prvalue of T is built in place). They die in reverse order. Aligned to T, to kCacheLine, and
/// to a page where there is at least a page of it: no two rings share a line.
///
/// Errors:  std::bad_alloc; what `make` throws, after what was made has been destroyed.
template <class T>
class Array {
 public:
  template <class Make>
  Array(std::size_t count, Make&& make) : Array(count) {  // once this is done, ~Array cleans up after an exception
    for (; size_ < count; ++size_) ::new (static_cast<void*>(data() + size_)) T(make(size_));
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() {
    while (size_ != 0) std::destroy_at(data() + --size_);
  }

  T& operator[](std::size_t i) const noexcept { return data()[i]; }
  T* data() const noexcept { return memory_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  struct Free {
    std::align_val_t alignment;
    void operator()(T* p) const noexcept { ::operator delete(static_cast<void*>(p), alignment); }
  };

  explicit Array(std::size_t count) : memory_(nullptr, Free{alignment_of(bytes(count))}) {
    memory_.reset(static_cast<T*>(::operator new(bytes(count), memory_.get_deleter().alignment)));
  }
  static constexpr std::size_t bytes(std::size_t count) noexcept {
    constexpr std::size_t kMost = std::numeric_limits<std::ptrdiff_t>::max();  // more than operator new ever gives
    return count <= kMost / sizeof(T) ? count * sizeof(T) : kMost;
  }
  static constexpr std::align_val_t alignment_of(std::size_t bytes) noexcept {
    constexpr std::size_t kPage = 4096;
    constexpr std::size_t kLeast = alignof(T) > kCacheLine ? alignof(T) : kCacheLine;
    return std::align_val_t{bytes >= kPage && kLeast < kPage ? kPage : kLeast};
  }

  std::unique_ptr<T, Free> memory_;
  std::size_t size_ = 0;
};

}  // namespace whorl::inline WHORL_ABI_TAG
