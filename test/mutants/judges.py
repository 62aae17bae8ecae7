"""What a mutant has to get past: model programs, unit tests, and both kinds of real threads under a sanitizer."""
import copy
import hashlib
import resource
import subprocess
import threading

# A program that has not come to an end by then never will; it takes a hundredth of that. CPU seconds, which a busy machine
# does not shorten, and for one that sleeps for ever seconds.
CPU_SECONDS = {"model": 200, "unit": 5, "asan": 60, "tsan": 200}
SECONDS = {"model": 600, "unit": 40, "asan": 240, "tsan": 600}

UNCHANGED = "unchanged"  # the folder of what is built with the headers as they are

SANITIZED = ["-O1", "-g1", "-fno-sanitize-recover=all"]
FLAGS = {
    "model": ["-O1", "-DWHORL_CHECKED=0", '-DWHORL_SYNC_HEADER="model_sync.hpp"'],
    "unit": ["-O0", "-D_GLIBCXX_ASSERTIONS"],  # an optimiser would take more time than it saves
    "asan": ["-fsanitize=address,undefined", *SANITIZED],
    "tsan": ["-fsanitize=thread", *SANITIZED],
}
ENVIRONMENT = {"WHORL_SEED": "1", "TSAN_OPTIONS": "halt_on_error=1", "PATH": "/usr/bin:/bin"}

