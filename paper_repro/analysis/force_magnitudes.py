"""The record of the sizes of forces; it loads nothing that computes them."""

import attrs

from paper_repro.numerics.arrays import Floats, Integers


@attrs.frozen(eq=False)
class ForceMagnitudes:
    """Histograms of the size of β × force on a spin (bin,): of a network, and exact; common ``edges`` (bin + 1,)."""

    edges: Floats
    inferred: Integers
    exact: Integers
