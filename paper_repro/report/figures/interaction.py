"""The size of W against the separation of the sites."""

from collections.abc import Sequence

import attrs
import numpy as np
from matplotlib.figure import Figure

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style


@attrs.frozen(eq=False)
class Decay:
    """Quartiles of |W| (separation, 3) of one network at ``separations`` (separation,)."""

    name: str
    separations: Floats
    quartiles: Floats
    reference: bool = False


@attrs.frozen(eq=False)
class Interaction:
    """Several networks, and the true β|J| (term,) at the separations of the terms (term,)."""

    networks: Sequence[Decay]
    true_separations: Floats
    true_sizes: Floats


def draw(data: Interaction) -> Figure:
    """Draw medians as lines and quartiles as bands, on a logarithmic axis; the true couplings are horizontal marks."""
    figure = style.figure(3.6)
    axis = figure.subplots()
    sizes = data.true_sizes > 0  # a coupling of 0 has no place on a logarithmic axis
    left, right = data.true_separations[sizes] - 0.4, data.true_separations[sizes] + 0.4
    axis.hlines(data.true_sizes[sizes], left, right, color=colours.BLACK, lw=1.5, label="true β|J|")
    for index, network in enumerate(data.networks):
        look = style.look(index, reference=network.reference)
        low, median, high = np.maximum(network.quartiles, 1e-12).T
        axis.fill_between(network.separations, low, high, color=look.colour, alpha=0.15, lw=0)
        axis.plot(
            network.separations,
            median,
            marker=look.mark,
            ms=3,
            lw=1.2,
            color=look.colour,
            ls=look.dash,
            label=style.literal(network.name),
        )
    axis.set(yscale="log", xlim=(0.4, None), xlabel="separation |i - j| (sites)", ylabel="|W_ij|")
    axis.set_xticks(style.integers(1, int(max(network.separations[-1] for network in data.networks))))
    axis.legend(ncols=2)
    return figure
