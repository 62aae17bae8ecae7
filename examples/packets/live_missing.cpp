// In the place of live.cpp where there is no libpcap.

#include <stdexcept>

#include "live.hpp"

namespace packets {

std::unique_ptr<Source> open_live(const Options& /*options*/) {
  throw std::runtime_error("this build has no libpcap: install libpcap-dev and build again");
}

}  // namespace packets
