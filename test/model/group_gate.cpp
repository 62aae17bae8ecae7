// Models of a group of consumers that changes while producers run.

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <whorl/handoff/group_gate.hpp>
#include <whorl/handoff/hand_off.hpp>
#include <whorl/handoff/lap_flags.hpp>

#include "planted_gate.hpp"

namespace {

struct GroupPlan {
  std::size_t capacity = 1;
  std::size_t items = 2;    // besides a first one
  bool old_leaves = false;  // the old consumer does, once the new one has joined
  whorl::Position first = 0;

  std::string text() const {
    return "capacity " + std::to_string(capacity) + ", 1 + " + std::to_string(items) + " items" +
           (old_leaves ? ", the old one leaves" : "") + ", from " + model::show(first);
  }
};

// Where a sequence stands that was used for something else before.
constexpr whorl::Position kElsewhere = 100;

/// A ring without consumers yet, whose items are numbered like their positions. Nobody overwrites what a member of the
/// gate has not read, and nobody reads what is not written: both would be data races, or another number.
template <class Gate>
class Group : public model::Scenario {
 protected:
  Group(std::size_t capacity, whorl::Position first, std::size_t items)
      : mask_(capacity - 1), end_(first + items), ring_(first, capacity, whorl::EmptyGate::full) {}

  whorl::Position join(whorl::Sequence& sequence) {
    return *ring_.gate().join(sequence, [&] { return ring_.claim().claimed(); });
  }
  bool try_write() {
    const whorl::Claimed claimed = ring_.try_claim(1, 1);
    if (!claimed) return false;
    at(claimed.first).set(claimed.first);
    ring_.cells().publish(claimed.first, 1);
    return true;
  }
  bool try_read(whorl::Sequence& sequence) {
    const whorl::Position p = sequence.passed();
    if (p == end_ || ring_.cells().ready(p, 1) == 0) return false;
    model::require(at(p).get() == p, "another lap's item");
    sequence.release(p + 1);
    return true;
  }
  bool has_read_all(const whorl::Sequence& sequence) const { return sequence.passed() == end_; }
  void read_all(whorl::Sequence& sequence) {
    while (!has_read_all(sequence)) {
      if (!try_read(sequence)) model::yield();
    }
  }
  Gate& gate() { return ring_.gate(); }

 private:
  model::Plain<whorl::Position>& at(whorl::Position p) { return items_[whorl::index(p, mask_)]; }

  const std::size_t mask_;
  const whorl::Position end_;
  whorl::HandOff<whorl::SharedClaim, whorl::LapFlags, Gate> ring_;
  std::array<model::Plain<whorl::Position>, 4> items_;
};

/// After a first item, one thread writes and is the only consumer, in turns; another one joins as a consumer meanwhile and
/// reads from where it starts to the end.
template <class Gate>
class Joining : public Group<Gate> {
 public:
  explicit Joining(const GroupPlan& plan) : Group<Gate>(plan.capacity, plan.first, 1 + plan.items), plan_(plan) {
    model::require(this->join(old_) == plan.first, "the first one starts at the first position");
    model::require(this->try_write() && this->try_read(old_), "there is room, and then an item");
  }

  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      produce_and_consume();
    } else {
      new_.emplace(plan_.first + kElsewhere);  // here: who asks the gate must have seen that
      this->join(*new_);
      joined_.store(true, model::Order::relaxed);
      this->read_all(*new_);
    }
  }

 private:
  void produce_and_consume() {
    bool member = true;
    for (std::size_t written = 0; written < plan_.items || (member && !this->has_read_all(old_));) {
      const bool wrote = written < plan_.items && this->try_write();
      written += wrote;
      if (member && plan_.old_leaves && written != 0 && joined_.load(model::Order::relaxed)) {
        leave();
        member = false;
      }
      const bool read = member && this->try_read(old_);
      if (!wrote && !read) model::yield();
    }
  }
  void leave() { model::require(this->gate().leave(old_), "it was a member"); }

  const GroupPlan plan_;
  whorl::Sequence old_;
  std::optional<whorl::Sequence> new_;
  model::Atomic<bool> joined_{false, "joined"};
};

