// The main() of a stress test in a process that may not call membarrier(2), as in many a container: a filter refuses the
// call before anything else happens. Barriers then cannot be one-sided, and everything must work all the same.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <whorl/ring/sharded_ring.hpp>

namespace {

constexpr int kSkipped = 77;

// From now on membarrier(2) fails with `error`, in this thread and all that it starts.
bool refuse_membarrier(unsigned error) {
  std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offsetof(seccomp_data, nr))),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace

TEST_CASE("no membarrier: barriers cost both sides, a biased shard is shared from the start") {
  CHECK_FALSE(whorl::sync::asymmetric());
  CHECK(whorl::BiasedClaim(0, 8).is_shared());
}

int main(int argc, char** argv) {
#if !WHORL_FENCES
  std::puts("ThreadSanitizer's build does without membarrier(2) anyway");
  return kSkipped;
#endif
  if (!refuse_membarrier(ENOSYS)) {
    std::perror("this kernel takes no filter");
    return kSkipped;
  }
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) != -1) {
    std::puts("the filter was accepted and does not work");
    return 1;
  }
  return doctest::Context(argc, argv).run();
}
