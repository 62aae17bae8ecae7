// Counts what the threads of a run allocate. Linked into whorl-bench-profile alone, so that the measuring program has the
// C library's own functions.
//
// malloc and its kin, which everything else allocates through, are replaced by ones that count and then call the C
// library's. A thread is counted from where its part of a run begins: what makes the queues and the threads, and pins
// them, is not. At its end the program writes the two numbers, calls and bytes, to the file that BENCH_ALLOCATIONS names.

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" {
// glibc's own, under the names it keeps for this purpose.
void* __libc_malloc(std::size_t size) noexcept;                           // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;        // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* old, std::size_t size) noexcept;               // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;  // NOLINT(bugprone-reserved-identifier)
}

namespace {

constinit std::atomic<std::uint64_t> calls{0};
constinit std::atomic<std::uint64_t> bytes{0};
constinit thread_local bool is_counted = false;

void count(std::size_t size) noexcept {
  if (!is_counted) return;
  // Relaxed: they are read when all threads have been joined.
  calls.fetch_add(1, std::memory_order_relaxed);
  bytes.fetch_add(size, std::memory_order_relaxed);
}

void write_down() {
  const char* const name = std::getenv("BENCH_ALLOCATIONS");
  std::FILE* const file = name != nullptr ? std::fopen(name, "w") : nullptr;
  if (file == nullptr) return;
  std::fprintf(file, "%llu %llu\n", static_cast<unsigned long long>(calls.load(std::memory_order_relaxed)),
               static_cast<unsigned long long>(bytes.load(std::memory_order_relaxed)));
  std::fclose(file);
}

[[gnu::constructor]] void begin() { std::atexit(write_down); }

}  // namespace

extern "C" {

void bench_body_begins() noexcept { is_counted = true; }

void* malloc(std::size_t size) noexcept {
  count(size);
  return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) noexcept {
  count(number * size);
  return __libc_calloc(number, size);
}

void* realloc(void* old, std::size_t size) noexcept {
  count(size);
  return __libc_realloc(old, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  count(size);
  return __libc_memalign(alignment, size);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  count(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
  count(size);
  void* const memory = __libc_memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *result = memory;
  return 0;
}

}  // extern "C"
