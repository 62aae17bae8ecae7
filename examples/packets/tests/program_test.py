"""Runs whorl-packets on captures made here and looks at what comes out: python3 program_test.py WHORL_PACKETS."""

import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
GOOD, WRONG_FLAGS, BAD_FILE = 0, 1, 2

LITTLE, BIG = '<', '>'
MICROSECONDS, NANOSECONDS, MODIFIED = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34


def udp_packet(flow, size):
    """An Ethernet frame of one of many UDP flows."""
    ports = struct.pack('>HHHH', 1024 + flow, 53, 8 + size, 0)
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 28 + size, 0, 0, 64, 17, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    return bytes(12) + b'\x08\x00' + ip + ports + bytes([flow % 256]) * size


def some_packets(count=500):
    return [udp_packet(flow=i * 7919 % 97, size=i % 300) for i in range(count)]


def pcap(packets, order=LITTLE, magic=MICROSECONDS):
    extra = bytes(8) if magic == MODIFIED else b''
    file = struct.pack(order + 'IHHIIII', magic, 2, 4, 0, 0, 65535, 1)
    for i, packet in enumerate(packets):
        file += struct.pack(order + 'IIII', i, 0, len(packet), len(packet)) + extra + packet
    return file


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + 'I', len(body) + 12)
    return struct.pack(order + 'I', kind) + length + body + length


