#include <whorl/version.hpp>

namespace whorl {

const char* library_version() noexcept { return kVersion; }

}  // namespace whorl
