// Rings that are written through leases: Exclusive, Inline and Dense.

#include "by_lease.hpp"

namespace {

template <class Layout>
void run(whorl_fuzz::Input& in) {
  const whorl_fuzz::Shape shape(in);
  {
    whorl_fuzz::ByLease<Layout> session(in, shape);
    session.run();
  }
  AGREE(whorl_fuzz::Item::live == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  whorl_fuzz::Input in(bytes, size);
  in.one_in(2) ? run<whorl::Dense>(in) : run<whorl::Inline>(in);
  return 0;
}