def pcapng(packets, order=LITTLE):
    """Enhanced, simple and old packet blocks in turn, other blocks between and behind them."""
    file = block(order, 0x0A0D0D0A, struct.pack(order + 'IHHq', 0x1A2B3C4D, 1, 0, -1))
    file += block(order, 1, struct.pack(order + 'HHI', 1, 0, 0))
    for i, packet in enumerate(packets):
        size = len(packet)
        if i % 3 == 0:
            file += block(order, 6, struct.pack(order + 'IIIII', 0, 0, i, size, size) + packet)
        elif i % 3 == 1:
            file += block(order, 3, struct.pack(order + 'I', size) + packet)
        else:
            file += block(order, 2, struct.pack(order + 'HHIIII', 0, 0, 0, i, size, size) + packet)
        if i % 10 == 0:
            file += block(order, 4, b'names between packets')
    return file + block(order, 5, b'statistics at the end...')


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def write(self, name, content):
        with open(self.path(name), 'wb') as file:
            file.write(content)
        return self.path(name)

    def run_program(self, *flags, status=GOOD):
        done = subprocess.run([PROGRAM, *flags], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def carry(self, capture, *flags, status=GOOD):
        """Returns the copy and the report."""
        self.write('in', capture)
        done = self.run_program('--in', self.path('in'), '--pcap-out', self.path('out'), '--json', self.path('json'),
                                *flags, status=status)
        self.messages = done.stderr
        return self.read('out'), json.loads(self.read('json'))

    def check_accounts(self, report, packets):
        """`packets` in all, each delivered once."""
        self.assertEqual(report['read'], packets)
        self.assertEqual(report['delivered'], packets)
        for nothing in ('dropped_full', 'dropped_old', 'dropped_pool', 'late', 'duplicate', 'gaps'):
            self.assertEqual(report[nothing], 0, nothing)
        for shard in report['per_shard']:
            self.assertEqual(shard['written'], shard['delivered'])
        self.assertEqual(sum(shard['delivered'] for shard in report['per_shard']), packets)

    def test_every_kind_of_capture_comes_out_as_it_went_in(self):
        packets = some_packets()
        captures = [pcap(packets, order, magic) for order in (LITTLE, BIG)
                    for magic in (MICROSECONDS, NANOSECONDS, MODIFIED)]
        captures += [pcapng(packets, order) for order in (LITTLE, BIG)]
        captures += [pcapng(packets, LITTLE) + pcapng(packets, BIG)]
        for capture in captures:
            copy, report = self.carry(capture)
            self.assertEqual(copy, capture)
            self.check_accounts(report, report['read'])
            self.assertIn(report['read'], (len(packets), 2 * len(packets)))

    def test_every_shape_of_ring_keeps_every_packet_and_the_order(self):
        capture = pcap(some_packets())
        for producers, shards, capacity in ((1, 1, 1), (4, 4, 4), (3, 2, 2), (2, 8, 8), (7, 4, 1 << 16)):
            copy, report = self.carry(capture, f'--producers={producers}', f'--shards={shards}',
                                      f'--capacity={capacity}', '--loop=3')
            self.assertEqual(copy, capture + 2 * capture[24:])
            self.check_accounts(report, 1500)
            self.assertEqual(len(report['per_shard']), shards)
            self.assertEqual((report['producers'], report['shards'], report['capacity'], report['loops']),
                             (producers, shards, capacity, 3))

    def test_many_flows_reach_every_shard(self):
        _, report = self.carry(pcap(some_packets()))
        self.assertTrue(all(shard['delivered'] > 0 for shard in report['per_shard']), report['per_shard'])

    def test_loops_of_pcapng_are_sections_of_their_own(self):
        capture = pcapng(some_packets(20))
        copy, report = self.carry(capture, '--loop=4')
        self.assertEqual(copy, 4 * capture)
        self.check_accounts(report, 80)

    def test_a_capture_without_packets_is_legal(self):
        for capture in (pcap([]), pcapng([])):
            copy, report = self.carry(capture, '--loop=5')
            self.assertEqual(copy, capture)
            self.check_accounts(report, 0)
            self.assertEqual(report['latency_ns'], {'p50': 0, 'p99': 0, 'p999': 0, 'max': 0})

    def test_a_cut_capture_is_carried_up_to_the_cut_and_is_an_error(self):
        packets = some_packets(10)
        for make in (pcap, pcapng):
            whole = make(packets)
            start = len(make(packets[:9])) if make is pcap else whole.rindex(block(LITTLE, 5, b'statistics at the end...'))
            copy, report = self.carry(whole[:start + 10], status=BAD_FILE)
            self.assertEqual(copy, whole[:start])
            self.check_accounts(report, 9 if make is pcap else 10)
            self.assertIn(f'offset {start}: expected', self.messages)

    def test_a_corrupt_length_is_an_error_at_its_record(self):
        packets = some_packets(10)
        start = len(pcap(packets[:5]))
        capture = bytearray(pcap(packets))
        capture[start + 8:start + 12] = struct.pack('<I', 0x7FFFFFFF)
        copy, report = self.carry(bytes(capture), status=BAD_FILE)
        self.assertEqual(copy, bytes(capture[:start]))
        self.check_accounts(report, 5)
        self.assertIn(f'offset {start}: expected', self.messages)

    def test_what_is_no_capture_is_an_error_that_says_what_is(self):
        for content in (b'', b'\xa1', b'this is a text, not a capture\n'):
            self.write('in', content)
            done = self.run_program('--in', self.path('in'), '--pcap-out', self.path('out'), status=BAD_FILE)
            self.assertIn('pcapng', done.stderr)
            self.assertFalse(os.path.exists(self.path('out')))

    def test_files_that_cannot_be_read_or_written_are_named(self):
        capture = self.write('in', pcap(some_packets()))
        for flags, named in ((('--in', self.path('none')), self.path('none')),
                             (('--in', self.folder.name), self.folder.name),
                             (('--in', capture, '--pcap-out', '/dev/full'), '/dev/full'),
                             (('--in', capture, '--json', '/dev/full'), '/dev/full'),
                             (('--in', capture, '--json', self.path('none/json')), self.path('none/json'))):
            self.assertIn(named, self.run_program(*flags, status=BAD_FILE).stderr)

    def test_the_input_is_never_overwritten(self):
        content = pcap(some_packets())
        capture = self.write('in', content)
        os.symlink(capture, self.path('link'))
        for flag in ('--pcap-out', '--json'):
            done = self.run_program('--in', capture, flag, self.path('link'), status=WRONG_FLAGS)
            self.assertIn(flag, done.stderr)
            self.assertEqual(self.read('in'), content)

    def test_wrong_flags_are_told_with_their_value_and_what_is_legal(self):
        for flags, parts in ((['--producers=0'], ("'producers'", "'0'", '1 to 256')),
                             (['--loop=many'], ("'loop'", "'many'", '1 to 1000000')),
                             (['--shards=3'], ("'shards'", "'3'", 'power of two')),
                             (['--capacity=1000'], ("'capacity'", "'1000'", 'power of two')),
                             (['--in=x', '--capacity=2', '--shards=4'], ('--capacity 2', 'use 4')),
                             (['--in=x', '--producer=3'], ('--producer', '--producers', '--pcap-out')),
                             (['--in=x', 'y'], ("'y'", '--in')),
                             ([], ('--in',))):
            message = self.run_program(*flags, status=WRONG_FLAGS).stderr
            for part in parts:
                self.assertIn(part, message)

    def test_help_names_every_flag_and_what_a_status_means(self):
        text = self.run_program('--help').stdout
        for part in ('--in', '--loop', '--producers', '--shards', '--capacity', '--pcap-out', '--json', 'Exit status'):
            self.assertIn(part, text)
        self.assertIn('whorl-packets', self.run_program('--version').stdout)


if __name__ == '__main__':
    unittest.main()
