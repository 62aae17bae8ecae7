#pragma once
// What happens in the order-entry service: the topics of its bus.

#include <cstdint>
#include <whorl/whorl.hpp>

namespace orders {

enum class Side : std::uint8_t { buy, sell };
enum class Verdict : std::uint8_t { none, accepted, refused };

struct Order {
  std::uint64_t id = 0;
  std::uint32_t account = 0;
  std::int32_t price = 0;
  std::int32_t quantity = 0;
  Side side = Side::buy;
  Verdict verdict = Verdict::none;  // risk leaves it here, for those that come after it
  friend bool operator==(const Order&, const Order&) = default;
};

struct Fill {
  std::uint64_t order = 0;    // the one that has just come
  std::uint64_t resting = 0;  // and the one that it has met in the book
  std::uint32_t buyer = 0;
  std::uint32_t seller = 0;
  std::int32_t price = 0;
  std::int32_t quantity = 0;
  friend bool operator==(const Fill&, const Fill&) = default;
};

/// How far an account may go, from now on.
struct Limit {
  std::uint32_t account = 0;
  std::int32_t most = 0;
  friend bool operator==(const Limit&, const Limit&) = default;
};

inline constexpr std::uint32_t kAccounts = 16;

using Bus = whorl::EventBus<whorl::Topics<Order, Fill, Limit>>;

/// FNV-1a of numbers.
class Hash {
 public:
  void add(std::uint64_t number) {
    for (int byte = 0; byte != 8; ++byte, number >>= 8) value_ = (value_ ^ (number & 0xff)) * 0x100000001b3;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace orders
