"""What every term answers: where it acts, its function on one cluster of spins, and that function's derivatives on the spheres."""

import abc
from typing import Any, ClassVar, Literal

import attrs
import numpy as np

from paper_repro.numerics.arguments import require_fields
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.geometry import Geometry


@attrs.frozen
class Term(abc.ABC):
    """One basis function φ of a Hamiltonian H = -Σ_k coupling_k φ_k: a sum over clusters of sites, each once.

    ``formula`` is φ on one cluster, ``note`` what must be known to read a coupling. ``multilinear``: φ is linear in each spin, so
    that the conditional law of a spin is von Mises-Fisher and Δ_i φ = -2 φ on every spin of a cluster. ``rotation_invariant``: a
    common rotation of all spins leaves φ as it is. ``inversion``: +1 where S → -S leaves φ as it is, -1 where it changes its sign,
    0 where it does neither. A family of several ``components`` has a field ``component``, the place of the term's own among them.
    """

    family: ClassVar[str]
    formula: ClassVar[str]
    note: ClassVar[str] = ""
    components: ClassVar[tuple[str, ...]] = ()

    name: str

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` for a name that cannot be shown, and for a component that does not exist."""
        require_fields(self)
        if not self.name.strip() or not self.name.isprintable():
            raise ValueError(f"a term named {self.name!r}; expected a name that can be printed")
        component: Any = getattr(self, "component", None)
        if self.components and component not in range(len(self.components)):
            numbers = [str(number) for number in range(len(self.components))]
            raise ValueError(
                f"component = {component!r} of {self.name!r}; expected {', '.join(numbers[:-1])} or {numbers[-1]}, "
                f"for {', '.join(self.components[:-1])} or {self.components[-1]}"
            )

    @property
    def component_name(self) -> str | None:
        """Which of the family's ``components`` the term is; None where the family has none."""
        component: int | None = getattr(self, "component", None)
        return None if component is None else self.components[component]

    @property
    @abc.abstractmethod
    def multilinear(self) -> bool:
        """Whether φ is linear in each spin."""

    @property
    @abc.abstractmethod
    def rotation_invariant(self) -> bool:
        """Whether a common rotation of all spins leaves φ as it is."""

    @property
    @abc.abstractmethod
    def inversion(self) -> Literal[1, -1, 0]:
        """The sign of φ under S → -S, 0 where it is neither even nor odd."""

    @property
    @abc.abstractmethod
    def species(self) -> frozenset[int]:
        """The species that the term names; none where it acts on all."""

    @abc.abstractmethod
    def clusters(self, geometry: Geometry, species: Integers) -> Integers:
        """Return the clusters (cluster, size) of sites on which the term acts, for the species (site,) of the sites."""

    def span(self, sites: int) -> int:
        """Return how many consecutive sites of an open chain a cluster covers at most; 0 where the term acts on none.

        Found on a chain of ``sites`` or more, in which every short word of the species of the term occurs. Raises ``ValueError``
        for a term that does not act on chains.
        """
        species = np.array(sorted(self.species) or [0])
        chain = species[np.random.default_rng(0).integers(len(species), size=max(sites, 40 * len(species) ** 2))]
        clusters = self.clusters(Geometry.open_chain(len(chain)), chain)
        return int((clusters.max(1) - clusters.min(1)).max(initial=-1)) + 1

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
