#include "../status_line.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "../text.hpp"

namespace {

using namespace packets;

// More than any terminal has, when a character is cut or is one that a terminal obeys.
std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (; !text.empty(); ++columns) {
    const std::size_t length = utf8_length(text);
    if (length == 0 || is_control(text.substr(0, length))) return ~std::size_t{0};
    text.remove_prefix(length);
  }
  return columns;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Sample sample_of(std::vector<std::size_t> fill) {
  return {.seconds = 12,
          .length = 0.5,
          .read = 1'100'000,
          .delivered = 1'000'000,
          .bytes = 125'000'000,
          .dropped = 5,
          .p99_ns = 352'000,
          .fill = std::move(fill)};
}
constexpr StatusTotals kTotals{.delivered = 20'000'000, .dropped = 1234};

// Sets a variable of the environment, until it goes.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { set(old_ ? old_->c_str() : nullptr); }

 private:
  void set(const char* value) const { value != nullptr ? setenv(name_, value, 1) : unsetenv(name_); }

  const char* name_;
  std::optional<std::string> old_;
};

// Both ends of a terminal.
class PseudoTerminal {
 public:
  explicit PseudoTerminal(unsigned short columns) : master_(posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(master_ >= 0);
    REQUIRE(grantpt(master_) == 0);
    REQUIRE(unlockpt(master_) == 0);
    const int slave = open(ptsname(master_), O_RDWR | O_NOCTTY);
    REQUIRE(slave >= 0);
    winsize size{};
    size.ws_col = columns;
    REQUIRE(ioctl(slave, TIOCSWINSZ, &size) == 0);
    file_ = fdopen(slave, "w");
    REQUIRE(file_ != nullptr);
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;
  ~PseudoTerminal() {
    std::fclose(file_);
    close(master_);
  }

  std::FILE* file() const { return file_; }

  // What was written since the last call; something was.
  std::string written() const {
    char bytes[4096];
    const ssize_t length = read(master_, bytes, sizeof bytes);
    REQUIRE(length > 0);
    return {bytes, static_cast<std::size_t>(length)};
  }

 private:
  int master_;
  std::FILE* file_ = nullptr;
};

}  // namespace

TEST_CASE("make_status_line: everything, where there is room") {
  const Sample sample = sample_of({0, 1, 8, 16});
  CHECK(make_status_line(sample, kTotals, 64, {.width = 200, .utf8 = true}) ==
        "12 s  20,000,000 packets  2 M/s  2000.0 Mb/s  | \u2581\u2584\u2588|  dropped 1,234  p99 352 us");
  CHECK(make_status_line(sample, kTotals, 64, {.width = 200, .utf8 = false}) ==
        "12 s  20,000,000 packets  2 M/s  2000.0 Mb/s  [####      ]  39%  dropped 1,234  p99 352 us");
}

TEST_CASE("make_status_line: more shards than columns are told in figures") {
  std::vector<std::size_t> fill(256, 4);
  fill[77] = 14;
  const std::string line = make_status_line(sample_of(fill), kTotals, 256 * 16, {.width = 120, .utf8 = true});
  CHECK(has(line, "fill 25% max 88%"));
  CHECK_FALSE(has(line, "|"));
  CHECK(has(line, "p99 352 us"));
}

TEST_CASE("make_status_line: never wider than the terminal, the rate and the drops last to go") {
  for (const std::size_t shards : {0U, 1U, 4U, 16U, 64U, 256U}) {
    for (std::size_t width = 0; width <= 330; ++width) {
      for (const bool utf8 : {false, true}) {
        const std::string line =
            make_status_line(sample_of(std::vector<std::size_t>(shards, 5)), kTotals, 16 * shards, {width, utf8});
        CHECK(columns_of(line) <= width);
        if (width >= 22) CHECK(has(line, "2 M/s"));
        if (width >= 22) CHECK(has(line, "dropped 1,234"));
        if (!utf8) CHECK(columns_of(line) == line.size());
      }
    }
  }
}

