"""Runs whorl-packets through a set of cases and judges what it did. Called by matrix.sh, which has built it."""

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path

import cases
import cliff
import compare
import judge
import page
import profiles
import report
from runner import Runner, allowed_cpus, reason_to_skip


def number_list(text):
    return [int(word) for word in text.split(",")]


def word_list(text):
    return text.split(",")


def strategy_list(text):
    names = word_list(text)
    if unknown := sorted(set(names) - set(cases.ALL_STRATEGIES)):
        raise argparse.ArgumentTypeError(f"no such strategy: {', '.join(unknown)} (there are {', '.join(cases.ALL_STRATEGIES)})")
    return names


def seconds(text):
    value = float(text.removesuffix("s"))
    if not 0 < value <= 24 * 3600:
        raise argparse.ArgumentTypeError("more than 0 seconds, at most a day")
    return value


def parser():
    made = argparse.ArgumentParser(prog="test/matrix.sh", description=__doc__)
    made.add_argument("--set", choices=cases.SETS, help="what is run (quick)")
    made.add_argument("--list", action="store_true", help="shows the sets, or the cases that are chosen, and runs nothing")
    made.add_argument("--only", type=word_list, metavar="ID[,ID]", help="of the set, or of all of them, these cases")
    made.add_argument("--max-rate", type=float, metavar="MB", help="cases of at most so many Mb/s, all producers together")
    made.add_argument("--producers", type=number_list, metavar="N[,N]", help="cases of so many producers; of --cliff: how many")
    made.add_argument("--payload", type=number_list, metavar="B[,B]", help="cases of such packets; of --cliff: how long")
    made.add_argument("--strategy", type=strategy_list, metavar="S[,S]", help="cases of these strategies; of --cliff: which")
    made.add_argument("--duration", type=seconds, metavar="SECONDS", help="of every run, instead of its own")
    made.add_argument("--output", type=Path, default=Path("build/matrix"), metavar="DIR", help="where report and logs go")
    thresholds = made.add_mutually_exclusive_group()
    thresholds.add_argument("--strict", dest="thresholds", action="store_const", const=judge.STRICT)
    thresholds.add_argument("--relaxed", dest="thresholds", action="store_const", const=judge.RELAXED)
    made.add_argument("--profile", action="store_true", help="once more under perf, heaptrack and strace")
    made.add_argument("--cliff", action="store_true", help="searches the highest rate of each strategy; alone, or after a --set")
    made.add_argument("--compare", metavar="EARLIER.json", help="shows what has changed since that report")
    made.add_argument("--fail-on-worse", action="store_true", help="what got worse since then counts as a failure")
    made.add_argument("--program", default="build/examples/whorl-packets", help=argparse.SUPPRESS)
    made.set_defaults(thresholds=judge.DEFAULT)
    return made


def set_of(options):
    """The set's cases, or those of all sets where only their names are given; none where only a cliff is asked for."""
    if options.set:
        return cases.SETS[options.set]()
    if options.only:
        return list({case.id: case for made in cases.SETS.values() for case in made()}.values())
    return [] if options.cliff else cases.quick()


def filters_of(options):
    filters = [cases.with_ids(options.only)] if options.only else []
    filters += [cases.up_to_rate(options.max_rate)] if options.max_rate is not None else []
    filters += [cases.with_producers(options.producers)] if options.producers else []
    filters += [cases.with_payloads(options.payload)] if options.payload else []
    return filters + ([cases.with_strategies(options.strategy)] if options.strategy else [])


def chosen_cases(options):
    """Raises ValueError when there are none, or not those that were named."""
    before = set_of(options)
    found = cases.chosen(before, filters_of(options))
    if unknown := set(options.only or []) - {case.id for case in found}:
        raise ValueError(f"no such case in this choice: {', '.join(sorted(unknown))}")
    if before and not found:
        none_has_one = options.strategy and not any(case.strategy for case in before)
        raise ValueError("no case is left" + (": they all leave the strategy to the program" if none_has_one else ""))
    return [replace(case, seconds=options.duration) for case in found] if options.duration else found


