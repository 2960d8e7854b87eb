"""Two sets of values over the same numbers, such as correlations of data and of a model, the first with errors."""

import attrs
import numpy as np
from matplotlib.figure import Figure

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style


@attrs.frozen(eq=False)
class Compared:
    """Values (point,) at whole numbers ``places`` (point,): ``data`` with their ``errors``, and those of the ``model``."""

    places: Floats
    data: Floats
    errors: Floats
    model: Floats
    xlabel: str
    ylabel: str


def draw(data: Compared) -> Figure:
    """Draw the data as points, the model as a line, and their differences below in standard deviations."""
    figure = style.figure(3.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.errorbar(data.places, data.data, yerr=data.errors, fmt="o", ms=4, capsize=2, color=colours.BLUE, label="data")
    upper.plot(data.places, data.model, color=colours.RED, marker="s", ms=3, lw=1, label="fitted law")
    upper.axhline(0, color=colours.BLACK, lw=0.5, ls=":")
    upper.set_ylabel(style.literal(data.ylabel))
    upper.legend()
    deviations = np.divide(data.data - data.model, data.errors, out=np.zeros(len(data.data)), where=data.errors > 0)
    lower.axhspan(-2, 2, color=colours.GREY, alpha=0.4, lw=0)
    lower.plot(data.places, deviations, "o", ms=4, color=colours.BLUE)
    lower.set(xlabel=style.literal(data.xlabel), ylabel="difference / σ")
    lower.set_xticks(style.integers(int(data.places.min()), int(data.places.max())))
    return figure
