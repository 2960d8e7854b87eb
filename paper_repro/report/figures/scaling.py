"""Widths against the size of a sample, both logarithmic, with 1/√n through the last point."""

import attrs
import numpy as np
from matplotlib.figure import Figure

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style


@attrs.frozen(eq=False)
class Scaling:
    """``widths`` (size, thing) at ``sizes`` (size,), and the ``target`` that is wanted."""

    sizes: Floats
    widths: Floats
    target: float
    xlabel: str
    ylabel: str


def draw(data: Scaling) -> Figure:
    """Draw each thing in grey, their median in colour, and as 1/√n on to the target."""
    figure = style.figure(3.2)
    axis = figure.subplots()
    axis.plot(data.sizes, data.widths, color=colours.GREY, lw=0.8)
    median = np.median(data.widths, axis=1)
    axis.plot(data.sizes, median, "o-", ms=4, color=colours.BLUE, label="median of the terms")
    end = data.sizes[-1] * (median[-1] / data.target) ** 2
    if end > data.sizes[-1]:
        axis.plot([data.sizes[-1], end], [median[-1], data.target], "--", color=colours.BLUE, lw=1, label="1/√n")
    axis.axhline(data.target, color=colours.BLACK, lw=0.6, ls=":")
    axis.set(xscale="log", yscale="log", xlabel=data.xlabel, ylabel=data.ylabel)
    axis.legend()
    return figure