/// One thread writes and does nothing else, so that no barrier but its own helps it; the other one reads, makes a second
/// consumer a member, and reads for both, the first one first.
template <class Gate>
class JoiningAside : public Group<Gate> {
 public:
  JoiningAside() : Group<Gate>(1, 0, 3) {
    this->join(old_);
    model::require(this->try_write() && this->try_read(old_), "there is room, and then an item");
  }

  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      for (int i = 0; i < 2; ++i) {
        while (!this->try_write()) model::yield();
      }
      return;
    }
    this->join(new_);
    while (!this->has_read_all(old_) || !this->has_read_all(new_)) {
      if (!this->try_read(old_) && !this->try_read(new_)) model::yield();
    }
  }

 private:
  whorl::Sequence old_;
  whorl::Sequence new_{kElsewhere};
};

/// One thread writes; the other one reads an item and leaves. There is a member that is ahead of everything.
template <class Gate>
class Leaving : public Group<Gate> {
 public:
  Leaving() : Group<Gate>(1, 0, 3) {
    this->join(reader_);
    this->join(ahead_);
    ahead_.release(3);
  }

  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      for (int i = 0; i < 3; ++i) {
        while (!this->try_write()) model::yield();
      }
      return;
    }
    while (!this->try_read(reader_)) model::yield();
    model::require(this->gate().leave(reader_), "it was a member");
  }

 private:
  whorl::Sequence reader_;
  whorl::Sequence ahead_;
};

/// One thread writes; one reads an item and leaves; another one joins, and may find the place that this leaves. There is a
/// member that is ahead of everything, so that the newcomer is all that a claimer learns from.
template <class Gate>
class Replacing : public Group<Gate> {
 public:
  Replacing() : Group<Gate>(1, 0, 2) {
    this->join(reader_);
    this->join(ahead_);
    ahead_.release(2);
    model::require(this->try_write(), "there is room");
  }

  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      while (!this->try_write()) model::yield();
    } else if (thread == 1) {
      model::require(this->try_read(reader_), "there is an item");
      model::require(this->gate().leave(reader_), "it was a member");
    } else {
      this->join(new_);
      this->read_all(new_);
    }
  }

 private:
  whorl::Sequence reader_;
  whorl::Sequence ahead_;
  whorl::Sequence new_{kElsewhere};
};

/// A chain of two, whose second is the member of the gate and may hand over to the first. Both have read an item. There is a
/// member that is ahead of everything.
template <class Gate>
class Chain : public Group<Gate> {
 protected:
  Chain() : Group<Gate>(1, 0, 3) {
    this->join(second_);
    this->join(ahead_);
    ahead_.release(3);
    model::require(this->try_write() && this->try_read(first_) && this->try_read(second_), "there is an item");
  }
  void hand_over() {
    const std::array<whorl::Sequence*, 1> upstream{&first_};
    model::require(this->gate().hand_over(second_, upstream), "it was a member");
  }

  whorl::Sequence first_;
  whorl::Sequence second_;

 private:
  whorl::Sequence ahead_;
};

/// Replacing, where the one that leaves is the chain's second, which hands over to the first, and that goes on reading: a
/// claimer that finds the newcomer in its place must know that this was counted.
template <class Gate>
class ReplacingOneThatHandsOver : public Chain<Gate> {
 public:
  ReplacingOneThatHandsOver() { model::require(this->try_write(), "there is room"); }

  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      while (!this->try_write()) model::yield();
    } else if (thread == 1) {
      this->hand_over();
      model::require(this->try_read(this->first_), "there is an item");
    } else {
      this->join(new_);
    }
  }

 private:
  whorl::Sequence new_{kElsewhere};
};

/// One thread writes; the other one reads as the chain, whose second hands over to the first, which reads on alone; the second
/// one's sequence is soon used for something else.
template <class Gate>
class HandingOver : public Chain<Gate> {
 public:
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      for (int i = 0; i < 2; ++i) {
        while (!this->try_write()) model::yield();
      }
      return;
    }
    this->hand_over();
    this->second_.release(kElsewhere);
    this->read_all(this->first_);
  }
};