# What is soon explored of the largest program, then all of it.
SEQUENCER = ["sequencer: single, ", "sequencer: multi, ", "sequencer"]
# Which models are likely to notice a change of which header: they come first, so that a mutant dies early. Either a program
# or, after a colon, those of its models whose name contains this: a few of each program take most of its time. All others
# have their turn when these have not noticed.
LIKELY_MODELS = {
    "batch_event_processor": ["ring_buffer: a processor", "ring_buffer"],
    "biased_claim": ["biased_shard: one try each, read afterwards", "close: biased, closed by the consumer"],
    "bus_publisher": ["bus"],
    "claim": [
        "close: closed is news",
        "close: exclusive, inline, closed by a third thread",
        "close: exclusive, inline, the lease goes",
        "shared_shard: 2 producers x 2, one try each",
    ],
    "cursor": ["exclusive_shard: dense: capacity 1, 1 producer"],
    "disruptor": ["disruptor: closed, and joined", "disruptor"],
    "doorbell": [
        "doorbell",
        "waiting_ring: a range",
        "waiting_ring: closed while",
        "waiting_ring: read-modify-writes",
        "waiting_ring: shared, without membarrier: capacity 1 x 1, 1 x 1",
    ],
    "entrance": ["entrance"],
    "event_bus": ["bus"],
    "event_cells": ["ring_buffer: a processor", "ring_buffer: given up, capacity 4", "ring_buffer"],
    "event_count": ["event_count"],
    "event_poller": ["ring_buffer: a processor", "ring_buffer: given up, capacity 4", "ring_buffer"],
    "event_reader": ["ring_buffer: a processor", "ring_buffer: given up, capacity 4", "ring_buffer"],
    "gate": ["waiting_ring: exclusive: capacity 1 x 1, 1 x 2, producers sleep"],
    "disruptor_life": ["disruptor: closed, and joined", "disruptor"],
    "graph": ["disruptor: closed, and joined", "disruptor"],
    "graph_ring": ["disruptor: closed, and joined", "disruptor"],
    "group_gate": [
        "group_gate: ending",
        "group_gate: one leaves",
        "group_gate: one hands over",
        "sequencer: single, ",
        "group_gate",
    ],
    "hand_off": ["ring_buffer: a processor", "ring_buffer: given up, capacity 4", "ring_buffer"],
    "lap_flags": ["ring_buffer: given up, capacity 4", *SEQUENCER],
    "next": SEQUENCER,
    "node": ["disruptor: closed, and joined", "disruptor"],
    "processor_loop": ["ring_buffer: a processor", "ring_buffer"],
    "ring_shard": ["waiting_ring: a range", "waiting_ring: closed while"],
    "running": ["disruptor: closed, and joined", "disruptor"],
    "sequence": ["shared_shard: capacity 1, 2 producers x 1", *SEQUENCER],
    "sequence_barrier": SEQUENCER,
    "sequencer": SEQUENCER,
    "sequencer_view": SEQUENCER,
    "sequences": SEQUENCER,
    "sharded_barrier": ["sharded_sequencer: closed while", "sharded_sequencer"],
    "sharded_entrance": ["disruptor: closed, and joined", "disruptor"],
    "sharded_graph": ["disruptor: closed, and joined", "disruptor"],
    "sharded_lease": ["sharded_sequencer"],
    "sharded_sequence": ["sharded_sequencer"],
    "sharded_sequencer": ["sharded_sequencer: one upstream", "sharded_sequencer: closed while", "sharded_sequencer"],
    "sharded_place": ["ticket_merge: a chain", "ticket_merge"],
    "sharded_reader": ["sharded_graph"],
    "sharded_runs": ["sharded_graph"],
    "sharded_stripe": ["sharded_graph", "sharded_sequencer"],
    "ordered_event_processor": ["ticket_merge: one has ended", "ticket_merge"],
    "ticket_batch": ["ticket_merge: by id: two consumers", "ticket_merge"],
    "ticket_merge": ["ticket_merge: halted", "ticket_merge: by id: two consumers", "ticket_merge"],
    "sharded_ring": ["close: closed is news", "waiting_ring: closed while"],
    "small_lock": ["sequencer: barriers come and go", "disruptor"],
    "stored_event": ["bus"],
    "stamped_cells": [
        "claimed_range: exclusive, inline",
        "claimed_range: shared: capacity 2, 1 x 2",
        "throwing_elements: one try each",
    ],
}
# The same of unit tests, besides those that are named after the header.
LIKELY_UNITS = {
    "bus_publisher": ["event_bus_test"],
    "bus_types": ["event_bus_test"],
    "event_bus": ["bus_publisher_test", "topic_handler_test"],
    "stored_event": ["bus_publisher_test", "lossy_subscriber_test"],
    "topics": ["stored_event_test"],
    "claimed_events": ["producer_test"],
    "entrance": ["producer_test", "disruptor_test"],
    "event_cells": ["ring_buffer_test"],
    "event_reader": ["event_poller_test", "batch_event_processor_test"],
    "disruptor_life": ["disruptor_test", "sharded_graph_test"],
    "graph": ["disruptor_test", "sharded_graph_test"],
    "graph_ring": ["disruptor_test"],
    "next": ["sequencer_test"],
    "node": ["disruptor_test"],
    "node_handler": ["disruptor_test", "sharded_disruptor_test"],
    "node_poller": ["disruptor_test"],
    "processor_loop": ["batch_event_processor_test", "sharded_event_processor_test", "ticket_merge_test"],
    "publish_result": ["producer_test"],
    "running": ["disruptor_test", "sharded_graph_test"],
    "sequencer_view": ["sequencer_test"],
    "sequences": ["sequencer_test", "disruptor_test"],
    "by_id": ["writer_test"],
    "array": ["ring_shard_elements_test"],
    "cells": ["stamped_cells_test", "ring_shard_elements_test"],
    "gate": ["waits_steps_test", "sharded_ring_waits_test"],
    "hand_off": ["ring_shard_edges_test", "ring_shard_exceptions_test"],
    "reader": ["ring_shard_edges_test"],
    "lease": ["by_id_test", "sharded_ring_test"],
    "sweep": ["sharded_ring_fairness_test"],
    "options": ["sharded_ring_refusals_test", "ring_shard_edges_test"],
    "doorbell": ["sharded_ring_waits_test"],
    "ring_shard": ["claimed_range_test", "sharded_ring_test", "waits_steps_test"],
    "sharded_ring": ["waits_steps_test"],
    "rewind": ["batch_event_processor_test", "sharded_disruptor_test"],
    "lossy_consumer": ["lossy_consumer_test", "lossy_subscriber_test"],
    "sharded_barrier": ["sharded_barrier_test"],
    "sharded_entrance": ["sharded_disruptor_test", "sharded_graph_test"],
    "sharded_event_poller": ["sharded_event_poller_test"],
    "sharded_event_processor": ["sharded_event_processor_test"],
    "sharded_graph": ["sharded_graph_test", "sharded_disruptor_test"],
    "sharded_lease": ["sharded_sequencer_test"],
    "sharded_place": ["ticket_merge_test", "ordered_event_processor_test"],
    "sharded_reader": ["sharded_event_processor_test", "sharded_event_poller_test"],
    "sharded_runs": ["sharded_event_processor_test", "ordered_event_processor_test"],
    "ticket_batch": ["ordered_event_processor_test"],
    "ticket_merge": ["ordered_event_processor_test"],
    "sharded_sequence": ["sharded_barrier_test", "sharded_event_processor_test"],
    "sharded_sequencer": ["sharded_sequencer_test"],
    "sharded_stripe": ["sharded_event_processor_test"],
    "sharded_workers": ["sharded_graph_test"],
}
# On real threads a lost wake-up takes all the time that there is; the explorer sees at once that nobody can go on.
SLEEPS = {"doorbell", "event_count", "gate", "group_gate", "sequence", "sequencer"}
FLOORS = ["wait", "handoff", "ring", "disruptor", "bus"]
NEAR = {"unit": 1, "model": 0, "asan": 1, "tsan": -1}  # see in_turn()


class DoesNotCompile(Exception):
    pass


