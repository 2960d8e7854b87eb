"""Ratios of couplings: those of several networks, the true ones and, if there are any, published ones."""

from collections.abc import Sequence

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style


@attrs.frozen(eq=False)
class Estimates:
    """Results of one network: values and standard errors (term,), NaN where there is none; ``reference``: in black."""

    name: str
    values: Floats
    errors: Floats
    reference: bool = False


@attrs.frozen(eq=False)
class Ratios:
    """The names of the terms, the true ratios (term,), the published ones (term,; NaN where there is none), and the estimates."""

    terms: Sequence[str]
    truth: Floats
    published: Floats
    estimates: Sequence[Estimates]
    label: str


def draw(data: Ratios) -> Figure:
    """Draw the ratios, and in a second panel their distance from the truth, which shows the scatter."""
    rows = np.arange(len(data.terms))
    figure = style.figure(1.3 + max(0.42 * len(rows), 1.4))
    left, right = figure.subplots(1, 2, sharey=True)
    for axis, shift in ((left, np.zeros(len(rows))), (right, data.truth)):
        _draw_scatter(axis, data, shift)
        axis.vlines(data.truth - shift, rows - 0.4, rows + 0.4, color=colours.BLACK, lw=1.5, label="truth")
        axis.plot(data.published - shift, rows, "D", ms=7, mfc="none", mew=1.3, color=colours.PURPLE, label="published")
        for index, item in enumerate(data.estimates):
            look = style.look(index, reference=item.reference)
            at = rows + 0.6 * ((index + 0.5) / len(data.estimates) - 0.5)
            errors = np.nan_to_num(item.errors)
            axis.errorbar(
                item.values - shift, at, xerr=errors, fmt=look.mark, ms=3.5, lw=1, color=look.colour, label=style.literal(item.name)
            )
        axis.axvline(0, color=colours.BLACK, lw=0.5, ls=":")
        axis.set_yticks(rows, map(style.literal, data.terms))
        axis.xaxis.set_major_locator(MaxNLocator(5))
    left.set_ylim(len(rows) - 0.4, -0.6)
    left.set_xlabel(style.literal(data.label))
    right.set_xlabel("difference from the truth")
    handles, names = left.get_legend_handles_labels()
    kept = [(h, n) for h, n in zip(handles, names, strict=True) if n != "published" or np.isfinite(data.published).any()]
    figure.legend(*zip(*kept, strict=True), loc="outside lower center", ncols=len(kept) if len(kept) <= 6 else -(-len(kept) // 2))
    style.letters((left, right))
    return figure


def _draw_scatter(axis: Axes, data: Ratios, shift: Floats) -> None:
    """Draw the mean ± standard deviation of the estimates that are no reference as bands, where there are several."""
    values = np.array([item.values for item in data.estimates if not item.reference])
    if len(values) > 1:
        mean, spread = values.mean(0) - shift, values.std(0, ddof=1)
        rows = np.arange(len(data.terms))
        axis.barh(rows, 2 * spread, 0.84, left=mean - spread, color=colours.BAND, zorder=0, label="mean ± s.d. of seeds")
