"""Tests of the page and the picture: what must be in them, and that nothing in a report can break them."""

import json
import re
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from contextlib import redirect_stderr
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import page
import picture
import sections
import svg
from planted import data, incomplete, less, mixed, report, row
from results import ReportError

VOID = {"meta", "br"}
LIMITS = (row("limits", "limit/stream", 800e6), less("limits", "limit/lock", 5), less("limits", "limit/pingpong", 100))


class Checker(HTMLParser):
    """Tags that match, ids, links and headings."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.headings, self.complaints, self.resources = [], [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named["href"]] if tag == "a" else []
        self.resources += [tag] if tag in ("script", "link", "img", "iframe", "object") or "src" in named else []
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.complaints.append(f"</{tag}> at {self.getpos()}")


def checked(*rows, **named):
    html = page.render(report(*rows, **named))
    checker = Checker()
    checker.feed(html)
    return html, checker


def every_kind():
    """Rows of all the plots that there are."""
    rows = [*LIMITS, mixed("reader_choices_u64_c1024", "whorl/a"), incomplete("mpsc_u64_p4", "tbb/bounded")]
    for contender, rate in (("whorl/leased", 900e6), ("boost/queue", 6e6), ("a/b", 300e6)):
        rows += [row("unicast_u64_b1_c65536", contender, rate, params={"empty": empty}) for empty in ("greedy", "gentle")]
        rows += [row(f"mpsc_u64_p{n}", contender, rate / n, params={"load": load})
                 for n, load in ((1, "parallel"), (4, "oversubscribed"))]
        rows += [row(f"padding_{distance}_p1", contender, rate) for distance in (0, 128)]
        rows += [less("push_2p_parallel", contender, 1e9 / rate),
                 less("memory", contender, 500_000, unit="bytes", placement="any")]
        rows += [less("latency_paced", contender, 60 * k, params={"figure": figure})
                 for k, figure in enumerate(("p50", "p99", "p99.9", "max"), 1)]
    return rows


class Page(unittest.TestCase):
    def test_it_is_well_formed_and_needs_nothing_else(self):
        html, checker = checked(*every_kind())
        self.assertEqual((checker.complaints, checker.open, checker.resources), ([], [], []))
        self.assertEqual(len(checker.ids), len(set(checker.ids)))
        for link in checker.links:
            self.assertIn(link.removeprefix("#"), checker.ids)
        for pattern in ("http:", "https:", "@import", "url("):
            self.assertNotIn(pattern, html)

    def test_headings_skip_no_level(self):
        headings = checked(*every_kind())[1].headings
        self.assertEqual(headings[0], 1)
        for before, after in zip(headings, headings[1:]):
            self.assertLessEqual(after, before + 1)

    def test_each_plot_has_its_table_and_a_title(self):
        html = checked(*every_kind())[0]
        figures = re.findall(r"<figure>.*?</figure>", html, re.DOTALL)
        self.assertEqual(len(figures), 10)
        for figure in figures:
            if "Not measured" not in figure:
                self.assertRegex(figure, r'(?s)<svg role="img".*<title>.+</title>.*<table>')

    def test_machine_and_method_come_before_all_figures(self):
        html = checked(*every_kind())[0]
        sections_in_order = ("machine", "method", "figures-to-reach", "the-limits-of-the-machine")
        places = [html.index(f'<h2 id="{name}"') for name in sections_in_order]
        self.assertEqual(places, sorted(places))
        for words in ("Processor &lt;9000&gt;", "performance", "105 ns in the placement near", "libboost-dev 1.74.0.3",
                      "g++ 12.2.0"):
            self.assertIn(words, html)

    def test_limits_are_drawn_with_the_share_of_them(self):
        html = checked(*every_kind())[0]
        self.assertIn("core-to-core stream, a flag a line: 800 M/s</text>", html)
        self.assertIn("whorl/leased in mpsc_u64_p1 reaches 112% of a limit: core-to-core stream, a flag a line, 800 M/s.", html)
        self.assertIn("half a raw ping-pong: 50.0 ns</text>", html)

    def test_a_limit_of_one_thread_is_of_no_placement_and_drawn_in_all(self):
        limit = less("limits", "limit/lock", 5, placement="any", threads=1)
        html = checked(limit, row("unicast_u64_shared", "whorl/shared1", 50e6, params={"empty": "gentle"}))[0]
        self.assertIn("whorl/shared1 reaches 25% of a limit: a locked instruction an item, 200 M/s.", html)

    def test_goals_are_told(self):
        html = checked(*every_kind())[0]
        self.assertRegex(html, r'(?s)unicast_u64_b1_c65536.*?empty greedy.*?peers: a/b.*?3\.00x.*?class="left yes">yes<')
        self.assertIn("not measured</summary>", html)

    def test_what_is_missing_is_said(self):
        html = checked(*every_kind())[0]
        self.assertIn("Incomplete: tbb/bounded could not be had", html)
        self.assertIn("Incomplete, not built into this run: tbb/bounded.", html)
        self.assertIn("Not measured: every row is incomplete or of a mixed placement.", html)
        self.assertIn("Oversubscribed, more threads than CPUs: producers 4.", html)

    def test_another_placement_than_the_usual_is_said(self):
        html = checked(row("mpsc_u64_p4", "whorl/leased", 10, placement="far"),
                       row("mpsc_u64_p4", "a/b", 9, placement="far"))[0]
        self.assertIn("Placement far.", html)
        html = checked(row("mpsc_u64_p4", "whorl/leased", 10), row("mpsc_u64_p4", "a/b", 9, placement="far"))[0]
        self.assertIn("No sample in this placement: a/b.", html)

    def test_names_cannot_break_out(self):
        name = 'whorl/<script>alert("&")</script>'
        checker = checked(row("mpsc_u64_p4", name, 10, params={"note": name}), commit=name)[1]
        self.assertEqual((checker.complaints, checker.resources), ([], []))

    def test_a_debug_build_and_an_empty_report(self):
        html, checker = checked(build_type="not a release build", usual="mixed")
        self.assertEqual(checker.complaints, [])
        self.assertIn("its figures mean nothing", html)
        self.assertIn("there is nothing to quote", html)


class Picture(unittest.TestCase):
    ROWS = [row("mpsc_u64_p4", name, rate, params={"empty": "gentle"})
            for name, rate in (("whorl/leased", 9e8), ("boost/queue", 6e6), ("a/a", 5e8), ("a/b", 4e8), ("a/c", 3e8),
                               ("a/d", 2e8))]

    def test_it_stands_alone(self):
        root = ElementTree.fromstring(picture.render(report(*self.ROWS)))
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        words = "".join(root.itertext())
        self.assertIn("prefers-color-scheme: dark", words)
        for name in ("whorl/leased", "a/a", "a/b", "a/c", "boost/queue", "900 M/s"):
            self.assertIn(name, words)
        self.assertNotIn("a/d", words)  # three peers are enough

    def test_it_shows_gentle_consumers(self):
        rows = [row("unicast_u64_b1_c65536", name, rate, params={"empty": empty})
                for name in ("whorl/leased", "a/b") for empty, rate in (("greedy", 7e8), ("gentle", 4e8))]
        words = "".join(ElementTree.fromstring(picture.render(report(*rows))).itertext())
        self.assertIn("400 M/s", words)
        self.assertNotIn("700 M/s", words)

    def test_plots_stand_alone(self):
        rows = [row(f"mpsc_u64_p{producers}", name, rate) for producers in (2, 4) for name, rate in (("whorl/leased", 9), ("a/b", 8))]
        plots = sections.plots_over_numbers(report(*rows, row("push_2p_parallel", "whorl/leased", 3)))
        self.assertEqual([plot.title for plot in plots], ["mpsc_u64_p*"])
        root = ElementTree.fromstring(picture.alone(plots[0].picture))
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        self.assertIn("prefers-color-scheme: dark", "".join(root.itertext()))

    def test_nothing_to_draw(self):
        with self.assertRaises(ReportError):
            picture.render(report())


class Drawing(unittest.TestCase):
    def test_scales(self):
        linear = svg.LinearScale(930, 100, 200)
        self.assertEqual((linear.top, linear(0), linear(1000), linear(5000)), (1000, 100, 200, 200))
        log = svg.LogScale(0.4, 120, 0, 400)
        self.assertEqual([round(value, 6) for value in log.ticks()], [0.1, 1, 10, 100, 1000])
        self.assertAlmostEqual(log(10), 200)
        self.assertEqual(log(0), 0)

    def test_labels_keep_their_distance_and_their_order(self):
        placed = svg.spread_apart([50, 51, 52, 99, 100], 10, 0, 100)
        self.assertEqual(placed, sorted(placed))
        self.assertTrue(all(b - a >= 9.999 for a, b in zip(placed, placed[1:])))
        self.assertLessEqual(max(placed), 100)

    def test_every_scenario_has_one_section(self):
        self.assertEqual(sections.section_of("mpsc_u64_p4"), "Many producers, one consumer")
        self.assertEqual(sections.section_of("never heard of"), "Further scenarios")


class Program(unittest.TestCase):
    def test_it_writes_both(self):
        with tempfile.TemporaryDirectory() as folder:
            source, html, drawn = (Path(folder) / name for name in ("report.json", "report.html", "picture.svg"))
            source.write_text(json.dumps(data(*Picture.ROWS)), encoding="utf-8")
            self.assertEqual(page.main([str(source), "--html", str(html), "--picture", str(drawn)]), 0)
            self.assertTrue(html.read_text(encoding="utf-8").startswith("<!DOCTYPE html>"))
            self.assertTrue(drawn.read_text(encoding="utf-8").startswith("<svg xmlns"))
            source.write_text("{}", encoding="utf-8")
            with redirect_stderr(StringIO()):
                self.assertEqual(page.main([str(source), "--html", str(html)]), 2)


if __name__ == "__main__":
    unittest.main()
