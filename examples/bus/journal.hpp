#pragma once
// Journal: every event of the bus, in its order, in a file that can be read again.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "events.hpp"

namespace orders {

class Journal {
 public:
  Journal() : file_(std::tmpfile()) {
    if (file_ == nullptr) throw std::runtime_error("the journal cannot be opened");
  }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal() { std::fclose(file_); }

  template <class E>
  void operator()(const E& event) {
    append(kTopic<E>);
    append(event);
    ++events;
  }
  /// Whatever topic the last event of the batch was of: what has been gathered goes out at once.
  void on_batch_end(whorl::SequenceNumber) {
    if (std::fwrite(gathered_.data(), 1, gathered_.size(), file_) != gathered_.size() || std::fflush(file_) != 0) {
      throw std::runtime_error("the journal cannot be written");
    }
    gathered_.clear();
  }

  /// Calls handler(event) with each, as it is in the file. False: the file ends in the middle of one.
  template <class H>
  bool replay(H&& handler) const {
    std::rewind(file_);
    for (std::uint8_t topic = 0; std::fread(&topic, 1, 1, file_) == 1;) {
      const bool is_whole = topic == kTopic<Order>  ? read<Order>(handler)
                            : topic == kTopic<Fill> ? read<Fill>(handler)
                                                    : read<Limit>(handler);
      if (!is_whole) return false;
    }
    return true;
  }

  std::uint64_t events = 0;

 private:
  template <class E>
  static constexpr std::uint8_t kTopic = std::is_same_v<E, Order>  ? 1
                                         : std::is_same_v<E, Fill> ? 2
                                                                   : 3;

  template <class T>
  void append(const T& value) {
    const std::size_t at = gathered_.size();
    gathered_.resize(at + sizeof(value));
    std::memcpy(gathered_.data() + at, &value, sizeof(value));
  }
  template <class E, class H>
  bool read(H& handler) const {
    E event;
    if (std::fread(&event, sizeof(event), 1, file_) != 1) return false;
    handler(event);
    return true;
  }

  std::FILE* file_;
  std::vector<unsigned char> gathered_;
};

}  // namespace orders
