"""How well a data set was sampled: swaps of replicas, autocorrelation, mean energies against exact ones."""

from collections.abc import Callable, Sequence

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style


@attrs.frozen(eq=False)
class SwapRates:
    """Accepted swaps of neighbouring replicas (pair,) against the geometric mean of their temperatures (pair,)."""

    name: str
    temperatures: Floats
    rates: Floats


@attrs.frozen(eq=False)
class Correlation:
    """Autocorrelation and its standard error (lag,) at ``lags`` (lag,) in sweeps; lag 0, where it is 1, is not drawn."""

    name: str
    lags: Floats
    values: Floats
    errors: Floats


@attrs.frozen(eq=False)
class Scores:
    """A histogram of z-scores: ``counts`` (bin,) between ``edges`` (bin + 1,)."""

    edges: Floats
    counts: Floats


@attrs.frozen(eq=False)
class Sampling:
    """What there is to show; empty or None is a panel that is left out. ``thinning`` in sweeps."""

    swaps: Sequence[SwapRates]
    correlations: Sequence[Correlation]
    thinning: float
    scores: Scores | None

    @property
    def panels(self) -> list[Callable[[Axes], None]]:
        """The panels that have something to show."""
        choices = ((self.swaps, self._draw_swaps), (self.correlations, self._draw_correlations), (self.scores, self._draw_scores))
        return [draw for data, draw in choices if data]

    def _draw_swaps(self, axis: Axes) -> None:
        for index, item in enumerate(self.swaps):
            look = style.look(index)
            axis.plot(item.temperatures, item.rates, look.mark, ms=4.5 - 2 * index, mfc="none", color=look.colour, label=item.name)
        axis.set(xscale="log", ylim=(0, 1), xlabel="temperature", ylabel="accepted swaps")
        axis.legend()

    def _draw_correlations(self, axis: Axes) -> None:
        for index, item in enumerate(self.correlations):
            look = style.look(index)
            shown = (item.lags > 0) & (item.lags <= max(1.2 * self.thinning, item.lags[min(3, len(item.lags) - 1)]))
            axis.errorbar(
                item.lags[shown], item.values[shown], yerr=item.errors[shown], marker=look.mark, ms=3, lw=1, ls=look.dash,
                color=look.colour, label=item.name,
            )  # fmt: skip
        axis.axvline(self.thinning, color=colours.BLACK, lw=0.8, ls=":", label="thinning")
        axis.axhline(0, color=colours.BLACK, lw=0.5)
        axis.set(xlabel="lag (sweeps)", ylabel="autocorrelation")
        axis.legend()

    def _draw_scores(self, axis: Axes) -> None:
        if self.scores is None:
            return
        edges, counts = self.scores.edges, self.scores.counts
        axis.stairs(counts, edges, color=colours.BLUE, fill=True, alpha=0.4, label=f"{int(counts.sum()):,} sequences")
        centres = (edges[1:] + edges[:-1]) / 2
        normal = counts.sum() * np.diff(edges) * np.exp(-(centres**2) / 2) / np.sqrt(2 * np.pi)
        axis.plot(centres, normal, color=colours.BLACK, lw=1, label="standard normal")
        reach = max(4.0, float(np.abs(centres[counts > 0]).max(initial=0.0)) + 0.2)
        axis.set(xlabel="z of the mean energy", ylabel="sequences", xlim=(-reach, reach))
        axis.set_ylim(0, 1.35 * max(counts.max(), normal.max()))
        axis.legend()


def draw(data: Sampling) -> Figure:
    """Draw the panels that have something to show, side by side."""
    panels = data.panels
    figure = style.figure(2.8)
    axes = list(figure.subplots(1, len(panels), squeeze=False).flat)
    for axis, panel in zip(axes, panels, strict=True):
        panel(axis)
    style.letters(axes)
    return figure