def show_list(options):
    if options.set or options.only:
        for case in chosen_cases(options):
            print(f"{case.id}  {case.name}  {case.total_rate:g} Mb/s, {case.seconds:g} s")
        return
    for name, make in cases.SETS.items():
        found = make()
        print(f"{name:18}{len(found):4} cases, {sum(case.seconds for case in found):g} s")


def run_case(runner, case, thresholds):
    if reason := reason_to_skip(case, runner.cpus):
        return report.Result(case, judge.SKIPPED, [reason])
    outcome = runner.run(case)
    reasons = judge.judge(case, outcome, thresholds)
    measured = judge.measure(case, outcome.report) if outcome.report else None
    status = judge.FAILED if reasons else judge.PASSED
    return report.Result(case, status, reasons, measured, outcome.report, outcome.log(), outcome.others_cpus)


def run_cases(runner, chosen, thresholds):
    results = []
    for case in chosen:
        results.append(run_case(runner, case, thresholds))
        print(results[-1].line(), flush=True)
    return results


def make_profiles(runner, results, duration):
    found = {}
    for result in results:
        if result.status == judge.SKIPPED:
            continue
        print(f"profile {result.case.id}  {result.case.name}", flush=True)
        made = profiles.Profiler(runner, duration).profile(result.case)
        for remark in made.remarks:
            print(f"        {remark}", flush=True)
        found[result.case.id, result.case.name] = made
    return found


def search_cliffs(runner, options):
    producers = options.producers[0] if options.producers else cliff.PRODUCERS
    payload = options.payload[0] if options.payload else 1450
    length = options.duration or cliff.SECONDS
    settings = (f"{producers} producers, payload {payload} B, runs of {length:g} s. The rate is the payload that all producers "
                f"together are asked for; it holds when at most {cliff.MAX_DROP_PERCENT} % is dropped and at least "
                f"{cliff.MIN_OFFERED_PERCENT} % of it was offered. Searched from {cliff.LOW} to {cliff.HIGH} Mb/s, to within "
                f"{cliff.RESOLUTION_PERCENT} %, and repeated at the rate found.")
    print(f"cliffs: {settings}", flush=True)
    found = cliff.search_all(runner, options.strategy or cases.ALL_STRATEGIES, producers, payload, length,
                             lambda line: print(line, flush=True))
    return {"settings": settings, "cliffs": [as_dict(one) for one in found]}


def as_dict(one):
    runs = [{**asdict(probe), "verdict": probe.verdict} for probe in one.probes]
    return {**asdict(one), "probes": runs, "sentence": one.sentence()}


def show_comparison(comparison):
    print(f"{len(comparison.rows)} cases also in {comparison.earlier}, {len(comparison.worse)} got worse")
    for row in comparison.worse:
        changes = ", ".join(f"{change.key} {compare.short(change.before)} > {compare.short(change.after)}"
                            for change in row["changes"] if change.worse)
        print(f"WORSE   {row['id']}  {row['name']}: {row['before']} > {row['after']} {changes}".rstrip())


def execute(options):
    """Everything that was asked for. The exit status."""
    chosen = chosen_cases(options)
    earlier = compare.load(options.compare) if options.compare else None
    runner = Runner(options.program, options.output, allowed_cpus())
    results = run_cases(runner, chosen, options.thresholds)
    found = make_profiles(runner, results, options.duration) if options.profile else None
    cliffs = search_cliffs(runner, options) if options.cliff else None
    comparison = compare.compare(earlier, [result.as_dict() for result in results], options.compare) if earlier else None
    if comparison:
        show_comparison(comparison)
    title = f"whorl-packets: {options.set or ('some cases' if options.only else 'quick' if chosen else 'cliffs')}"
    written = report.build(title, options.program, options.thresholds, results, found, cliffs, comparison)
    report.write(written, options.output, page.render(written))
    print(f"report: {options.output / 'report.html'}, {options.output / 'report.json'}")
    counts = written["totals"]
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    broken = cliffs and any(one["limit"] == cliff.BROKEN for one in cliffs["cliffs"])
    worse = options.fail_on_worse and comparison and comparison.worse
    return 1 if counts["failed"] or broken or worse else 0


def main():
    options = parser().parse_args()
    try:
        if options.list:
            show_list(options)
            return 0
        return execute(options)
    except ValueError as error:
        print(f"test/matrix.sh: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
