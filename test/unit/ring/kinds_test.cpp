#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <type_traits>
#include <whorl/ring/kinds.hpp>

namespace {

template <std::size_t kBytes>
using Bytes = std::array<std::uint8_t, kBytes>;

template <class T, class Kind>
constexpr bool lies_inline = std::is_same_v<whorl::DefaultLayout<T, Kind>, whorl::Inline>;

}  // namespace

TEST_CASE("kinds: datum and stamp lie together while they fit one 64-byte line, and always where producers share") {
  CHECK(lies_inline<Bytes<1>, whorl::Exclusive>);
  CHECK(lies_inline<Bytes<56>, whorl::Exclusive>);
  CHECK_FALSE(lies_inline<Bytes<57>, whorl::Exclusive>);
  CHECK_FALSE(lies_inline<Bytes<1450>, whorl::Exclusive>);
  CHECK(lies_inline<Bytes<1>, whorl::Biased>);
  CHECK(lies_inline<Bytes<1450>, whorl::Biased>);
  CHECK(lies_inline<Bytes<1>, whorl::Shared>);
  CHECK(lies_inline<Bytes<1450>, whorl::Shared>);
}
