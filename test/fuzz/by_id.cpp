// Rings that are written by producer id: Biased and Shared.

#include "by_id.hpp"

namespace {

template <class Kind>
void run(whorl_fuzz::Input& in) {
  const whorl_fuzz::Shape shape(in);
  {
    whorl_fuzz::ById<Kind> session(in, shape);
    session.run();
  }
  AGREE(whorl_fuzz::Item::live == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  whorl_fuzz::Input in(bytes, size);
  in.one_in(2) ? run<whorl::Shared>(in) : run<whorl::Biased>(in);
  return 0;
}
