"""A user-defined term, of which only the function is given: its derivatives on the spheres are taken numerically.

Along the geodesic through a spin S in a tangent direction e, S(h) = cos h S + sin h e, central differences of sixth order at
h = 0.01 give f' and f''; the tangent gradient is Σ_e f' e and the Laplacian Σ_e f'' over two orthogonal directions. Both are right
to 1e-8 for polynomials of degree up to 6 in a spin; the function must be smooth.
"""

from collections.abc import Callable
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arguments import checked_arguments
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.sphere import tangent_basis
from paper_repro.physics.terms.term import Term

_STEP = 0.01
_FIRST = {1: 45.0, 2: -9.0, 3: 1.0}  # over 60 h, odd in h
_SECOND = {1: 270.0, 2: -27.0, 3: 2.0}  # over 180 h², even, with -490 at h = 0
_PROBES = 7

#: Where a term acts: clusters (cluster, size) of sites, or what gives them for a geometry.
Clusters = Callable[[Geometry], npt.ArrayLike] | npt.ArrayLike


@attrs.frozen
class OwnTerm(Term):
    """φ = Σ ``function`` over clusters that ``place`` gives for a geometry; made by ``own_term``."""

    family = "own"
    formula = "its function"
    multilinear = False

    function: Callable[[Floats], Any]
    place: Callable[[Geometry], npt.ArrayLike] | tuple[tuple[int, ...], ...]
    claims_rotation: bool
    claims_inversion: Literal[1, -1, 0]

    @property
    def rotation_invariant(self) -> bool:
        """What was claimed, and is checked where the term is used."""
        return self.claims_rotation

    @property
    def inversion(self) -> Literal[1, -1, 0]:
        """What was claimed, and is checked where the term is used."""
        return self.claims_inversion

    @property
    def species(self) -> frozenset[int]:
        """None: ``place`` gives the sites on which it acts."""
        return frozenset()

    def clusters(self, geometry: Geometry, species: Integers) -> Integers:  # noqa: ARG002
        """Return the clusters (cluster, size); ``ValueError`` for invalid ones and for a function without its stated symmetries."""
        given: npt.NDArray[Any] = np.asarray(self.place(geometry) if callable(self.place) else self.place)
        if given.ndim != 2 or given.dtype.kind not in "iu" or given.shape[1] < 1:
            raise ValueError(f"clusters of {self.name!r}, {given.dtype} of shape {given.shape}; expected sites (cluster, size)")
        found: Integers = given.astype(np.int64)
        if found.size and (found.min() < 0 or found.max() >= geometry.sites):
            raise ValueError(
                f"clusters of {self.name!r} on sites {found.min()} to {found.max()}; expected 0 to {geometry.sites - 1}"
            )
        ordered = np.sort(found, axis=1)
        if (np.diff(ordered, axis=1) == 0).any():
            raise ValueError(f"clusters of {self.name!r} with one site twice; expected different sites")
        self._require_function(found.shape[1])
        return found

    def _require_function(self, size: int) -> None:
        """Raise ``ValueError`` unless the function gives a finite number for each cluster and has the symmetries claimed."""
        generator = np.random.default_rng(0)
        vectors = generator.standard_normal((_PROBES, size, 3))
        spins = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
        rotation, _ = np.linalg.qr(generator.standard_normal((3, 3)))
        value = self.value(spins)
        if self.rotation_invariant and not np.allclose(self.value(spins @ (rotation * np.linalg.det(rotation))), value, 1e-9, 1e-9):
            raise ValueError(f"{self.name!r} changes under a rotation of all spins; expected rotation_invariant=False")
        if self.inversion and not np.allclose(self.value(-spins), self.inversion * value, 1e-9, 1e-9):
            raise ValueError(f"{self.name!r} is not {self.inversion:+} times itself under S → -S; expected another inversion")

    def value(self, spins: Floats) -> Floats:
        """Return φ (…) of clusters of spins (…, size, 3); raises ``ValueError`` where the function gives something else."""
        found: npt.NDArray[Any] = np.asarray(self.function(spins))
        if found.shape != spins.shape[:-2] or found.dtype.kind not in "fiu" or not np.isfinite(found).all():
            raise ValueError(
                f"the function of {self.name!r} gives {found.dtype} of shape {found.shape} for spins of shape {spins.shape}; "
                f"expected finite numbers {spins.shape[:-2]}"
            )
        return found.astype(np.float64)

    def derivative(self, spins: Floats) -> Floats:
        """Return the tangent part of ∂φ/∂S (…, size, 3), numerically."""
        return self._along_geodesics(spins)[0]

    def laplacian(self, spins: Floats) -> Floats:
        """Return the Laplace-Beltrami Δ_i φ (…, size), numerically."""
        return self._along_geodesics(spins)[1]

    def _along_geodesics(self, spins: Floats) -> tuple[Floats, Floats]:
        gradient, laplacian = np.zeros(spins.shape), np.zeros(spins.shape[:-1])
        centre = self.value(spins)
        for site in range(spins.shape[-2]):
            for direction in np.moveaxis(tangent_basis(spins[..., site, :]), -2, 0):
                ahead, behind = ({k: self._moved(spins, site, direction, sign * k * _STEP) for k in _FIRST} for sign in (1, -1))
                first = sum(weight * (ahead[k] - behind[k]) for k, weight in _FIRST.items()) / (60 * _STEP)
                second = sum(weight * (ahead[k] + behind[k]) for k, weight in _SECOND.items()) - 490 * centre
                gradient[..., site, :] += np.asarray(first)[..., None] * direction
                laplacian[..., site] += second / (180 * _STEP**2)
        return gradient, laplacian

    def _moved(self, spins: Floats, site: int, direction: Floats, angle: float) -> Floats:
        moved = spins.copy()
        moved[..., site, :] = np.cos(angle) * spins[..., site, :] + np.sin(angle) * direction
        return self.value(moved)


@checked_arguments
def own_term(
    name: str,
    function: Callable[[Floats], Any],
    clusters: Clusters,
    *,
    rotation_invariant: bool = False,
    inversion: Literal[1, -1, 0] = 0,
) -> OwnTerm:
    """Return a user-defined term, φ = Σ function over clusters, with the energy -coupling × φ.

    Args:
        name: of the term, in tables and files.
        function: of spins (…, size, 3), unit vectors, to numbers (…); NumPy, smooth. It is all that a term needs.
        clusters: sites (cluster, size), or a function of the geometry that gives them, such as ``lambda g: g.runs(3)``,
            ``lambda g: g.pairs_of(1)``.
        rotation_invariant: whether a common rotation of all spins leaves it as it is; checked, and False claims nothing.
        inversion: +1 or -1 where S → -S gives this times the function; checked, and 0 claims nothing.

    >>> cube = lambda spins: (spins[..., 0, :] * spins[..., 2, :]).sum(-1) ** 3
    >>> ring = pr.own_term("ring", cube, lambda geometry: geometry.runs(3), rotation_invariant=True, inversion=1)
    >>> ring.clusters(pr.Geometry.open_chain(4), np.zeros(4, dtype=int)).tolist()
    [[0, 1, 2], [1, 2, 3]]
    """
    place = clusters
    if not callable(place):
        given = np.asarray(place)
        if given.ndim != 2 or given.dtype.kind not in "iu":
            raise ValueError(f"clusters of {name!r}, {given.dtype} of shape {given.shape}; expected sites (cluster, size)")
        place = tuple(tuple(row) for row in given.tolist())
    return OwnTerm(name, function, place, rotation_invariant, inversion)
