"""Values with their intervals, a row each, coloured by what was decided of them."""

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style

_ROW = 0.19  # inches


@attrs.frozen(eq=False)
class Intervals:
    """Rows of ``names`` with ``values`` and intervals from ``low`` to ``high`` (row,); ``kinds`` (row,) are words that colour them.

    ``colours`` has those of the kinds that there may be, in the order of the legend; ``label`` is that of the axis.
    """

    names: Sequence[str]
    values: Floats
    low: Floats
    high: Floats
    kinds: Sequence[str]
    colours: Mapping[str, str]
    label: str


def draw(data: Intervals) -> Figure:
    """Draw the rows from top to bottom, and a line at zero."""
    rows = np.arange(len(data.names))
    figure = style.figure(1.1 + max(_ROW * len(rows), 0.8))
    axis = figure.subplots()
    axis.axvline(0, color=colours.BLACK, lw=0.6, ls=":")
    for mark, (kind, colour) in zip(style.MARKS, data.colours.items(), strict=False):
        chosen = np.array([found == kind for found in data.kinds], dtype=bool)
        if not chosen.any():
            continue
        below, above = data.values - data.low, data.high - data.values
        axis.errorbar(
            data.values[chosen], rows[chosen], xerr=(below[chosen], above[chosen]),
            fmt=mark, ms=4, lw=1.2, capsize=2, color=colour, label=kind,
        )  # fmt: skip
    axis.set_yticks(rows, map(style.literal, data.names))
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.xaxis.set_major_locator(MaxNLocator(7))
    axis.set_xlabel(style.literal(data.label))
    figure.legend(loc="outside upper right", ncols=len(data.colours))
    return figure
