#pragma once
// The elements that the models send through a ring: each knows whether it is alive, and where it comes from.

#include <cstddef>
#include <cstdint>
#include <utility>

#include "model.hpp"

/// What an element is made from, and what a write that is refused must not touch.
struct Offer {
  std::size_t producer = 0;
  std::size_t number = 0;
  bool throws = false;  // the element's constructor does
  bool taken = false;   // the constructor has begun
};

struct ElementError {};

/// Constructions and destructions of one execution must come out even, and nobody may use what is not alive.
template <bool kMayThrow>
class BasicElement {
 public:
  BasicElement(Offer&& offer) noexcept(!kMayThrow)  // implicit: a ring builds it from what it is given
      : producer_(offer.producer), number_(offer.number) {
    offer.taken = true;
    if constexpr (kMayThrow) {
      if (offer.throws) throw ElementError{};
    }
    begin();
  }
  BasicElement(BasicElement&& other) noexcept : producer_(other.producer()), number_(other.number()) { begin(); }
  BasicElement& operator=(const BasicElement&) = delete;
  ~BasicElement() {
    check();
    mark_ = kDead;
    --live_;
  }

  std::size_t producer() const noexcept { return check(), producer_; }
  std::size_t number() const noexcept { return check(), number_; }

  static std::size_t live() noexcept { return live_; }
  /// An execution begins.
  static void reset() noexcept { live_ = 0; }

 private:
  static constexpr std::uint32_t kAlive = 0xA11FE;
  static constexpr std::uint32_t kDead = 0xDEAD;

  void begin() noexcept {
    mark_ = kAlive;
    ++live_;
  }
  void check() const noexcept { model::require(mark_ == kAlive, "an element is used that is not alive"); }

  static inline std::size_t live_ = 0;

  std::size_t producer_;
  std::size_t number_;
  std::uint32_t mark_ = kDead;
};

using Element = BasicElement<false>;
using FragileElement = BasicElement<true>;
