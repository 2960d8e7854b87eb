"""Curves over a common axis, such as the loss of several trainings."""

from collections.abc import Sequence

import attrs
from matplotlib.figure import Figure

from paper_repro.numerics.arrays import Floats
from paper_repro.report.figures import style


@attrs.frozen(eq=False)
class Curve:
    """A curve (point,) and its name."""

    name: str
    values: Floats


@attrs.frozen(eq=False)
class Curves:
    """Curves whose points are 1, 2, …, with the labels of the axes."""

    curves: Sequence[Curve]
    xlabel: str
    ylabel: str


def draw(data: Curves) -> Figure:
    """Draw the curves; few points are marked."""
    figure = style.figure(3.2)
    axis = figure.subplots()
    for index, curve in enumerate(data.curves):
        look = style.look(index)
        mark = look.mark if len(curve.values) <= 30 else ""
        points = range(1, len(curve.values) + 1)
        axis.plot(points, curve.values, marker=mark, ms=4, color=look.colour, ls=look.dash, label=style.literal(curve.name))
    axis.set_xticks(style.integers(1, max(len(curve.values) for curve in data.curves)))
    axis.set(xlabel=data.xlabel, ylabel=data.ylabel)
    axis.legend()
    return figure
