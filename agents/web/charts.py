"""Charts as values: every number of the picture is computed here, the template only prints them.

Pure. Shares are 0 to 1, intervals are Wilson score intervals at 95 %, lengths are SVG units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10, sqrt

from agents.web.amounts import spell_number, spell_percent
from agents.web.times import MONTHS

Z95 = 1.959963984540054
RATE_LEFT, RATE_WIDTH = 8.0, 194.0
PAIR_LEFT, PAIR_WIDTH = 6.0, 108.0


def wilson(successes: int, sessions: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share, both ends 0 to 1.

    Raises ValueError unless 0 <= successes <= sessions and sessions >= 1.
    Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.
    """
    if sessions < 1 or not 0 <= successes <= sessions:
        raise ValueError(f"{successes} of {sessions} sessions is not a share.")
    share = successes / sessions
    spread = Z95 * sqrt(share * (1 - share) / sessions + Z95**2 / (4 * sessions**2))
    scale = 1 + Z95**2 / sessions
    centre = share + Z95**2 / (2 * sessions)
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


@dataclass(frozen=True, slots=True)
class Rate:
    """What is counted: `successes` of `sessions`, and the words of its row."""

    label: str
    successes: int
    sessions: int


@dataclass(frozen=True, slots=True)
class RateRow:
    """One row of the two-rate chart. x, start and end are None where there is no session."""

    label: str
    counted: str
    percent: str
    statement: str
    series: str
    x: float | None
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True)
class TwoRates:
    """The claim and what it is compared with, on one axis that is always 0 to 100 %."""

    heading: str
    rows: tuple[RateRow, ...]
    ticks: tuple[tuple[float, str], ...]


def two_rates(
    claim: Rate, comparison: Rate, *, heading: str = "Sessions that succeeded"
) -> TwoRates:
    """Return the two-rate chart: the claim first (dawn dot), the comparison second (hollow)."""
    marks = ((0.0, "0"), (0.25, "25"), (0.5, "50"), (0.75, "75"), (1.0, "100%"))
    return TwoRates(
        heading=heading,
        rows=(rate_row(claim, "claim"), rate_row(comparison, "comparison")),
        ticks=tuple((rate_x(share), label) for share, label in marks),
    )


def rate_row(rate: Rate, series: str) -> RateRow:
    """Return the row of one rate; without sessions it says so and has no mark."""
    if rate.sessions == 0:
        return RateRow(rate.label, "none", "n/a", "No sessions", series, None, None, None)
    low, high = wilson(rate.successes, rate.sessions)
    share = rate.successes / rate.sessions
    return RateRow(
        label=rate.label,
        counted=f"{spell_number(rate.successes)} of {spell_number(rate.sessions)}",
        percent=spell_percent(share),
        statement=(
            f"{spell_percent(share)}, 95 percent interval {round(low * 100)} to {round(high * 100)}"
        ),
        series=series,
        x=rate_x(share),
        start=rate_x(low),
        end=rate_x(high),
    )