TEST_CASE("make_status_line: the greatest numbers there are, and none") {
  Sample sample;
  CHECK(make_status_line(sample, {}, 0, {.width = 80, .utf8 = true}) ==
        "0 s  0 packets  0/s  0.0 Mb/s  dropped 0  p99 0 ns");
  sample.delivered = sample.bytes = sample.p99_ns = ~0ULL;
  sample.length = 1e-9;
  sample.fill = {~std::size_t{0}, 1};
  for (std::size_t width = 0; width <= 250; ++width) {
    CHECK(columns_of(make_status_line(sample, {~0ULL, ~0ULL}, 2, {.width = width, .utf8 = true})) <= width);
  }
}

TEST_CASE("make_status_line: a shard with a single item is not shown as empty, and a full one is full") {
  const std::string line =
      make_status_line(sample_of({1, 1024, 1025}), kTotals, 3 * 1024, {.width = 200, .utf8 = true});
  CHECK(has(line, "|\u2581\u2588\u2588|"));
}

TEST_CASE("is_utf8_environment: LC_ALL, LC_CTYPE, LANG, the first that is set") {
  const Environment lang("LANG", "de_DE.UTF-8");
  const Environment type("LC_CTYPE", nullptr);
  const Environment all("LC_ALL", "");
  CHECK(is_utf8_environment());
  {
    const Environment ctype("LC_CTYPE", "C.utf8");
    const Environment language("LANG", "C");
    CHECK(is_utf8_environment());
    const Environment everything("LC_ALL", "C");
    CHECK_FALSE(is_utf8_environment());
  }
  const Environment language("LANG", "en_US.ISO-8859-1");
  CHECK_FALSE(is_utf8_environment());
  const Environment none("LANG", nullptr);
  CHECK_FALSE(is_utf8_environment());
}

TEST_CASE("StatusLine: one line of a terminal, written over and over, counts totals and ends once") {
  const Environment term("TERM", "xterm");
  const Environment all("LC_ALL", "C");
  const PseudoTerminal terminal(100);
  StatusLine line(terminal.file(), 64);
  line.show(sample_of({1, 2, 3, 4}));
  CHECK(terminal.written() ==
        "\r12 s  1,000,000 packets  2 M/s  2000.0 Mb/s  [##        ]  16%  dropped 5  p99 352 us\x1b[K");
  line.show(sample_of({0, 0, 0, 0}));
  const std::string second = terminal.written();
  CHECK(has(second, "2,000,000 packets"));
  CHECK(has(second, "dropped 10"));
  line.finish();
  CHECK(terminal.written() == "\r\n");  // as a terminal writes the end of a line
  line.finish();
  std::fputs("next", terminal.file());
  std::fflush(terminal.file());
  CHECK(terminal.written() == "next");
}

TEST_CASE("StatusLine: follows the terminal's width and leaves its last column empty") {
  const Environment term("TERM", "xterm");
  const PseudoTerminal terminal(22);
  StatusLine line(terminal.file(), 64);
  line.show(sample_of({1, 2, 3, 4}));
  const std::string text = terminal.written();
  REQUIRE(text.size() > 4);
  CHECK(columns_of(std::string_view(text).substr(1, text.size() - 4)) <= 21);
}

TEST_CASE("StatusLine: writes nothing where there is no terminal, or one that obeys nothing") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    StatusLine line(file, 64);
    line.show(sample_of({1}));
    line.finish();
  }
  CHECK(std::ftell(file) == 0);
  std::fclose(file);

  StatusLine nowhere(nullptr, 64);
  nowhere.show(sample_of({1}));
  nowhere.finish();

  const Environment term("TERM", "dumb");
  const PseudoTerminal terminal(80);
  StatusLine line(terminal.file(), 64);
  line.show(sample_of({1}));
  line.finish();
  std::fputs("next", terminal.file());
  std::fflush(terminal.file());
  CHECK(terminal.written() == "next");
}
