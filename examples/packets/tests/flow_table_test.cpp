#include "../flow_table.hpp"

#include <doctest/doctest.h>

#include "bytes_writer.hpp"

namespace {

using namespace packets;
using Memory = std::vector<std::byte>;

constexpr std::uint32_t kEthernet = 1;

Memory ethernet(unsigned type, const Memory& payload) {
  return BytesWriter().all({2, 0, 0, 0, 0, 0xb}).all({2, 0, 0, 0, 0, 0xa}).u16(type).append(payload).bytes();
}

// From 10.0.0.`from` to 10.0.0.`to`, 40 bytes.
Memory ipv4(unsigned protocol, unsigned from, unsigned to, unsigned from_port = 0, unsigned to_port = 0) {
  return BytesWriter()
      .u8(0x45)
      .fill(8, 0)
      .u8(protocol)
      .u16(0)
      .all({10, 0, 0, from, 10, 0, 0, to})
      .u16(from_port)
      .u16(to_port)
      .fill(16, 0)
      .bytes();
}

// From 2001:db8::`from` to 2001:db8::`to`, 60 bytes.
Memory ipv6(unsigned next_header, unsigned from, unsigned to, unsigned from_port = 0, unsigned to_port = 0) {
  BytesWriter packet;
  packet.u8(0x60).fill(5, 0).u8(next_header).u8(64);
  for (const unsigned end : {from, to}) packet.u32(0x20010db8).fill(11, 0).u8(end);
  return packet.u16(from_port).u16(to_port).fill(16, 0).bytes();
}

Memory udp(unsigned from, unsigned to, unsigned from_port, unsigned to_port) {
  return ethernet(0x0800, ipv4(17, from, to, from_port, to_port));
}

// How the one flow of this packet is called: protocol, a, b.
std::string name_of(const Memory& packet, std::uint32_t link_type = kEthernet) {
  FlowTable table;
  table.add(packet, link_type);
  const std::vector<FlowCount> flows = table.top(2);
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].traffic.packets == 1);
  CHECK(flows[0].traffic.bytes == packet.size());
  return flows[0].protocol + " | " + flows[0].a + " | " + flows[0].b;
}

}  // namespace

TEST_CASE("FlowTable: both directions are one flow, with the packets and bytes of both") {
  FlowTable table;
  table.add(udp(1, 2, 5000, 53), kEthernet);
  table.add(udp(2, 1, 53, 5000), kEthernet);
  table.add(ethernet(0x86dd, ipv6(6, 1, 2, 443, 7)), kEthernet);
  table.add(ethernet(0x86dd, ipv6(6, 2, 1, 7, 443)), kEthernet);
  CHECK(table.flows() == 2);
  for (const FlowCount& flow : table.top(9)) CHECK(flow.traffic.packets == 2);
  CHECK(table.top(9)[0].traffic.bytes == 2 * 74);
  CHECK(table.top(9)[1].traffic.bytes == 2 * 54);
}

TEST_CASE("FlowTable: another address, port or protocol is another flow") {
  FlowTable table;
  table.add(udp(1, 2, 5000, 53), kEthernet);
  table.add(udp(1, 3, 5000, 53), kEthernet);
  table.add(udp(1, 2, 5001, 53), kEthernet);
  table.add(udp(1, 2, 53, 5000), kEthernet);  // the ports have changed hands, the addresses have not
  table.add(ethernet(0x0800, ipv4(6, 1, 2, 5000, 53)), kEthernet);
  CHECK(table.flows() == 5);
}

TEST_CASE("FlowTable: flows are called what people call them") {
  CHECK(name_of(udp(1, 2, 5000, 53)) == "UDP | 10.0.0.1:5000 | 10.0.0.2:53");
  CHECK(name_of(udp(2, 1, 53, 5000)) == "UDP | 10.0.0.1:5000 | 10.0.0.2:53");
  CHECK(name_of(ethernet(0x86dd, ipv6(6, 1, 2, 443, 7))) == "TCP | [2001:db8::1]:443 | [2001:db8::2]:7");
  CHECK(name_of(ethernet(0x0800, ipv4(132, 1, 2, 9, 8))) == "SCTP | 10.0.0.1:9 | 10.0.0.2:8");
  CHECK(name_of(ethernet(0x0800, ipv4(1, 1, 2))) == "ICMP | 10.0.0.1 | 10.0.0.2");
  CHECK(name_of(ethernet(0x86dd, ipv6(58, 1, 2))) == "ICMPv6 | 2001:db8::1 | 2001:db8::2");
  CHECK(name_of(ethernet(0x0800, ipv4(47, 1, 2))) == "IPv4 protocol 47 | 10.0.0.1 | 10.0.0.2");
  CHECK(name_of(ethernet(0x86dd, ipv6(1, 1, 2))) == "IPv6 protocol 1 | 2001:db8::1 | 2001:db8::2");
  CHECK(name_of(ethernet(0x0806, Memory(28))) == "ARP | 02:00:00:00:00:0a | 02:00:00:00:00:0b");
  CHECK(name_of(ethernet(0x88cc, Memory(28))) == "type 0x88cc | 02:00:00:00:00:0a | 02:00:00:00:00:0b");
}