def rate_x(share: float) -> float:
    """Return where a share stands on the axis of the two-rate chart."""
    return round(RATE_LEFT + RATE_WIDTH * share, 1)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two shares on one small line, for a table cell."""

    claim_x: float
    comparison_x: float
    statement: str


def pair_of(claim: Rate, comparison: Rate) -> Pair | None:
    """Return the small line of two shares, or None when one side has no session."""
    if claim.sessions == 0 or comparison.sessions == 0:
        return None
    first, second = claim.successes / claim.sessions, comparison.successes / comparison.sessions
    return Pair(
        claim_x=round(PAIR_LEFT + PAIR_WIDTH * first, 1),
        comparison_x=round(PAIR_LEFT + PAIR_WIDTH * second, 1),
        statement=f"{spell_percent(first)} against {spell_percent(second)}",
    )


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """One period: memories live at its end, added and retired within it."""

    on: date
    live: int
    added: int
    retired: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the small axis: left edge, top edge, width, height."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A tick: where it stands and what it says."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """The growth chart drawn for one width."""

    css: str
    width: int
    left: float
    right: float
    tick_x: float
    line: str
    area: str
    levels: tuple[Mark, ...]
    days: tuple[Mark, ...]
    added: tuple[Bar, ...]
    retired: tuple[Bar, ...]
    last_x: float
    last_y: float


@dataclass(frozen=True, slots=True)
class Growth:
    """Live memories over time: one plot for wide screens, one for phones, and the whole table."""

    statement: str
    summary: str
    last: str
    plots: tuple[Plot, ...]
    rows: tuple[GrowthPoint, ...]


TOP, FLOOR, AXIS, BAR_ROOM = 15.0, 140.0, 182.0, 20.0


def growth_of(points: Sequence[GrowthPoint]) -> Growth | None:
    """Return the growth chart of consecutive periods, oldest first; None for fewer than two."""
    if len(points) < 2:
        return None
    first, last = points[0], points[-1]
    added, retired = sum(p.added for p in points), sum(p.retired for p in points)
    moved = "grew" if last.live > first.live else "fell" if last.live < first.live else "stayed"
    statement = f"Live memories {moved} from {first.live} to {last.live} in {len(points)} periods"
    return Growth(
        statement=statement,
        summary=f"{first.live} to {last.live}: {added} added, {retired} retired or merged.",
        last=spell_number(last.live),
        plots=(
            plot_growth(points, css="wide", width=600, left=40.0, right=562.0, labels=5),
            plot_growth(points, css="narrow", width=340, left=30.0, right=310.0, labels=3),
        ),
        rows=tuple(points),
    )


def plot_growth(
    points: Sequence[GrowthPoint], *, css: str, width: int, left: float, right: float, labels: int
) -> Plot:
    """Return the step line from 0 with added bars above and retired bars below a small axis."""
    top_level, levels = level_marks(max(point.live for point in points))
    step = (right - left) / len(points)
    heights = [FLOOR - (FLOOR - TOP) * point.live / top_level for point in points]
    line = "".join(
        f"{'M' if place == 0 else 'H'}{left + step * place:.1f}{' ' if place == 0 else 'V'}{y:.1f}"
        for place, y in enumerate(heights)
    )
    line += f"H{right:.1f}"
    most = max(max(point.added, point.retired) for point in points) or 1
    wide = round(min(10.0, step * 0.4), 1)
    middles = [left + step * (place + 0.5) for place in range(len(points))]
    bars = list(zip(points, middles, strict=True))
    return Plot(
        css=css,
        width=width,
        left=left,
        right=right,
        tick_x=left - 8,
        line=line,
        area=f"{line}V{FLOOR:.0f}H{left:.1f}Z",
        levels=tuple(Mark(round(FLOOR - (FLOOR - TOP) * n / top_level, 1), str(n)) for n in levels),
        days=day_marks(points, middles, labels),
        added=tuple(
            bar(x, wide, AXIS - 1 - BAR_ROOM * point.added / most, BAR_ROOM * point.added / most)
            for point, x in bars
            if point.added
        ),
        retired=tuple(
            bar(x, wide, AXIS + 1.5, BAR_ROOM * point.retired / most)
            for point, x in bars
            if point.retired
        ),
        last_x=right + 5,
        last_y=round(heights[-1] + 4, 1),
    )


def bar(middle: float, width: float, y: float, height: float) -> Bar:
    """Return a bar around `middle`, rounded for print."""
    return Bar(round(middle - width / 2, 1), round(y, 1), width, round(height, 1))


def level_marks(highest: int) -> tuple[int, list[int]]:
    """Return a round top level and at most five levels from 0 to it."""
    rough = max(1, highest) / 4
    magnitude = 10 ** floor(log10(rough)) if rough >= 1 else 1
    step = next(n * magnitude for n in (1, 2, 4, 5, 10) if n * magnitude >= rough)
    count = max(1, ceil(max(1, highest) / step))
    return step * count, [step * n for n in range(count + 1)]


def day_marks(
    points: Sequence[GrowthPoint], middles: Sequence[float], labels: int
) -> tuple[Mark, ...]:
    """Return at most `labels` day labels, the first and the last always among them."""
    count = min(labels, len(points))
    places = sorted({round(n * (len(points) - 1) / (count - 1)) for n in range(count)})
    return tuple(
        Mark(round(middles[n], 1), f"{points[n].on.day} {MONTHS[points[n].on.month - 1]}")
        for n in places
    )


@dataclass(frozen=True, slots=True)
class Column:
    """One period: how many in all, and how many of them the chart is about."""

    on: date
    total: int
    part: int


@dataclass(frozen=True, slots=True)
class ColumnPlot:
    """Columns drawn for one width: hollow in all, filled the part."""

    css: str
    width: int
    left: float
    right: float
    tick_x: float
    floor: float
    levels: tuple[Mark, ...]
    days: tuple[Mark, ...]
    totals: tuple[Bar, ...]
    parts: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Counts over time from 0, and the whole table."""

    statement: str
    plots: tuple[ColumnPlot, ...]
    rows: tuple[Column, ...]


def columns_of(points: Sequence[Column], *, what: str, part: str) -> Columns | None:
    """Return the columns of consecutive periods, oldest first; None where nothing is counted.

    what, part: the words for all and for the part: "sessions", "failed".
    """
    total, parts = sum(one.total for one in points), sum(one.part for one in points)
    if not total:
        return None
    return Columns(
        statement=(
            f"{spell_number(total)} {what} in {len(points)} periods, {spell_number(parts)} {part}"
        ),
        plots=(
            plot_columns(points, css="wide", width=600, left=40.0, right=590.0, labels=5),
            plot_columns(points, css="narrow", width=340, left=30.0, right=334.0, labels=3),
        ),
        rows=tuple(points),
    )


def plot_columns(
    points: Sequence[Column], *, css: str, width: int, left: float, right: float, labels: int
) -> ColumnPlot:
    """Return the columns of one width: each period a hollow bar, its part filled within."""
    top, levels = level_marks(max(point.total for point in points))
    step = (right - left) / len(points)
    wide = round(min(22.0, step * 0.6), 1)
    unit = (FLOOR - TOP) / top
    middles = [left + step * (place + 0.5) for place in range(len(points))]
    days = [GrowthPoint(point.on, 0, 0, 0) for point in points]
    drawn = list(zip(points, middles, strict=True))
    return ColumnPlot(
        css=css,
        width=width,
        left=left,
        right=right,
        tick_x=left - 8,
        floor=FLOOR,
        levels=tuple(Mark(round(FLOOR - unit * n, 1), spell_number(n)) for n in levels),
        days=day_marks(days, middles, labels),
        totals=tuple(
            bar(x, wide, FLOOR - unit * one.total, unit * one.total)
            for one, x in drawn
            if one.total
        ),
        parts=tuple(
            bar(x, wide, FLOOR - unit * one.part, unit * one.part) for one, x in drawn if one.part
        ),
    )
