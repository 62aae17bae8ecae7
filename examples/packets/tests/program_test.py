"""Runs whorl-packets on captures made here and looks at what comes out: python3 program_test.py WHORL_PACKETS."""

import contextlib
import glob
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
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

    def generate(self, *flags, status=GOOD):
        done = self.run_program('--generate', '--json', self.path('json'), *flags, status=status)
        self.messages = done.stderr
        return json.loads(self.read('json'))

    def test_a_generator_keeps_its_rate_and_its_accounts(self):
        report = self.generate('--producers=4', '--rate=10Mb', '--duration=1s')
        self.assertAlmostEqual(report['orders'], 4 * 10e6 / 8 / 1450, delta=4)  # each producer rounds for itself
        self.check_accounts(report, report['orders'])
        self.assertEqual((report['source'], report['capacity'], report['shards']), ('generator', 128, 4))
        self.assertLessEqual(report['payload_megabits_per_second'], 40.1)
        self.assertTrue(report['balanced'], report['problems'])

    def test_every_policy_of_a_full_ring_accounts_for_every_packet(self):
        for full, counted in (('block', None), ('drop-new', 'dropped_full'), ('drop-old', 'dropped_old')):
            for strategy in ('park', 'spin', 'next', 'hybrid'):
                patience = () if full == 'block' else ('--backoffs=1',)
                report = self.generate('--producers=3', '--rate=max', '--payload=64B', '--capacity=64', '--tick=5ms',
                                       '--duration=100ms', f'--full={full}', f'--strategy={strategy}', *patience)
                self.assertTrue(report['balanced'], report['problems'])
                if full == 'block':
                    self.check_accounts(report, report['orders'])
                elif strategy == 'park':
                    self.assertGreater(report[counted], 0)
                if full != 'drop-old':
                    self.assertEqual(report['dropped_old'], 0)

    def test_gaps_and_duplicates_of_a_seed_are_found(self):
        flags = ('--rate=20Mb', '--payload=100B', '--gaps=5%', '--duplicates=2%', '--duration=500ms', '--seed=42',
                 '--deadline=30s', '--window=100000')
        first, second = self.generate(*flags), self.generate(*flags)
        for report in (first, second):
            self.assertGreater(report['withheld'], 0)
            self.assertEqual(report['gaps'], report['withheld'])
            self.assertEqual(report['duplicate'], report['repeated'])
        self.assertEqual((first['withheld'], first['repeated']), (second['withheld'], second['repeated']))

    def wait_for_blocked_signals(self, program):
        """From then on a signal stops it in good order; before, it would just die. The thread that waits for signals
        does not show them as blocked, those that it has made do."""
        while True:
            for path in glob.glob(f'/proc/{program.pid}/task/*/status'):
                with contextlib.suppress(OSError), open(path) as status:
                    blocked = next(int(line.split()[1], 16) for line in status if line.startswith('SigBlk'))
                    if blocked & 1 << (signal.SIGINT - 1):
                        return
            self.assertIsNone(program.poll())
            time.sleep(0.01)

    def interrupted(self, *flags, by=signal.SIGINT, after=0.3):
        """Runs the program, interrupts it after a moment, and returns its report."""
        with subprocess.Popen([PROGRAM, '--json', self.path('json'), *flags], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as program:
            self.wait_for_blocked_signals(program)
            time.sleep(after)
            program.send_signal(by)
            program.send_signal(by)  # at once: no sign of impatience
            out, err = program.communicate(timeout=60)
        self.assertEqual(program.returncode, GOOD, out + err)
        return json.loads(self.read('json'))

    def test_an_interrupted_generator_ends_in_good_order(self):
        for which in (signal.SIGINT, signal.SIGTERM):
            report = self.interrupted('--generate', '--rate=10Mb', by=which)
            self.assertTrue(report['stopped'])
            self.check_accounts(report, report['orders'])

    def test_a_stop_does_not_wait_for_a_tick(self):
        report = self.interrupted('--generate', '--rate=max', '--capacity=64', '--tick=10s')
        self.assertTrue(report['stopped'])
        self.check_accounts(report, report['orders'])

    def test_a_second_signal_kills_who_waits_for_ever(self):
        # A pipe that nobody reads: the copy cannot be written, and the run cannot end.
        os.mkfifo(self.path('pipe'))
        reader = os.open(self.path('pipe'), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        with subprocess.Popen([PROGRAM, '--generate', '--rate=max', '--pcap-out', self.path('pipe')],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
            self.wait_for_blocked_signals(program)
            time.sleep(0.5)  # the pipe fills
            program.send_signal(signal.SIGINT)
            with self.assertRaises(subprocess.TimeoutExpired):
                program.wait(timeout=1)
            program.send_signal(signal.SIGINT)
            self.assertEqual(program.wait(timeout=60), -signal.SIGINT)

    def test_threads_that_cannot_be_had_are_an_error_and_no_hang(self):
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (500_000_000, 500_000_000))
        done = subprocess.run([PROGRAM, '--generate', '--producers=64', '--rate=1Mb', '--capacity=64', '--window=10',
                               '--duration=1s'], preexec_fn=limit, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, BAD_FILE, done.stdout + done.stderr)
        self.assertIn('whorl-packets:', done.stderr)

    def check_graph(self, report):
        """Every stage has seen everything that was written, shard by shard."""
        self.assertTrue(report['balanced'], report['problems'])
        stages = report['graph']['stages']
        self.assertEqual([stage['name'] for stage in stages], ['parse', 'count', 'flow table', 'report'])
        for stage in stages:
            self.assertEqual(stage['per_shard'], [shard['written'] for shard in report['per_shard']])
            self.assertEqual(stage['packets'], report['delivered'] + report['duplicate'])
            self.assertEqual((stage['out_of_turn'], stage['ahead']), (0, 0))
            self.assertLessEqual(stage['batch']['max'], stage['lag']['max'])
            self.assertLessEqual(stage['lag']['max'], report['capacity'])
        self.assertTrue(all(len(sample['lag']) == 4 for sample in report['samples']))

    def test_every_stage_of_a_graph_sees_every_packet_of_a_capture(self):
        for capture in (pcap(some_packets()), pcapng(some_packets())):
            self.write('in', capture)
            self.run_program('--in', self.path('in'), '--json', self.path('one'))
            one = json.loads(self.read('one'))
            for producers, shards, capacity in ((1, 1, 1), (4, 4, 4), (3, 8, 8), (7, 8, 1 << 16)):
                self.run_program('--graph', '--in', self.path('in'), '--json', self.path('json'), '--loop=3',
                                 f'--producers={producers}', f'--shards={shards}', f'--capacity={capacity}')
                report = json.loads(self.read('json'))
                self.check_accounts(report, 1500)
                self.check_graph(report)
                self.assertEqual({name: 3 * traffic['packets'] for name, traffic in one['protocols'].items()},
                                 {name: traffic['packets'] for name, traffic in report['protocols'].items()})
                self.assertEqual(report['flows'], one['flows'])

    def test_a_graph_of_a_generator_finds_its_gaps_and_duplicates(self):
        report = self.generate('--graph', '--rate=max', '--gaps=5%', '--duplicates=2%', '--duration=200ms')
        self.check_graph(report)
        self.assertGreater(report['withheld'], 0)
        self.assertEqual((report['gaps'], report['duplicate']), (report['withheld'], report['repeated']))
        report = self.generate('--graph', '--rate=max', '--full=drop-new', '--capacity=16', '--backoff=1us',
                               '--backoffs=1', '--duration=100ms')
        self.check_graph(report)
        self.assertGreater(report['dropped_full'], 0)

    def test_an_interrupted_graph_ends_in_good_order(self):
        self.write('in', pcap(some_packets()))
        for flags in (('--generate', '--rate=10Mb'), ('--generate', '--rate=max', '--capacity=16'),
                      ('--in', self.path('in'), '--loop=1000000')):
            for which in (signal.SIGINT, signal.SIGTERM):
                report = self.interrupted('--graph', *flags, by=which)
                self.assertTrue(report['stopped'])
                self.check_accounts(report, report['orders'])
                self.check_graph(report)
        self.run_program('--graph', '--in', self.path('in'), '--json', self.path('json'), '--loop=1000000',
                         '--duration=200ms')
        report = json.loads(self.read('json'))
        self.assertTrue(report['stopped'])
        self.check_graph(report)

    def test_a_graph_of_a_cut_capture_ends_with_an_error(self):
        self.write('in', pcap(some_packets(10))[:-5])
        self.run_program('--graph', '--in', self.path('in'), '--json', self.path('json'), status=BAD_FILE)
        report = json.loads(self.read('json'))
        self.check_accounts(report, 9)
        self.check_graph(report)

    def test_the_page_of_a_graph_has_its_stages(self):
        self.write('in', pcap(some_packets()))
        self.run_program('--graph', '--in', self.path('in'), '--report', self.path('page.html'), '--quiet')
        page = self.read('page.html').decode()
        for part in ('The graph', 'parse', 'flow table', 'Skew', 'Behind the producers'):
            self.assertIn(part, page)

    def test_an_output_that_fails_leaves_the_others(self):
        for broken, whole in (('--pcap-out', '--json'), ('--json', '--report'), ('--report', '--json')):
            flags = ('--generate', '--duration=50ms', broken, '/dev/full', whole, self.path('whole'))
            self.assertIn('/dev/full', self.run_program(*flags, status=BAD_FILE).stderr)
            self.assertGreater(len(self.read('whole')), 1000)
            os.remove(self.path('whole'))

    def test_an_interrupted_replay_has_written_the_beginning_of_its_output(self):
        packets = some_packets()
        capture = pcap(packets)
        self.write('in', capture)
        for producers, pace in ((4, 'max'), (4, '2kpps'), (1, 'max'), (1, '1kpps')):
            report = self.interrupted('--in', self.path('in'), '--pcap-out', self.path('out'), '--loop=1000000',
                                      f'--producers={producers}', f'--speed={pace}')
            self.assertTrue(report['stopped'])
            self.check_accounts(report, report['orders'])
            copy = self.read('out')
            loops, rest = divmod(report['delivered'], len(packets))
            self.assertEqual(len(copy), len(capture) + (loops - 1) * (len(capture) - 24) + len(pcap(packets[:rest])) - 24)
            self.assertEqual(copy[:len(capture)], capture[:len(copy)])
            self.assertTrue(copy.endswith(pcap(packets[:rest])[24:]))

    def test_the_duration_ends_a_replay(self):
        self.write('in', pcap(some_packets()))
        self.run_program('--in', self.path('in'), '--json', self.path('json'), '--loop=1000000', '--duration=300ms')
        report = json.loads(self.read('json'))
        self.assertTrue(report['stopped'])
        self.check_accounts(report, report['orders'])
        self.assertGreater(report['seconds'], 0.1)  # making ready counts, too

    def test_a_replay_keeps_to_the_times_of_its_capture_or_to_a_rate(self):
        capture = pcap(some_packets(5))  # a second apart
        for speed, least in (('20x', 0.2), ('10pps', 0.4)):
            copy, report = self.carry(capture, f'--speed={speed}')
            self.assertEqual(copy, capture)
            self.assertGreaterEqual(report['seconds'], least)

    def test_drops_of_a_replay_leave_gaps_and_no_disorder(self):
        packets = some_packets(300)
        copy, report = self.carry(pcap(packets), '--full=drop-new', '--capacity=4', '--tick=1ms', '--loop=3', '--window=50',
                                  '--deadline=100ms')
        self.assertTrue(report['balanced'], report['problems'])
        self.assertEqual(report['read'], 900)
        self.assertEqual(report['gaps'], 900 - report['delivered'])
        at, following = 24, 0
        while at < len(copy):
            place, _, length, _ = struct.unpack_from('<IIII', copy, at)  # its second is its place in a loop
            following += (place - following) % 300 + 1  # the least order that it can have
            at += 16 + length
        self.assertEqual(at, len(copy))
        self.assertLessEqual(following, 900)

    def test_a_replay_goes_on_however_much_is_lost(self):
        self.write('in', pcap(some_packets(300)))
        for flags in (('--capacity=4', '--window=1', '--tick=1ms', '--deadline=1ms'), ('--capacity=64', '--tick=10ms'),
                      ('--capacity=4', '--deadline=never', '--window=10')):
            for full in ('drop-new', 'drop-old'):
                self.run_program('--in', self.path('in'), '--json', self.path('json'), '--loop=200', '--backoffs=1',
                                 '--backoff=1us', f'--full={full}', *flags)
                report = json.loads(self.read('json'))
                self.assertEqual(report['read'], 60000)
                self.assertTrue(report['balanced'], report['problems'])

    def test_the_page_needs_nothing_else(self):
        self.write('in', pcap(some_packets()))
        self.run_program('--in', self.path('in'), '--report', self.path('page.html'), '--quiet')
        page = self.read('page.html').decode()
        for part in ('<svg', '500', 'dropped_full'):
            self.assertIn(part, page)
        for foreign in ('<script src', '<link', '@import', 'url('):
            self.assertNotIn(foreign, page)

    def test_wrong_flags_are_told_with_their_value_and_what_is_legal(self):
        for flags, parts in ((['--in=x', '--producers=0'], ('--producers 0', 'use 1', '1 to 256')),
                             (['--in=x', '--loop=many'], ('--loop many', '1 to 1000000')),
                             (['--in=x', '--shards=3'], ('--shards 3', 'power of two', 'use 2 or 4')),
                             (['--in=x', '--capacity', '1000'], ('--capacity 1000', 'use 512 or 1024')),
                             (['--in=x', '--capacity=2', '--shards=4'], ('--capacity 2', 'use 4')),
                             (['--in=x', '--producer=3'], ('--producer', '--producers')),
                             (['--in=x', '--json'], ('--json', 'needs a value')),
                             (['--in=x', '--rate=5Mb'], ('--rate', 'belongs to --generate', '--in')),
                             (['--in=x', '--backoffs=5'], ('--backoffs 5', '--full block', 'drop-new')),
                             (['--in=x', '--graph', '--pcap-out=y'], ('--pcap-out y', '--graph', 'no order')),
                             (['--in=x', '--graph', '--shards=2'], ('--shards 2', '--producers 4', 'use 4')),
                             (['--in=x', '--live=lo'], ('--in and --live', 'one source')),
                             (['--live=lo', '--speed=2x'], ('--speed', 'belongs to --in', '--live')),
                             (['--live=lo', '--snap=1'], ('--snap 1', 'use 16B')),
                             (['--generate', '--rate=50'], ('--rate 50', 'such as 50Mb')),
                             (['--generate', '--gaps=60%'], ('--gaps 60%', 'use 50%')),
                             (['--generate', '--strategy=spinn'], ('--strategy spinn', 'mean spin?', 'hybrid')),
                             (['--in=x', 'y'], ("'y'", '--in')),
                             ([], ('--in', '--live', '--generate'))):
            done = self.run_program(*flags, status=WRONG_FLAGS)
            for part in parts:
                self.assertIn(part, done.stderr)
            self.assertEqual(done.stdout, '')
            self.assertEqual(len(done.stderr.splitlines()), 2, done.stderr)

    def test_quiet_leaves_the_errors(self):
        self.assertIn('--loop 0', self.run_program('--in=x', '--quiet', '--loop=0', status=WRONG_FLAGS).stderr)

    def test_outputs_do_not_overwrite_each_other(self):
        content = self.write('out', b'not to be emptied')
        self.write('in', pcap(some_packets()))
        for one, other in (('--pcap-out', '--json'), ('--json', '--report'), ('--pcap-out', '--report')):
            done = self.run_program('--in', self.path('in'), one, content, other, content, status=WRONG_FLAGS)
            self.assertIn(f'is the file of {one}', done.stderr)
            self.assertEqual(self.read('out'), b'not to be emptied')

    def test_help_names_every_flag_and_what_a_status_means(self):
        done = self.run_program('--help')
        self.assertEqual(done.stderr, '')
        for flag in ('in', 'live', 'generate', 'loop', 'speed', 'filter', 'snap', 'buffer', 'rate', 'payload', 'seed',
                     'gaps', 'duplicates', 'multiplier', 'producers', 'shards', 'capacity', 'full', 'strategy',
                     'backoff', 'retries', 'backoffs', 'graph', 'tick', 'window', 'deadline', 'duration', 'stats-interval',
                     'quiet', 'pcap-out', 'json', 'report', 'help', 'version'):
            self.assertRegex(done.stdout, rf'(?m)^  --{flag}( |$)')
        for part in ('With --in:', 'With --live:', 'With --generate:', 'Exit status', 'default 50Mb', '16B to 65kB'):
            self.assertIn(part, done.stdout)
        self.assertLessEqual(max(len(line) for line in done.stdout.splitlines()), 120)
        self.assertIn('whorl-packets', self.run_program('--version').stdout)


if __name__ == '__main__':
    unittest.main()
