"""The argument on one chain: a snapshot, the interaction matrix, the force, and the couplings that least squares gives."""

from collections.abc import Sequence

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style
from paper_repro.report.figures.ratios import Estimates
from paper_repro.report.figures.spins import MOST, Chain, strip


@attrs.frozen(eq=False)
class Argument:
    """One test chain: the output of a network, and the truth.

    ``interaction`` and ``true_interaction`` are W and βJ (site, site), ``force`` and ``true_force`` (site, 3); ``true_couplings``
    βJ (term,) and the estimates of every network, dimensionless. ``network`` is the name of the network of W and of the force.
    """

    chain: Chain
    species: str
    network: str
    interaction: Floats
    true_interaction: Floats
    force: Floats
    true_force: Floats
    terms: Sequence[str]
    true_couplings: Floats
    couplings: Sequence[Estimates]


def draw(data: Argument) -> Figure:
    """Draw the four panels."""
    figure = style.figure(7.6)
    axes = figure.subplot_mosaic("AA;BC;DD", height_ratios=[0.8, 3.0, 2.4])
    strip(axes["A"], data.chain, data.species, min(len(data.chain.sequence), MOST))
    axes["A"].legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(data.species))
    axes["A"].set_xlabel("site")
    _draw_matrix(figure, axes["B"], data)
    _draw_force(axes["C"], data)
    _draw_couplings(axes["D"], data)
    figure.legend(*axes["D"].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    style.letters([axes[name] for name in "ABCD"])
    return figure


def _draw_matrix(figure: Figure, axis: Axes, data: Argument) -> None:
    both = np.where(np.tri(len(data.interaction), dtype=bool), data.interaction, data.true_interaction)
    limit = float(np.abs(data.true_interaction).max()) or float(np.abs(data.interaction).max()) or 1.0
    image = axis.imshow(both, cmap="PuOr_r", vmin=-limit, vmax=limit)
    axis.set(xlabel="site j", ylabel="site i")
    axis.set_title("below: W; above: βJ", fontsize="medium")
    axis.spines[["top", "right"]].set_visible(True)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    figure.colorbar(image, ax=axis, shrink=0.9, label="W_ij, βJ_ij")


def _draw_force(axis: Axes, data: Argument) -> None:
    exact, found = data.true_force.ravel(), data.force.ravel()
    edge = 1.05 * float(max(np.abs(exact).max(), np.abs(found).max()))
    axis.plot([-edge, edge], [-edge, edge], color=colours.BLACK, lw=0.8, label="equal")
    axis.plot(exact, found, "o", ms=3, mfc="none", color=colours.BLUE, label=f"components, {style.literal(data.network)}")
    axis.set(xlabel="exact force, β(I - SSᵀ)h", ylabel="score of the network at t → 0")
    axis.legend(loc="upper left")


def _draw_couplings(axis: Axes, data: Argument) -> None:
    rows = np.arange(len(data.terms))
    axis.bar(rows, data.true_couplings, 0.85, color=colours.BAND, label="true βJ")
    for index, item in enumerate(data.couplings):
        look = style.look(index, reference=item.reference)
        at = rows + 0.7 * ((index + 0.5) / len(data.couplings) - 0.5)
        errors = np.nan_to_num(item.errors)
        axis.errorbar(
            at, item.values, yerr=errors, fmt=look.mark, ms=4, lw=1, mfc="none", color=look.colour, label=style.literal(item.name)
        )
    axis.axhline(0, color=colours.BLACK, lw=0.6)
    axis.set_xticks(rows, map(style.literal, data.terms), rotation=0 if len(rows) <= 8 else 90)
    axis.set(ylabel="coupling, dimensionless")
