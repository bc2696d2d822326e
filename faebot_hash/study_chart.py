"""A study of thumbnail sizes as a picture: the one door to matplotlib, which is the extra ``plots``.

The library is imported only where the picture is asked for.
"""

from __future__ import annotations

import importlib.util
import io
from typing import TYPE_CHECKING

from faebot_hash.errors import SettingsError
from faebot_hash.study import HASHES, Measure, Study
from faebot_hash.study_lines import width_name
from faebot_hash.study_plan import ORIGINAL_PX

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's palette, which colour-blind people can tell apart, with a marker for each besides.
_LOOKS = {
    Measure.PHASH: ("#0072B2", "o"),
    Measure.DHASH: ("#D55E00", "s"),
    Measure.AHASH: ("#009E73", "^"),
    Measure.WHASH: ("#CC79A7", "D"),
    Measure.EITHER: ("#000000", "*"),
}
_INCHES = (10.0, 7.0)
_DOTS_PER_INCH = 80
_FORMATS = ("png", "svg")
LEAST_BARS = 5


def require() -> None:
    """Raise SettingsError with what to install, before anything is measured in vain."""
    if importlib.util.find_spec("matplotlib") is None:
        raise SettingsError(
            "a chart needs matplotlib, which is not installed: pip install 'faebot_hash[plots]', "
            "or leave the chart out"
        )


def bars(study: Study) -> int:
    """Count the bars of each histogram: from 0 bits to the most that occur, and never fewer than a few."""
    counts = [study.histogram(measure, study.plan.working_px) for measure in HASHES]
    most = max((bits for one in counts for bits, count in enumerate(one) if count), default=0)
    return max(most + 1, LEAST_BARS)


def charts(study: Study) -> dict[str, bytes]:
    """Draw agreement by width and the histograms of differing bits, as {"png": …, "svg": …}."""
    import matplotlib
    from matplotlib.figure import Figure

    # A fixed salt and no date make equal studies equal files; text stays text, for readers and for search.
    with matplotlib.rc_context({"svg.hashsalt": "faebot_hash", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=_INCHES, dpi=_DOTS_PER_INCH, layout="constrained")
        figure.suptitle(f"{len(study.samples):,} pictures, {study.source.value}")
        grid = figure.add_gridspec(2, 2 * len(HASHES))
        middle = len(HASHES)
        _draw_agreement(figure.add_subplot(grid[0, :middle]), study, ORIGINAL_PX)
        _draw_agreement(figure.add_subplot(grid[0, middle:]), study, study.plan.reference_px)
        first = None
        for at, measure in enumerate(HASHES):
            axes = figure.add_subplot(grid[1, 2 * at : 2 * at + 2], sharey=first)
            _draw_histogram(axes, study, measure)
            first = first or axes
        drawn = {}
        for name in _FORMATS:
            stream = io.BytesIO()
            figure.savefig(stream, format=name, metadata={"Date": None} if name == "svg" else None)
            drawn[name] = stream.getvalue()
    return drawn


def _draw_agreement(axes: Axes, study: Study, other_px: int) -> None:
    widths = [px for px in study.plan.widths_px if px != other_px]
    places = range(len(widths))
    for measure in Measure:
        colour, marker = _LOOKS[measure]
        percents = [study.within(measure, px, other_px).percent for px in widths]
        axes.plot(places, percents, color=colour, marker=marker, label=measure.value)
    counts = [study.within(Measure.PHASH, px, other_px).count for px in widths]
    axes.set_xticks(places, [f"{px} px\nof {count:,}" for px, count in zip(widths, counts, strict=True)])
    axes.set_ylim(0, 102)
    axes.set_ylabel("equal hashes, %")
    axes.set_title(f"Thumbnails against {width_name(other_px)}")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="lower right", fontsize=8)


def _draw_histogram(axes: Axes, study: Study, measure: Measure) -> None:
    counts = study.histogram(measure, study.plan.working_px)[: bars(study)]
    drawn = axes.bar(range(len(counts)), counts, color=_LOOKS[measure][0])
    for bits, bar in enumerate(drawn):
        bar.set_gid(f"bar-{measure.value}-{bits}")
    axes.set_title(measure.value)
    axes.set_xlabel(f"bits, {study.plan.working_px} px from original")
    axes.set_ylabel("pictures")
    axes.label_outer()
