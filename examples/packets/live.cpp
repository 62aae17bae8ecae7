#include "live.hpp"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

// Behind the kernel's own description of filters: libpcap has the same numbers under the same names.
#include <pcap/pcap.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "pcap_writer.hpp"

namespace packets {
namespace {

constexpr int kBlockMs = 10;  // a block of the kernel's buffer is handed over when it is full, or after so long
// A block may take twice as long, and the kernel's clock has a tick: what has not come after this does not come.
constexpr int kQuietMs = 50;

[[noreturn]] void fail(const std::string& interface, const std::string& what) {
  throw std::runtime_error(interface + ": " + what);
}

[[noreturn]] void fail_with_errno(const std::string& interface, const std::string& what) {
  fail(interface, what + ": " + std::strerror(errno));
}

std::string interface_names() {
  struct Free {
    void operator()(struct if_nameindex* list) const { ::if_freenameindex(list); }
  };
  const std::unique_ptr<struct if_nameindex, Free> list(::if_nameindex());
  std::string names;
  for (const struct if_nameindex* each = list.get(); each != nullptr && each->if_index != 0; ++each) {
    names += (names.empty() ? "" : ", ") + std::string(each->if_name);
  }
  return names;
}

std::int64_t wall_clock_ns() {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

using Filter = std::vector<sock_filter>;

// One of libpcap's handles, with a filter of ours in the kernel.
class Tap {
 public:
  explicit Tap(const Options& options) : interface_(options.input), handle_(create(options)) {
    activate();
    make_filter(options);
    shut();
    if (pcap_setdirection(handle_.get(), PCAP_D_IN) != 0) fail(interface_, pcap_geterr(handle_.get()));
    char error[PCAP_ERRBUF_SIZE];
    if (pcap_setnonblock(handle_.get(), 1, error) != 0) fail(interface_, error);
    nanoseconds_ = pcap_get_tstamp_precision(handle_.get()) == PCAP_TSTAMP_PRECISION_NANO;
  }

  /// Makes it a member of a group of which each packet goes to one member; a `group` of 0 becomes the number of a new
  /// one. The kernel is not asked to put fragments together first: all of a datagram go to one member anyway, the copy
  /// would not be what was on the wire, and on the loopback interface, where they pass twice, none would be seen.
  void join(int& group) {
    const int flags = PACKET_FANOUT_HASH | (group == 0 ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
    int value = group | flags << 16;
    socklen_t size = sizeof value;
    const int socket = pcap_fileno(handle_.get());
    if (::setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &value, size) != 0 ||
        ::getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &value, &size) != 0) {
      fail_with_errno(interface_, "its packets cannot be shared out by flow; try --producers 1");
    }
    group = value & 0xffff;
  }

  /// From now on packets come.
  void open() {
    already_dropped_ = all_dropped();
    attach(filter_);
  }
  /// From now on none come; those that have can be read.
  void shut() { attach({{BPF_RET | BPF_K, 0, 0, 0}}); }

  /// As pcap_next_ex(): 1, or 0 when there is nothing now, or less. The packet stays until the next call.
  int read() { return pcap_next_ex(handle_.get(), &header_, &packet_); }

  Bytes packet() const { return std::as_bytes(std::span(packet_, header_->caplen)); }
  std::uint32_t original_length() const { return header_->len; }
  std::int64_t time_ns() const {
    return header_->ts.tv_sec * std::int64_t{1'000'000'000} + header_->ts.tv_usec * (nanoseconds_ ? 1 : 1000);
  }

  /// False: nothing came for so long.
  bool wait(int milliseconds) const {
    pollfd socket{.fd = pcap_fileno(handle_.get()), .events = POLLIN, .revents = 0};
    int status = 0;
    do {
      status = ::poll(&socket, 1, milliseconds);
    } while (status < 0 && errno == EINTR);
    return status > 0 && (socket.revents & POLLIN) != 0;
  }

  /// What has become of the interface, if it is no longer up.
  std::string trouble() const {
    if (interface_ == "any") return {};
    ifreq request{};
    interface_.copy(request.ifr_name, IFNAMSIZ - 1);
    if (::ioctl(pcap_fileno(handle_.get()), SIOCGIFFLAGS, &request) != 0) return interface_ + " has disappeared";
    return (request.ifr_flags & IFF_UP) != 0 ? "" : interface_ + " went down";
  }
  std::string error() const { return interface_ + ": " + pcap_geterr(handle_.get()); }

  std::uint32_t dropped() const { return all_dropped() - already_dropped_; }
  std::uint32_t snap() const { return static_cast<std::uint32_t>(pcap_snapshot(handle_.get())); }
  std::uint32_t link_type() const {
    const int type = pcap_datalink(handle_.get());
    return type == DLT_RAW ? 101 : static_cast<std::uint32_t>(type);  // the only one of Linux's that files number anew
  }

 private:
  struct Close {
    void operator()(pcap_t* handle) const { pcap_close(handle); }
  };
  using Handle = std::unique_ptr<pcap_t, Close>;

  static Handle create(const Options& options) {
    if (options.kernel_buffer > INT_MAX) fail(options.input, "--buffer can be at most 2047MiB");
    char error[PCAP_ERRBUF_SIZE];
    Handle handle(pcap_create(options.input.c_str(), error));
    if (handle == nullptr) fail(options.input, error);
    pcap_set_snaplen(handle.get(), static_cast<int>(options.snap));
    pcap_set_buffer_size(handle.get(), static_cast<int>(options.kernel_buffer));
    pcap_set_timeout(handle.get(), kBlockMs);
    pcap_set_promisc(handle.get(), 1);
    pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);  // where it fails they are microseconds
    return handle;
  }

  void activate() {
    switch (const int status = pcap_activate(handle_.get())) {
      case PCAP_ERROR_NO_SUCH_DEVICE:
        fail(interface_, "no such interface; there are " + interface_names());
      case PCAP_ERROR_PERM_DENIED:
      case PCAP_ERROR_PROMISC_PERM_DENIED:
        fail(interface_, "needs CAP_NET_RAW: run as root, or setcap cap_net_raw+ep on this program");
      case PCAP_ERROR_IFACE_NOT_UP:
        fail(interface_, "is not up: ip link set " + interface_ + " up");
      default:
        if (status < 0) {
          fail(interface_, std::string(pcap_statustostr(status)) + ": " + pcap_geterr(handle_.get()));
        }
    }
  }

  // libpcap translates the expression, and gives the kernel what suits its sockets. To that we add that packets which
  // leave the interface are refused: libpcap throws them away, too, but only when they have taken room in the buffer,
  // or have been counted as dropped. And the kernel copies no more than the snap length.
  void make_filter(const Options& options) {
    bpf_program program;
    if (!options.filter.empty()) {
      if (pcap_compile(handle_.get(), &program, options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
        fail(interface_, "--filter '" + options.filter + "': " + pcap_geterr(handle_.get()));
      }
      const int status = pcap_setfilter(handle_.get(), &program);
      pcap_freecode(&program);
      if (status < 0) fail(interface_, "--filter '" + options.filter + "': " + pcap_geterr(handle_.get()));
    }
    filter_ = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)},
               {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, PACKET_OUTGOING},
               {BPF_RET | BPF_K, 0, 0, 0}};
    const Filter chosen = options.filter.empty() ? Filter{} : attached();
    filter_.insert(filter_.end(), chosen.begin(), chosen.end());
    if (chosen.empty()) filter_.push_back({BPF_RET | BPF_K, 0, 0, snap()});
    for (sock_filter& each : filter_) {
      if (each.code == (BPF_RET | BPF_K) && each.k != 0) each.k = snap();
    }
  }

