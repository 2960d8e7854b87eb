"""What every term answers: where it acts, its function on one cluster of spins, and that function's derivatives on the spheres."""

import abc
from typing import ClassVar, Literal

import attrs

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.geometry import Geometry


@attrs.frozen
class Term(abc.ABC):
    """One basis function φ of a Hamiltonian H = -Σ_k coupling_k φ_k: a sum over clusters of sites, each once.

    ``multilinear``: φ is linear in each spin, so that the conditional law of a spin is von Mises-Fisher and Δ_i φ = -2 φ on every
    spin of a cluster. ``rotation_invariant``: a common rotation of all spins leaves φ as it is. ``inversion``: +1 where S → -S
    leaves φ as it is, -1 where it changes its sign.
    """

    family: ClassVar[str]
    multilinear: ClassVar[bool]
    rotation_invariant: ClassVar[bool]
    inversion: ClassVar[Literal[1, -1]]

    name: str

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` for a name that cannot be shown."""
        if not self.name.strip() or not self.name.isprintable():
            raise ValueError(f"a term named {self.name!r}; expected a name that can be printed")

    @property
    @abc.abstractmethod
    def species(self) -> frozenset[int]:
        """The species that the term names; none where it acts on all."""

    @abc.abstractmethod
    def clusters(self, geometry: Geometry, species: Integers) -> Integers:
        """Return the clusters (cluster, size) of sites on which the term acts, for the species (site,) of the sites."""

    @abc.abstractmethod
    def value(self, spins: Floats) -> Floats:
        """Return φ (…) of clusters of spins (…, size, 3)."""

    @abc.abstractmethod
    def derivative(self, spins: Floats) -> Floats:
        """Return ∂φ/∂S (…, size, 3) in the surrounding space; only its tangent part is used.

        Where the term is multilinear it is the field on each spin, of which it does not depend on that spin itself.
        """

    def laplacian(self, spins: Floats) -> Floats:
        """Return the Laplace-Beltrami Δ_i φ (…, size) on the sphere of each spin of clusters (…, size, 3)."""
        if not self.multilinear:
            raise TypeError(f"{type(self).__name__} is not multilinear; expected a Laplacian of its own")
        result: Floats = (-2.0 * self.value(spins))[..., None].repeat(spins.shape[-2], axis=-1)
        return result
