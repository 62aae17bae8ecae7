"""Captures datagrams on the loopback interface: python3 live_test.py WHORL_PACKETS [--rate 50000] [--seconds 10].

Needs root, or sudo without a password; without either it is skipped (exit status 77).
"""

import argparse
import collections
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import send_udp

GOOD = 0
SKIPPED = 77
FLOWS = 64
WATCHDOG = 120  # seconds for what takes a moment
BEFORE_PAYLOAD = 14 + 20 + 8  # Ethernet, IPv4, UDP
SENDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'send_udp.py')

parser = argparse.ArgumentParser()
parser.add_argument('program')
parser.add_argument('--rate', type=int, default=5000, help='datagrams a second')
parser.add_argument('--seconds', type=int, default=2)


def sudo():
    """What has to stand before a command that needs root; None: there is no way."""
    if os.geteuid() == 0:
        return []
    try:
        done = subprocess.run(['sudo', '-n', 'true'], capture_output=True, timeout=WATCHDOG)
    except OSError:  # there is none
        return None
    return ['sudo', '-n'] if done.returncode == 0 else None


ARGUMENTS, others = parser.parse_known_args()
SUDO = sudo()


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def read_pcap(content):
    """(nanoseconds, packet) of every record."""
    magic, _, _, _, _, snap, link_type = struct.unpack_from('=IHHIIII', content)
    assert (magic, snap, link_type) == (0xA1B23C4D, 65535, 1), (hex(magic), snap, link_type)
    records = []
    offset = 24
    while offset < len(content):
        seconds, nanoseconds, captured, original = struct.unpack_from('=IIII', content, offset)
        offset += 16
        assert captured == original, (captured, original)
        assert offset + captured <= len(content), 'the last record is cut'
        records.append((seconds * 10**9 + nanoseconds, content[offset : offset + captured]))
        offset += captured
    return records


class LiveTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def start(self, port, *flags):
        """Returns when all handles are open."""
        # fmt: off
        command = [*SUDO, ARGUMENTS.program, '--live', 'lo', '--producers', '2', '--filter', f'udp and port {port}',
                   '--json', self.path('json'), '--pcap-out', self.path('pcap'), *flags]
        # fmt: on
        with open(self.path('out'), 'wb') as out, open(self.path('err'), 'wb') as err:
            program = subprocess.Popen(command, stdout=out, stderr=err)
        self.addCleanup(self.stop, program)
        end = time.monotonic() + WATCHDOG
        while b'capturing on lo' not in self.read('err'):
            self.assertIsNone(program.poll(), self.read('err'))
            self.assertLess(time.monotonic(), end, 'it never said that it is capturing')
            time.sleep(0.01)
        return program

    def stop(self, program):
        if not SUDO:
            program.send_signal(signal.SIGINT)
        elif program.poll() is None:
            subprocess.run([*SUDO, 'kill', '-INT', str(program.pid)], check=True)
        return program.wait(timeout=WATCHDOG)

    def report(self, program):
        """Stops it and returns its report and the packets of its copy, which must be right in any case."""
        self.assertEqual(self.stop(program), GOOD, self.read('out') + self.read('err'))
        report = json.loads(self.read('json'))
        self.assertTrue(report['balanced'], report['problems'])
        self.assertEqual(report['trouble'], '')
        records = read_pcap(self.read('pcap'))
        self.assertEqual(len(records), report['delivered'])
        times = [nanoseconds for nanoseconds, _ in records]
        self.assertEqual(times, sorted(times))
        payloads = [packet[BEFORE_PAYLOAD:] for _, packet in records]
        numbers = [struct.unpack_from('>Q', payload)[0] for payload in payloads]
        for number, payload in zip(numbers, payloads):
            self.assertEqual(payload, send_udp.make_datagram(number))
        self.assertEqual([n for n, times in collections.Counter(numbers).items() if times > 1], [], 'seen twice')
        return report, numbers

    def sender(self, port, count):
        command = [sys.executable, SENDER, str(port), str(count), str(ARGUMENTS.rate), str(FLOWS)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def test_every_datagram_is_accounted_for(self):
        port = free_port()
        sent = ARGUMENTS.rate * ARGUMENTS.seconds
        program = self.start(port)
        sender = self.sender(port, sent)
        said, _ = sender.communicate(timeout=10 * ARGUMENTS.seconds + WATCHDOG)
        self.assertEqual(sender.returncode, 0)
        time.sleep(0.2)  # a datagram may still be on its way through the kernel
        report, numbers = self.report(program)
        shards = [shard['delivered'] for shard in report['per_shard']]
        keys = ('read', 'kernel_dropped', 'delivered', 'late', 'dropped_full', 'dropped_old', 'dropped_pool')
        seconds = float(said.split()[-1])
        print(f'sent {sent} in {seconds:.2f} s;', *(f'{key} {report[key]}' for key in keys), f'shards {shards}')
        self.assertEqual(sent, report['read'] + report['kernel_dropped'])
        self.assertEqual(len(shards), 2)
        self.assertTrue(all(shards), shards)
        if report['delivered'] == sent:
            self.assertEqual(sorted(numbers), list(range(sent)))

    def test_what_has_come_before_a_stop_is_read(self):
        """The kernel hands packets over by blocks, and these do not fill one when the stop comes."""
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(('127.0.0.1', port))
            receiver.settimeout(WATCHDOG)
            program = self.start(port)
            for number, each in enumerate(send_udp.flow_sockets(port, FLOWS)):
                each.send(send_udp.make_datagram(number))
                receiver.recv(1000)  # what has gone as far as here has been captured
        report, numbers = self.report(program)
        self.assertEqual((report['read'], report['kernel_dropped']), (FLOWS, 0))
        self.assertEqual(sorted(numbers), list(range(FLOWS)))

    @unittest.skipIf(SUDO, 'sudo does not hand on the signals that this needs')
    def test_what_the_kernel_had_no_room_for_is_counted_once(self):
        """Each datagram passes the loopback interface twice, once each way."""
        port = free_port()
        sent = 20000  # far more than two buffers hold
        program = self.start(port, '--buffer', '1MiB')
        program.send_signal(signal.SIGSTOP)
        try:
            command = [sys.executable, SENDER, str(port), str(sent), '20000', str(FLOWS)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            time.sleep(0.2)  # as above
        finally:
            program.send_signal(signal.SIGCONT)
        report, _ = self.report(program)
        self.assertGreater(report['kernel_dropped'], 0)
        self.assertGreater(report['read'], 0)
        self.assertEqual(sent, report['read'] + report['kernel_dropped'])

    def test_a_stop_amid_the_traffic_loses_nothing_that_was_read(self):
        port = free_port()
        program = self.start(port)
        sender = self.sender(port, ARGUMENTS.rate * WATCHDOG)
        self.assertEqual(sender.stdout.readline(), 'sending\n')
        time.sleep(0.5)
        try:
            report, _ = self.report(program)
            self.assertIsNone(sender.poll(), 'it should still have been sending')
        finally:
            sender.kill()
            sender.communicate()
        self.assertTrue(report['stopped'])
        self.assertGreater(report['delivered'], 0)

    def test_what_is_wrong_is_said(self):
        for flags, expected in (
            (['--live', 'nosuchone'], 'there are '),
            (['--live', 'lo', '--filter', 'udp and'], "--filter 'udp and'"),
        ):
            done = subprocess.run([*SUDO, ARGUMENTS.program, *flags], capture_output=True, text=True, timeout=WATCHDOG)
            self.assertNotEqual(done.returncode, GOOD)
            self.assertIn(flags[1], done.stderr)
            self.assertIn(expected, done.stderr)


def skip(reason):
    print('skipped:', reason)
    sys.exit(SKIPPED)


if __name__ == '__main__':
    if SUDO is None:
        skip('to listen to an interface needs root, or sudo without a password')
    command = [*SUDO, ARGUMENTS.program, '--live', 'lo', '--filter', 'udp', '--duration', '1ms']
    probe = subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG)
    for reason in ('this build has no libpcap', 'needs CAP_NET_RAW', 'no such interface'):
        if probe.returncode != GOOD and reason in probe.stderr:
            skip(probe.stderr.strip())
    unittest.main(argv=sys.argv[:1] + others)
