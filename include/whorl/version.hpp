#pragma once
// The version of these headers.

#define WHORL_VERSION_MAJOR 0
#define WHORL_VERSION_MINOR 1
#define WHORL_VERSION_PATCH 0

namespace whorl {

/// The version of the headers, "major.minor.patch".
inline constexpr const char* kVersion = "0.1.0";

/// The version of the compiled part that the program is linked with.
const char* library_version() noexcept;

}  // namespace whorl
