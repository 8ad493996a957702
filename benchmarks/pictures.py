"""Charts of docs/performance.md, from results.json; runs where matplotlib is."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot, ticker

from benchmarks.growth.axes import AXES
from benchmarks.harness import Row
from benchmarks.report import by_case, rows
from benchmarks.worker import ROOT
from benchmarks.workloads import WORKLOADS

RESULTS = Path(__file__).with_name("results.json")
FOLDER = ROOT / "docs" / "pictures"
INK, FAINT = "#333333", "#d9d9d9"
COLOURS = {
    "floor": "#8c8c8c",
    "ours": "#d1495b",
    "miniagents 0.0.35": "#2e4057",
    "reactivex": "#66a182",
    "aiostream": "#edae49",
    "genai-processors": "#7a6bb0",
    "langchain-core": "#00798c",
    "openai-agents": "#b07d62",
    "pydantic-ai": "#a23b72",
}


def settings() -> None:
    """Plain, small, and the same bytes for the same numbers."""
    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {
            "svg.hashsalt": "benchmarks",
            "svg.fonttype": "none",
            "font.size": 9,
            "axes.titlesize": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": INK,
            "grid.color": FAINT,
        }
    )


def save(figure: Any, name: str) -> None:
    """An SVG without the time of day in it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)


def against_peers(found: Sequence[Row]) -> None:
    """A line per workload, a dot per library: how many times the floor's time it takes."""
    cases, subjects = by_case(found), list(dict.fromkeys(row.subject for row in found))
    figure, axes = pyplot.subplots(figsize=(9, 7))
    for subject in subjects:
        dots = [(ratio, place) for place, ratio in enumerate(ratios(cases, subject)) if not math.isnan(ratio)]
        draw_dots(axes, subject, dots)
    axes.set_yticks(range(len(WORKLOADS)), [workload.title for workload in WORKLOADS])
    axes.set_xscale("log")
    axes.set_xlabel("times the time of the hand-written floor (further left is faster)")
    axes.invert_yaxis()
    plain(axes.xaxis)
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    axes.legend(loc="upper center", bbox_to_anchor=(0.35, -0.08), ncols=5, frameon=False)
    save(figure, "performance-peers")


def ratios(cases: Mapping[tuple[str, str], Row], subject: str) -> list[float]:
    """A subject's time over the floor's, per workload; NaN where it has none."""
    pairs = [(cases.get((workload.name, subject)), cases.get((workload.name, "floor"))) for workload in WORKLOADS]
    return [other.median / floor.median if other and floor else math.nan for other, floor in pairs]


def draw_dots(axes: Any, subject: str, dots: Sequence[tuple[float, int]]) -> None:
    """Ours on top and larger; the floor as a line would hide nothing, so it is small."""
    size, order = (70, 3) if subject == "ours" else (28, 2)
    x, y = [dot[0] for dot in dots], [dot[1] for dot in dots]
    axes.scatter(x, y, s=size, zorder=order, label=subject, color=COLOURS.get(subject, INK))


def against_size(found: Sequence[Row]) -> None:
    """A small chart per axis, both scales logarithmic: flat means that an item costs the same at every size."""
    shown = [name for name in AXES if any(row.workload == name and not row.error for row in found)]
    lines = math.ceil(len(shown) / 3)
    figure, grid = pyplot.subplots(lines, 3, figsize=(10, 2.7 * lines), squeeze=False, layout="constrained")
    for name, axes in zip(shown, grid.flat, strict=False):
        draw_growth(axes, name, [row for row in found if row.workload == name and not row.error])
    for axes in grid.flat[len(shown) :]:
        axes.set_visible(False)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    save(figure, "performance-growth")


def draw_growth(axes: Any, name: str, points: Sequence[Row]) -> None:
    """One axis of growth."""
    for subject in dict.fromkeys(row.subject for row in points):
        line = [(row.size, row.median) for row in points if row.subject == subject]
        axes.plot(*zip(*line, strict=True), "o-", markersize=3.5, label=subject, color=COLOURS.get(subject, INK))
    axes.set(xscale="log", yscale="log", title=AXES[name].title, ylabel=AXES[name].unit)
    low, high = axes.get_ylim()
    axes.set_ylim(low / 4, high * 4)
    plain(axes.xaxis)
    plain(axes.yaxis)
    axes.grid(visible=True)


def plain(scale: Any) -> None:
    """Powers of ten, written out."""
    scale.set_major_formatter("{x:,.9g}")
    scale.set_minor_formatter(ticker.NullFormatter())


def main() -> None:
    """Both pictures."""
    settings()
    results = json.loads(RESULTS.read_text())
    against_peers(rows(results["workloads"]))
    against_size(rows(results["growth"]))


if __name__ == "__main__":
    main()