  Filter attached() const {
    const int socket = pcap_fileno(handle_.get());
    socklen_t count = 0;  // of instructions
    if (::getsockopt(socket, SOL_SOCKET, SO_GET_FILTER, nullptr, &count) != 0) count = 0;
    Filter filter(count);
    if (count != 0 && ::getsockopt(socket, SOL_SOCKET, SO_GET_FILTER, filter.data(), &count) != 0) {
      fail_with_errno(interface_, "its filter cannot be read back");
    }
    return filter;
  }

  void attach(const Filter& filter) const {
    sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
    if (::setsockopt(pcap_fileno(handle_.get()), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
      fail_with_errno(interface_, "the kernel does not take the filter");
    }
  }

  // Of the statistics only what was dropped can be relied on.
  std::uint32_t all_dropped() const {
    pcap_stat counts{};
    return pcap_stats(handle_.get(), &counts) == 0 ? counts.ps_drop : 0;
  }

  std::string interface_;
  Handle handle_;
  Filter filter_;
  bool nanoseconds_ = false;
  std::uint32_t already_dropped_ = 0;
  pcap_pkthdr* header_ = nullptr;
  const unsigned char* packet_ = nullptr;
};

// The first thing that ended a feed before its time. Feeds run on threads of their own.
class Trouble {
 public:
  void report(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (first_.empty()) first_ = what;
  }
  std::string first() const {
    const std::lock_guard lock(mutex_);
    return first_;
  }