class Judge:
    """One program that passes with the headers as they are."""

    def __init__(self, options, kind, name, source, flags=(), inputs=()):
        self.options, self.kind, self.name, self.source = options, kind, name, source
        self.flags, self.inputs = list(flags), list(inputs)
        self.arguments = ["--quick", "--stop"] if kind == "model" else []
        self.is_excerpt, self.excerpts = False, {}
        self.lock = threading.Lock()
        self.passes_as_it_is = None

    def excerpt(self, words):
        """Of the same program only those models whose name contains this."""
        if words in self.excerpts:
            return self.excerpts[words]
        part = copy.copy(self)
        part.name, part.arguments, part.is_excerpt = f"{self.name}: {words}", [*self.arguments, "--filter", words], True
        part.passes_as_it_is = None  # the whole may pass though there is no such model
        return self.excerpts.setdefault(words, part)

    def __str__(self):
        return f"{self.kind} {self.name}"

    def key(self):
        """Says what was passed: the name, and the text of the program."""
        return f"{self} {hashlib.sha256(self.source.read_bytes()).hexdigest()[:12]}"

    def passes(self, include, folder):
        """Whether the program, built with the headers in `include`, passes; how it ended is said when not."""
        program = folder / f"{self.kind}-{self.source.stem}"
        log = program.with_suffix(".log")
        if not program.exists():
            self.build(include, program, log)
        status = self.run(program, log)
        if not self.is_excerpt:  # else the whole may have its turn as well
            program.unlink()
        return status == 0

    def build(self, include, program, log):
        inputs = [path() if callable(path) else path for path in self.inputs]
        command = [*self.options.compiler, *FLAGS[self.kind], *self.flags, "-w", f"-I{include}", f"-I{self.source.parent}",
                   str(self.source), *map(str, inputs), "-pthread", "-o", str(program)]
        with open(log, "wb") as out:
            if subprocess.run(command, stdout=out, stderr=out).returncode != 0:
                raise DoesNotCompile(f"{self.name} does not compile:\n{log.read_text(errors='replace')[:2000]}")

    def run(self, program, log):
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS[self.kind],) * 2)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if self.kind in ("unit", "model"):
                resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

        with open(log, "ab") as out:
            try:
                return subprocess.run([str(program), *self.arguments], stdout=out, stderr=out, env=ENVIRONMENT,
                                      timeout=SECONDS[self.kind], preexec_fn=limit).returncode
            except subprocess.TimeoutExpired:
                return -1

    def must_pass(self):
        """Killing counts for something only if the headers as they are pass: looked at once, when it has killed."""
        with self.lock:
            if self.passes_as_it_is is None:
                folder = self.options.work / UNCHANGED
                folder.mkdir(parents=True, exist_ok=True)
                self.passes_as_it_is = self.passes(self.options.include, folder)
            if not self.passes_as_it_is:
                raise RuntimeError(f"{self} fails with the headers as they are: see the logs in {self.options.work}")


class Support:
    """What every unit test and every stress test is linked with; compiled once for each kind."""

    def __init__(self, options):
        self.options, self.lock, self.done = options, threading.Lock(), {}

    def object(self, source, kind):
        def compiled():
            with self.lock:
                if (source, kind) not in self.done:
                    folder = self.options.work / "support"
                    folder.mkdir(parents=True, exist_ok=True)
                    path = folder / f"{source.stem}-{kind}.o"
                    subprocess.run([*self.options.compiler, *FLAGS[kind], f"-I{self.options.include}", "-c", str(source), "-o",
                                    str(path)], check=True)
                    self.done[source, kind] = path
                return self.done[source, kind]

        return compiled


def all_judges(options):
    support = Support(options)

    def program(kind, source, flags=()):
        linked = [support.object(path, kind) for path in options.support]
        return Judge(options, kind, f"{source.parent.name}/{source.stem}", source, flags, linked)

    counted = [f'-DWHORL_SYNC_HEADER="{options.seam}"']
    judges = [Judge(options, "model", name, source, inputs=[options.engine]) for name, source in options.model]
    for kind in ("unit", "asan"):
        judges += [program(kind, source) for source in options.unit]
        judges += [program(kind, source, counted) for source in options.counted]
    return judges + [program("tsan", source) for source in options.stress]


def in_turn(judges, mutant, kinds, near):
    """The judges of these kinds: first those that are likely to notice, and `near`: these alone."""
    stem, floor = mutant.header.stem, mutant.header.parts[1]
    likely = LIKELY_MODELS.get(stem, [])
    models = {judge.name: judge for judge in judges if judge.kind == "model"}
    parts = (entry.partition(": ") for entry in likely)
    judges = [*judges, *(models[name].excerpt(words) for name, _, words in parts if words)]

    def turn(judge):
        name, here = judge.source.stem, judge.source.parent.name
        if judge.kind in ("unit", "asan"):
            own = name.startswith(f"{stem}_") and here == floor
            neighbour = name in LIKELY_UNITS.get(stem, [])
            distance = 0 if own else 1 if neighbour else 2 if here == floor else 3
            # A test of a lower floor does not include the header.
            if FLOORS.index(here) < FLOORS.index(floor):
                return None
            return distance, judge.source.stat().st_size
        if judge.kind == "model":
            return (0, likely.index(judge.name)) if judge.name in likely else (1, 0)
        return 0, 0

    if stem in SLEEPS:
        kinds = sorted(kinds, key=lambda kind: kind != "model")
    ordered = []
    for kind in kinds:
        for judge in (judge for judge in judges if judge.kind == kind):
            distance = turn(judge)
            if distance is not None:
                is_near = distance[0] <= NEAR[kind]
                ordered.append((not is_near, kinds.index(kind), distance, judge))
    ordered.sort(key=lambda entry: entry[:3])
    return [judge for far, _, _, judge in ordered if not (near and far)]