/// There is another producer, which may be held up while it asks the gate. The consumer's thread writes, makes the new
/// consumer a member, and reads for both.
template <class Gate>
class JoiningWhileAnotherAsks : public Group<Gate> {
 public:
  JoiningWhileAnotherAsks() : Group<Gate>(1, 0, 4) {
    this->join(old_);
    model::require(this->try_write() && this->try_read(old_), "there is room, and then an item");
  }

  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 1) {
      while (!this->try_write()) model::yield();
      return;
    }
    write();
    this->try_read(old_);
    this->join(new_);
    joined_ = true;
    write();
    this->try_read(old_);
    if constexpr (requires { this->gate().let_go(); }) this->gate().let_go();
    while (!this->has_read_all(old_) || !this->has_read_all(new_)) {
      if (!read()) model::yield();
    }
  }

 private:
  void write() {
    while (!this->try_write()) {
      if (!read()) model::yield();
    }
  }
  bool read() { return this->try_read(old_) || (joined_ && this->try_read(new_)); }

  whorl::Sequence old_;
  whorl::Sequence new_{kElsewhere};
  bool joined_ = false;
};

/// One thread sleeps on whatever there is until the end, which another one tells. A member joins meanwhile, by a third thread
/// or by the sleeper; or a third one hands over to it, which the gate finds behind the one that hands over or, if another one
/// has left, before it. Others have slept on it before, so that going to sleep there interrupts nobody.
enum class Joins { sleeper, third, by_hand_over, by_hand_over_before };
template <class Gate>
class Ending : public Group<Gate> {
 public:
  explicit Ending(Joins who) : Group<Gate>(1, 0, 1), who_(who) {
    if (who == Joins::by_hand_over_before) this->join(gone_);
    if (hands_over()) this->join(before_);
    if (who == Joins::by_hand_over_before) model::require(this->gate().leave(gone_), "it was a member");
    for (whorl::Sequence* sequence : {&member_, &before_}) sequence->waiting().sleep_unless([] { return true; }, {});
  }

  std::size_t threads() const override { return who_ == Joins::sleeper ? 2 : 3; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      is_over_.store(true, model::Order::relaxed);
      this->gate().wake();
      return;
    }
    if (thread == 2 && hands_over()) {
      const std::array<whorl::Sequence*, 1> upstream{&member_};
      model::require(this->gate().hand_over(before_, upstream), "it was a member");
      return;
    }
    if (thread == 2 || who_ == Joins::sleeper) this->join(member_);
    if (thread == 2) return;
    const auto is_over = [&] { return is_over_.load(model::Order::relaxed); };
    while (!is_over()) this->gate().sleep_unless(1, is_over, {});
  }

 private:
  bool hands_over() const { return who_ == Joins::by_hand_over || who_ == Joins::by_hand_over_before; }

  const Joins who_;
  whorl::Sequence gone_;
  whorl::Sequence before_;
  whorl::Sequence member_;
  model::Atomic<bool> is_over_{false, "over"};
};

void ends(model::Suite& suite) {
  const std::pair<Joins, const char*> ways[] = {
      {Joins::sleeper, "the sleeper joins"},
      {Joins::third, "a third one joins"},
      {Joins::by_hand_over, "a third one hands over"},
      {Joins::by_hand_over_before, "a third one hands over to a place before"}};
  for (const auto& [joins, text] : ways) {
    const auto make = model::scenario<Ending<whorl::GroupGate>>(joins);
    const std::string who = text;
    suite.check("ending, " + who, make);
    suite.check("ending, without membarrier, " + who, model::without_membarrier(make));
    suite.check("ending, read-modify-writes, " + who, model::without_fences(make));
  }
}

void explore(model::Suite& suite, const GroupPlan& plan) {
  const auto make = model::scenario<Joining<whorl::GroupGate>>(plan);
  suite.check("joining: " + plan.text(), make);
  suite.check("joining, without membarrier: " + plan.text(), model::without_membarrier(make));
}