 private:
  mutable std::mutex mutex_;
  std::string first_;
};

class LiveFeed : public Feed {
 public:
  LiveFeed(Tap& tap, ArrivalOrder arrival, Trouble& trouble, std::stop_token stop)
      : tap_(tap), arrival_(arrival), trouble_(trouble), stop_(std::move(stop)), link_type_(tap.link_type()) {}

  bool next() override {
    for (;;) {
      if (!shut_ && stop_.stop_requested()) shut();
      const int status = tap_.read();
      if (status == 1) break;
      if (status < 0) {
        trouble_.report(tap_.error());
        return false;
      }
      if (tap_.wait(shut_ ? kQuietMs : kBlockMs)) continue;
      if (shut_) return false;
      if (const std::string trouble = tap_.trouble(); !trouble.empty()) {
        trouble_.report(trouble);
        shut();
      }
    }
    order_ = arrival_.take(tap_.time_ns());
    return true;
  }

  void fill(Frame& frame) override {
    const Bytes packet = tap_.packet();
    const std::span<std::byte> record = frame.memory.first(kPcapRecordHeader + packet.size());
    write_pcap_record_header(record, arrival_.time_ns(order_), packet.size(), tap_.original_length());
    std::ranges::copy(packet, record.begin() + kPcapRecordHeader);
    frame.order = order_;
    frame.bytes = record;
    frame.packet = record.subspan(kPcapRecordHeader);
    frame.link_type = link_type_;
    frame.payload_bytes = static_cast<std::uint32_t>(packet.size());
  }

  FeedCounts counts() const override { return {.kernel_dropped = tap_.dropped()}; }

 private:
  // What the kernel holds is still read; while more came, there might be no end to that.
  void shut() {
    tap_.shut();
    shut_ = true;
  }

  Tap& tap_;
  ArrivalOrder arrival_;
  Trouble& trouble_;
  std::stop_token stop_;
  std::uint32_t link_type_;
  std::uint64_t order_ = 0;
  bool shut_ = false;
};

class LiveSource : public Source {
 public:
  // No packet is seen twice or by nobody: until all handles are in the group they are shut, and what came to one of
  // them before it was shut is thrown away.
  explicit LiveSource(const Options& options) : options_(options) {
    if (options.producers > ArrivalOrder::kMostFeeds) fail(options.input, "--producers can be at most 256");
    taps_.reserve(options.producers);
    for (std::uint32_t i = 0; i < options.producers; ++i) taps_.emplace_back(options);
    if (taps_.size() > 1) {
      int group = 0;
      for (Tap& tap : taps_) tap.join(group);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kQuietMs));
    for (Tap& tap : taps_) {
      while (tap.read() == 1) {
      }
    }
    header_ = pcap_file_header(taps_[0].link_type(), taps_[0].snap());
    start_ns_ = wall_clock_ns();
    for (Tap& tap : taps_) tap.open();
  }

  std::string describe() const override {
    const std::string handles =
        taps_.size() == 1 ? "1 handle" : std::to_string(taps_.size()) + " handles (fanout by flow)";
    const std::string filter = options_.filter.empty() ? "no filter" : "filter '" + options_.filter + "'";
    return options_.input + ": " + handles + ", snap " + std::to_string(taps_[0].snap()) + ", " + filter;
  }

  std::size_t frame_bytes() const override { return kPcapRecordHeader + taps_[0].snap(); }
  bool is_dense() const override { return false; }

  std::unique_ptr<Feed> feed(std::uint32_t producer, std::stop_token stop) override {
    return std::make_unique<LiveFeed>(taps_.at(producer), ArrivalOrder(start_ns_, producer), trouble_, std::move(stop));
  }

  Bytes header() const override { return header_; }
  std::string trouble() const override { return trouble_.first(); }

 private:
  Options options_;
  std::vector<Tap> taps_;
  std::int64_t start_ns_ = 0;
  std::array<std::byte, kPcapFileHeader> header_{};
  Trouble trouble_;
};

}  // namespace

std::unique_ptr<Source> open_live(const Options& options) { return std::make_unique<LiveSource>(options); }

}  // namespace packets
