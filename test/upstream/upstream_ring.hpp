#pragma once
// The Go ring that the sharded ring's idea is from (randomizedcoder/go-lock-free-ring), put down from the description of
// its defects: as small as shows them, for one thread, with the steps of its operations apart, so that a test plays the
// interleaving it wants. What is wrong here is wrong on purpose.

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace upstream {

using Value = std::uint64_t;

/// One shard. Slot i begins with the number i; a writer at position p finds its slot free when the number is p, and
/// leaves p + 1; the reader leaves p + capacity.
class Shard {
 public:
  explicit Shard(std::size_t capacity) : numbers_(capacity), values_(capacity), capacity_(capacity) {
    for (std::size_t i = 0; i < capacity; ++i) numbers_[i] = i;
  }

  // ---- the steps of a write
  std::uint64_t add() { return write_position_++; }       // the first releases' claim: a ticket is drawn,
  void undo() { --write_position_; }                      // and given back when its slot is not free
  std::uint64_t look() const { return write_position_; }  // the later releases' claim: look, compare, exchange
  bool exchange(std::uint64_t seen) { return seen == write_position_ && ++write_position_ != 0; }
  bool is_free(std::uint64_t p) const { return numbers_[p % capacity_] == p; }
  void put(std::uint64_t p, Value value) {
    values_[p % capacity_] = value;
    numbers_[p % capacity_] = p + 1;
  }

  /// A write as the first releases make it, from beginning to end.
  bool write_by_adding(Value value) {
    const std::uint64_t p = add();
    if (!is_free(p)) {
      undo();
      return false;
    }
    put(p, value);
    return true;
  }
  /// As the later ones do.
  bool write(Value value) {
    const std::uint64_t p = look();
    if (!is_free(p) || !exchange(p)) return false;
    put(p, value);
    return true;
  }

  bool try_read(Value& value) {
    const std::uint64_t p = read_position_;
    if (numbers_[p % capacity_] != p + 1) return false;
    value = values_[p % capacity_];
    numbers_[p % capacity_] = p + capacity_;
    ++read_position_;
    return true;
  }

  std::uint64_t size() const { return write_position_ > read_position_ ? write_position_ - read_position_ : 0; }
  std::size_t capacity() const { return capacity_; }

  /// Where the words of the two sides lie.
  const void* writers_word() const { return &write_position_; }
  const void* readers_word() const { return &read_position_; }

 private:
  std::vector<std::uint64_t> numbers_;
  std::vector<Value> values_;
  std::uint64_t capacity_;
  std::uint64_t write_position_ = 0;
  std::uint64_t read_position_ = 0;
};

/// Which shards a write visits.
enum class Strategy : std::uint8_t { own_shard, next_shard, random_shard };

struct Config {
  int max_retries = 10;
  int max_backoffs = 0;  // 0: for ever
  Strategy strategy = Strategy::own_shard;
};

/// Thrown by a test out of a loop that would never end.
struct Endless : std::runtime_error {
  Endless() : std::runtime_error("it would still be sleeping") {}
};

class Ring {
 public:
  /// The remainder of the division is dropped without a word.
  Ring(std::size_t total, std::size_t shards) {
    for (std::size_t i = 0; i < shards; ++i) shards_.emplace_back(total / shards);
  }

  Shard& shard(std::size_t i) { return shards_[i]; }
  std::size_t shard_count() const { return shards_.size(); }
  std::size_t capacity() const { return shards_.size() * shards_[0].capacity(); }
  std::uint64_t tries() const { return tries_; }
  std::uint64_t sleeps() const { return sleeps_; }

  bool write(std::size_t id, Value value) {
    ++tries_;
    return shards_[id & (shards_.size() - 1)].write(value);
  }

  /// Whatever config.strategy says, only the own shard is visited.
  bool write_with_backoff(std::size_t id, Value value, const Config& config) {
    int backoffs = 0;
    return retry(config, backoffs, [&] { return write(id, value); });
  }

  template <class TryOnce>
  bool retry(const Config& config, int& backoffs, TryOnce&& try_once) {
    for (;;) {
      for (int i = 0; i < config.max_retries; ++i) {
        if (try_once()) return true;
      }
      ++backoffs;
      if (config.max_backoffs > 0 && backoffs >= config.max_backoffs) return false;
      if (++sleeps_ == kEndless) throw Endless();
    }
  }

  /// The own shard, then draws; a draw of the own shard becomes its neighbour's.
  template <class Draw>
  bool write_at_random(std::size_t id, Value value, Draw&& draw) {
    const std::size_t own = id & (shards_.size() - 1);
    if (write(own, value)) return true;
    for (std::size_t i = 1; i < shards_.size(); ++i) {
      const std::size_t drawn = draw(shards_.size());
      if (write(drawn == own ? own + 1 : drawn, value)) return true;
    }
    return false;
  }

  /// The first release reads from shard 0 on; later ones from one shard further at each call.
  bool read_from_the_first(std::size_t& from) { return read_from(0, from); }
  bool read_rotating(std::size_t& from) { return read_from(turn_++ % shards_.size(), from); }
  std::uint64_t looks() const { return looks_; }

  /// A batch comes in memory of its own, unless the caller's has room for `most`.
  std::vector<Value> read_batch(std::vector<Value> buffer, std::size_t most) {
    buffer.clear();
    if (buffer.capacity() < most) buffer.reserve(most);
    for (Shard& shard : shards_) {
      Value value = 0;
      while (buffer.size() < most && shard.try_read(value)) buffer.push_back(value);
    }
    return buffer;
  }

 private:
  static constexpr std::uint64_t kEndless = 100'000;

  bool read_from(std::size_t start, std::size_t& from) {
    Value value = 0;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      from = (start + i) & (shards_.size() - 1);
      ++looks_;
      if (shards_[from].try_read(value)) return true;
    }
    return false;
  }

  std::vector<Shard> shards_;
  std::uint64_t turn_ = 0;
  std::uint64_t looks_ = 0;
  std::uint64_t tries_ = 0;
  std::uint64_t sleeps_ = 0;
};

/// A producer's handle: its count of backoffs is that of its whole life.
class Writer {
 public:
  Writer(Ring& ring, std::size_t id, Config config) : ring_(ring), id_(id), config_(config) {}

  bool write(Value value) {
    return ring_.retry(config_, backoffs_, [&] {
      if (config_.strategy == Strategy::own_shard) return ring_.write(id_, value);
      for (std::size_t i = 0; i < ring_.shard_count(); ++i) {
        if (ring_.write(id_ + i, value)) return true;
      }
      return false;
    });
  }

 private:
  Ring& ring_;
  std::size_t id_;
  Config config_;
  int backoffs_ = 0;
};

}  // namespace upstream