template <template <class> class Scenario>
void explore(model::Suite& suite, const std::string& name) {
  const auto make = model::scenario<Scenario<whorl::GroupGate>>();
  suite.check("joining, " + name, make);
  suite.check("joining, without membarrier, " + name, model::without_membarrier(make));
}

// Membarrier, and a fence, order more than they are asked for: only where read-modify-writes stand for them can this fail.
// Two are held up then, the claimer between its looks at two members, and the newcomer before its barrier.
void replacing_one_that_hands_over(model::Suite& suite) {
  model::Bounds bounds;
  bounds.all_stale_reads = 1;
  suite.check("joining, read-modify-writes, one hands over, and another takes its place",
              model::without_fences(model::scenario<ReplacingOneThatHandsOver<whorl::GroupGate>>()), bounds);
}

void bugs(model::Suite& suite) {
  using enum GateBug;
  const auto joining = [&]<GateBug kBug>() { return model::scenario<Joining<PlantedGate<kBug>>>(GroupPlan{}); };
  const auto aside = [&]<GateBug kBug>() { return model::scenario<JoiningAside<PlantedGate<kBug>>>(); };
  const auto asking = [&]<GateBug kBug>() { return model::scenario<JoiningWhileAnotherAsks<HeldUpGate<kBug>>>(); };
  suite.check("right: the gate put together by hand", joining.operator()<none>());
  suite.check("right: the gate put together by hand, one who only writes", aside.operator()<none>());
  suite.check("right: the gate put together by hand, one leaves", model::scenario<Leaving<PlantedGate<none>>>());
  suite.check("right: the gate put together by hand, two producers", asking.operator()<none>());
  suite.check("right: the gate put together by hand, one hands over",
              model::scenario<HandingOver<PlantedGate<none>>>());
  suite.must_fail("planted: one hands over, and a claimer has seen neither", "",
                  model::scenario<HandingOver<PlantedGate<hand_over_is_not_counted>>>());
  suite.must_fail("planted: no cap at the claim, two producers", "", asking.operator()<answers_beyond_the_claim>());
  suite.must_fail("planted: the claimer has no barrier", "", aside.operator()<claimer_has_no_barrier>());
  suite.must_fail("planted: the joiner has no barrier", "", joining.operator()<joiner_has_no_barrier>());
  suite.must_fail("planted: the joiner is a member before it is at the claim counter", "",
                  joining.operator()<joiner_begins_anywhere>());
  suite.must_fail("planted: the joiner starts where it came in", "",
                  joining.operator()<joiner_starts_where_it_came_in>());
  suite.must_fail("planted: one leaves, and nobody learns that it was done", "data race",
                  model::scenario<Leaving<PlantedGate<leaves_without_a_release>>>());
  suite.check("right: the gate put together by hand, one leaves, and another takes its place",
              model::scenario<Replacing<PlantedGate<none>>>());
  suite.must_fail("planted: one leaves, and who takes its place does not know that it was done", "data race",
                  model::scenario<Replacing<PlantedGate<takes_a_place_without_an_acquire>>>());
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  ends(suite);  // soon explored: first, so that a mutant of the gate dies early
  explore<Leaving>(suite, "one leaves");
  explore<Replacing>(suite, "one leaves, and another takes its place");
  replacing_one_that_hands_over(suite);
  explore(suite, {});
  explore(suite, {.capacity = 2, .items = 3});
  explore(suite, {.items = 2, .old_leaves = true});
  suite.check("joining: across the end of the numbers",
              model::scenario<Joining<whorl::GroupGate>>(GroupPlan{.items = 1, .first = ~whorl::Position{0} - 1}));
  suite.check("joining: read-modify-writes for fences",
              model::without_fences(model::scenario<Joining<whorl::GroupGate>>(GroupPlan{})));
  explore<JoiningAside>(suite, "one who only writes");
  explore<HandingOver>(suite, "one hands over");
  explore<JoiningWhileAnotherAsks>(suite, "two producers");
  bugs(suite);
  return suite.finish();
}
