"""The five traceless symmetric tensors in which anisotropies are written: the real spherical harmonics of l = 2.

As matrices M_a they are orthonormal, tr(M_a M_b) = δ_ab: S·M·S is √2 S_x S_y for xy, (S_x² - S_y²)/√2 for x2-y2 and
(3 S_z² - 1)/√6 for 3z2-r2.
"""

import numpy as np

from paper_repro.numerics.arrays import Floats

ORTHONORMAL = (
    "M is traceless, symmetric and of norm 1, tr(M_a M_b) = δ_ab: S·M·S is √2 S_x S_y for xy, (S_x² - S_y²)/√2 for x2-y2, "
    "(3 S_z² - 1)/√6 for 3z2-r2"
)

COMPONENTS = ("xy", "yz", "zx", "x2-y2", "3z2-r2")


def _symmetric(one: int, other: int) -> Floats:
    matrix = np.zeros((3, 3))
    matrix[one, other] = matrix[other, one] = 0.5**0.5
    return matrix


#: (component, 3, 3), in the order of ``COMPONENTS``.
TENSORS: Floats = np.stack(
    [
        _symmetric(0, 1),
        _symmetric(1, 2),
        _symmetric(2, 0),
        np.diag([1.0, -1.0, 0.0]) / 2**0.5,
        np.diag([-1.0, -1.0, 2.0]) / 6**0.5,
    ]
)
