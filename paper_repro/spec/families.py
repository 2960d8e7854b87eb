"""The families of terms that ``[hamiltonian]`` of a spec can name: on what a term of each acts, and its components.

They are those of ``physics.terms``, which the spec does not load; a test holds the two lists together.
"""

from collections.abc import Mapping
from typing import Literal

import attrs

FamilyName = Literal[
    "exchange", "biquadratic", "power", "four_spin", "bond_product", "chirality", "dzyaloshinskii_moriya",
    "anisotropic_exchange", "anisotropy", "field",
]  # fmt: skip


@attrs.frozen
class Family:
    """A term acts on sites, on pairs of sites of one separation, or on runs of consecutive sites, and may have components."""

    on: Literal["sites", "pairs", "runs"]
    components: tuple[str, ...] = ()


_VECTOR, _TENSOR = ("x", "y", "z"), ("xy", "yz", "zx", "x2-y2", "3z2-r2")

#: What each family is.
FAMILIES: Mapping[FamilyName, Family] = {
    "exchange": Family("pairs"),
    "biquadratic": Family("pairs"),
    "power": Family("pairs", ("3", "4")),
    "four_spin": Family("runs"),
    "bond_product": Family("runs"),
    "chirality": Family("runs"),
    "dzyaloshinskii_moriya": Family("pairs", _VECTOR),
    "anisotropic_exchange": Family("pairs", _TENSOR),
    "anisotropy": Family("sites", _TENSOR),
    "field": Family("sites", _VECTOR),
}
