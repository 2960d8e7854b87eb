"""The data: lengths of the chains, cosines of the bonds, sizes of the force, and a few snapshots."""

from collections.abc import Sequence

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style
from paper_repro.report.figures.spins import MOST, Chain, strip


@attrs.frozen(eq=False)
class Lengths:
    """The number of chains (length,) of each length (length,) in a data set."""

    name: str
    lengths: Floats
    counts: Floats


@attrs.frozen(eq=False)
class Histogram:
    """Counts (bin,) between ``edges`` (bin + 1,); the ``truth`` is filled, a ``reference`` is a black line."""

    name: str
    edges: Floats
    counts: Floats
    reference: bool = False
    truth: bool = False

    @property
    def density(self) -> Floats:
        """The counts as a density (bin,)."""
        density: Floats = self.counts / self.counts.sum() / np.diff(self.edges)
        return density


@attrs.frozen(eq=False)
class Ensemble:
    """What there is of the data; ``forces`` may be empty: their panel is then left out. ``species`` are the letters in use."""

    lengths: Sequence[Lengths]
    bonds: Sequence[Histogram]
    forces: Sequence[Histogram]
    snapshots: Sequence[Chain]
    species: str


def draw(data: Ensemble) -> Figure:
    """Draw the panels: lengths next to forces, the bonds, and a strip for each snapshot."""
    strips = "123456789"[: len(data.snapshots)]
    top = "LF" if data.forces else "L"
    figure = style.figure(5.6 + 0.75 * len(strips))
    rows = [top, *(letter * len(top) for letter in "B" + strips)]
    axes = figure.subplot_mosaic(";".join(rows), height_ratios=[2.6, 2.6] + [0.75] * len(strips))
    _draw_lengths(axes["L"], data.lengths)
    _draw_bonds(axes["B"], data.bonds)
    if data.forces:
        _draw_forces(axes["F"], data.forces)
    chains = [axes[letter] for letter in strips]
    sites = min(max(len(chain.sequence) for chain in data.snapshots), MOST)
    for axis, chain in zip(chains, data.snapshots, strict=True):
        strip(axis, chain, data.species, sites)
        axis.tick_params(labelbottom=axis is chains[-1])
    chains[0].legend(loc="lower right", bbox_to_anchor=(0.85, 1), ncols=len(data.species))
    chains[-1].set_xlabel("site")
    style.letters([*(axes[letter] for letter in top + "B"), chains[0]])
    return figure


def _draw_lengths(axis: Axes, sets: Sequence[Lengths]) -> None:
    """Draw the share of each length; the band is two standard deviations of what a uniform law gives in the smallest set."""
    smallest = min(item.counts.sum() for item in sets)
    share = 1 / len(sets[0].lengths)
    spread = 2 * np.sqrt(share * (1 - share) / smallest)
    axis.axhspan(max(share - spread, 0), share + spread, color=colours.BAND, zorder=0, label="uniform, ±2σ")
    for index, item in enumerate(sets):
        look = style.look(index)
        axis.plot(item.lengths, item.counts / item.counts.sum(), look.mark, ms=3, color=look.colour, label=item.name)
    axis.margins(y=0.3)
    axis.set_xticks(style.integers(int(sets[0].lengths[0]), int(sets[0].lengths[-1])))
    axis.set(xlabel="length N (sites)", ylabel="share of sequences")
    axis.legend(loc="upper center", ncols=3, columnspacing=0.8, handletextpad=0.2, handlelength=1.2)


def _draw_bonds(axis: Axes, bonds: Sequence[Histogram]) -> None:
    for index, item in enumerate(bonds):
        look = style.look(index)
        axis.stairs(item.density, item.edges, color=look.colour, ls=look.dash, lw=1.4, label=style.literal(item.name))
    axis.set(xlabel="S_i · S_j of the bond", ylabel="density", xlim=(-1, 1))
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), ncols=1 + (len(bonds) - 1) // 11)


def _draw_forces(axis: Axes, forces: Sequence[Histogram]) -> None:
    """Draw the densities up to where all but a part in a thousand lies."""
    reach = 0.0
    for index, item in enumerate(forces):
        look = style.look(index, reference=item.reference)
        if item.truth:
            axis.stairs(item.density, item.edges, color=colours.GREY, fill=True, zorder=0, label=item.name)
        else:
            axis.stairs(item.density, item.edges, color=look.colour, ls=look.dash, lw=1.3, label=style.literal(item.name))
        inside = np.cumsum(item.counts) <= 0.999 * item.counts.sum()
        reach = max(reach, float(item.edges[1:][inside].max(initial=item.edges[2])))
    axis.set(xlim=(0, reach), xlabel="size of the force on a spin, β|(I - SSᵀ)h|", ylabel="density")
    axis.legend()
