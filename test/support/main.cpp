// The main() of every test program, and what the sanitizers are told in all of them.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

// Asking for more memory than there is must give nullptr, as it does without a sanitizer, and not end the program:
// the tests look for std::bad_alloc.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1:halt_on_error=1"; }