TEST_CASE("FlowTable: what is cut or not understood has a name, too") {
  CHECK(name_of(ethernet(0x0800, Memory(19))) == "IPv4, cut short | 02:00:00:00:00:0a | 02:00:00:00:00:0b");
  CHECK(name_of(ethernet(0x86dd, Memory(39))) == "IPv6, cut short | 02:00:00:00:00:0a | 02:00:00:00:00:0b");
  CHECK(name_of(ethernet(38, Memory(38))) == "LLC | 02:00:00:00:00:0a | 02:00:00:00:00:0b");
  CHECK(name_of(Memory(13)) == "unknown |  | ");
  CHECK(name_of(Memory(60), 147) == "unknown |  | ");
  // A cooked header knows the sender alone.
  const Memory cooked = BytesWriter().fill(6, 0).all({2, 0, 0, 0, 0, 0xa, 0, 0}).u16(0x0806).fill(28, 0).bytes();
  CHECK(name_of(cooked, 113) == "ARP |  | 02:00:00:00:00:0a:00:00");
}

TEST_CASE("FlowTable: fragments of a datagram are one flow without ports") {
  const Memory fragment = BytesWriter().u8(17).fill(7, 0).bytes();
  Memory six = ipv6(44, 1, 2);
  six.insert(six.begin() + 40, fragment.begin(), fragment.end());
  CHECK(name_of(ethernet(0x86dd, six)) == "IPv6 fragments | 2001:db8::1 | 2001:db8::2");
  Memory four = ipv4(17, 1, 2, 7, 8);
  four[6] = std::byte{0x20};
  CHECK(name_of(ethernet(0x0800, four)) == "UDP | 10.0.0.1 | 10.0.0.2");
}

TEST_CASE("FlowTable: the flows with the most bytes come first, and equal ones by name") {
  FlowTable table;
  for (const unsigned port : {9u, 3u, 7u, 5u}) table.add(udp(1, 2, port, 53), kEthernet);
  for (int i = 0; i < 2; ++i) table.add(udp(3, 4, 1, 53), kEthernet);
  CHECK(table.top(0).empty());
  const std::vector<FlowCount> top = table.top(3);
  REQUIRE(top.size() == 3);
  CHECK(top[0].a == "10.0.0.3:1");
  CHECK(top[1].a == "10.0.0.1:3");
  CHECK(top[2].a == "10.0.0.1:5");
  CHECK(table.top(100).size() == 5);
  CHECK(table.top(100)[4].a == "10.0.0.1:9");
  CHECK(FlowTable().top(3).empty());
}

TEST_CASE("FlowTable: protocols are counted, those that occurred") {
  FlowTable table;
  CHECK(table.protocols().empty());
  table.add(udp(1, 2, 5000, 53), kEthernet);
  table.add(udp(1, 9, 5000, 53), kEthernet);
  table.add(ethernet(0x86dd, ipv6(17, 1, 2)), kEthernet);
  table.add(ethernet(0x0800, ipv4(58, 1, 2)), kEthernet);
  table.add(ethernet(0x0800, Memory(3)), kEthernet);
  table.add(ethernet(0x86dd, ipv6(1, 1, 2)), kEthernet);
  table.add(ethernet(0x88cc, Memory(28)), kEthernet);
  const auto protocols = table.protocols();
  REQUIRE(protocols.size() == 4);
  CHECK(protocols.at("UDP").packets == 3);
  CHECK(protocols.at("UDP").bytes == 2 * 54 + 74);
  CHECK(protocols.at("other IPv4").packets == 2);
  CHECK(protocols.at("other IPv6").packets == 1);
  CHECK(protocols.at("other").bytes == 42);
}

TEST_CASE("FlowTable: beyond the most flows packets count together, and those of known flows as before") {
  FlowTable table(4);
  for (unsigned port = 1; port <= 6; ++port) table.add(udp(1, 2, port, 53), kEthernet);
  for (unsigned port = 1; port <= 6; ++port) table.add(udp(2, 1, 53, port), kEthernet);
  CHECK(table.flows() == 4);
  CHECK(table.others().packets == 4);
  CHECK(table.others().bytes == 4 * 54);
  for (const FlowCount& flow : table.top(4)) CHECK(flow.traffic.packets == 2);
  CHECK(table.protocols().at("UDP").packets == 12);
}

TEST_CASE("FlowTable: by default 65,536 flows are told apart") {
  FlowTable table;
  for (unsigned port = 0; port < 65536; ++port) table.add(udp(1, 2, port, 53), kEthernet);
  CHECK(table.flows() == 65536);
  CHECK(table.others().packets == 0);
  table.add(udp(1, 3, 1, 53), kEthernet);
  CHECK(table.flows() == 65536);
  CHECK(table.others().packets == 1);
}
