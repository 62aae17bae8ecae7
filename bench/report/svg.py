"""Drawing: scales, axes and the few shapes that the charts are made of. Positions are pixels of the picture."""

import math
from html import escape

CHARACTER = 7.8  # the mean width of a bold character at 12.5 px, in the widest of the fonts that are asked for


def width_of(text):
    return CHARACTER * len(text)


def number(value):
    return f"{value:.1f}".removesuffix(".0")


def attributes(named):
    """class_="a", stroke_width=2 as class="a" stroke-width="2"; numbers to a tenth of a pixel."""
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{number(value) if isinstance(value, (int, float)) else escape(value)}"'
        for name, value in named.items() if value not in (None, ""))


def shape(tag, tip="", **named):
    if tip:
        return f"<{tag}{attributes(named)}><title>{escape(tip)}</title></{tag}>"
    return f"<{tag}{attributes(named)}/>"


def text(x, y, words, class_="", anchor="start"):
    return f"<text{attributes({'class_': class_, 'x': x, 'y': y, 'text_anchor': anchor})}>{escape(words)}</text>"


def line(x1, y1, x2, y2, class_):
    return shape("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def picture(width, height, title, body, style=""):
    """A whole SVG. With a style it can stand alone."""
    alone = ' xmlns="http://www.w3.org/2000/svg"' if style else ""
    style = f"<style>{style}</style>" if style else ""
    return (f'<svg{alone} role="img" viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" '
            f'height="{number(height)}"><title>{escape(title)}</title>{style}\n' + "\n".join(body) + "\n</svg>\n")


class LinearScale:
    """From 0 to a round value that is at least `greatest`."""

    is_log = False

    def __init__(self, greatest, begin, end, most_steps=6):
        self.step, self.top = round_steps(greatest, most_steps)
        self.begin, self.end = begin, end

    def __call__(self, value):
        share = min(max(value / self.top, 0), 1)
        return self.begin + share * (self.end - self.begin)

    def ticks(self):
        return [i * self.step for i in range(round(self.top / self.step) + 1)]


class LogScale:
    """Over whole decades, which hold `least` and `greatest`."""

    is_log = True

    def __init__(self, least, greatest, begin, end, base=10):
        self.base = base
        self.first = math.floor(math.log(least, base) + 1e-9)
        self.last = max(math.ceil(math.log(greatest, base) - 1e-9), self.first + 1)
        self.begin, self.end = begin, end

    def __call__(self, value):
        at = math.log(value, self.base) if value > 0 else self.first
        share = (min(max(at, self.first), self.last) - self.first) / (self.last - self.first)
        return self.begin + share * (self.end - self.begin)

    def ticks(self):
        return [self.base**i for i in range(self.first, self.last + 1)]


def round_steps(greatest, most_steps):
    """A step of 1, 2 or 5 times a power of ten, and the multiple of it that is not below `greatest`."""
    if greatest <= 0:
        return 1, 1
    power = 10 ** math.floor(math.log10(greatest / most_steps))
    step = next(factor * power for factor in (1, 2, 5, 10) if greatest <= factor * power * most_steps * 1.0001)
    return step, math.ceil(greatest / step - 0.0001) * step


def spread_apart(wanted, least_distance, begin, end):
    """Positions as near to the wanted ones as they can be with that distance between neighbours, in the same order."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    least_distance = min(least_distance, (end - begin) / max(len(wanted) - 1, 1))
    placed = []
    for i in order:
        placed.append(max(wanted[i], placed[-1] + least_distance if placed else begin))
    ceiling = end
    for at in range(len(placed) - 1, -1, -1):  # what was pushed out at the end comes back in
        placed[at] = min(placed[at], ceiling)
        ceiling = placed[at] - least_distance
    result = [0.0] * len(wanted)
    for at, i in enumerate(order):
        result[i] = placed[at]
    return result


def marker(kind, x, y, class_, tip=""):
    """One of several shapes that can be told apart without colour."""
    r = 4.5
    if kind % 5 == 0:
        return shape("circle", tip, cx=x, cy=y, r=r, class_=class_)
    corners = {
        1: [(-r, -r), (r, -r), (r, r), (-r, r)],
        2: [(0, -r - 1), (r + 1, r), (-r - 1, r)],
        3: [(0, -r - 1.5), (r + 1.5, 0), (0, r + 1.5), (-r - 1.5, 0)],
        4: [(-r - 1, -r), (r + 1, -r), (0, r + 1)],
    }[kind % 5]
    points = " ".join(f"{number(x + dx)},{number(y + dy)}" for dx, dy in corners)
    return shape("polygon", tip, points=points, class_=class_)
