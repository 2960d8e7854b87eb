"""One reading of held-out snapshots: a force field, its divergence, and the terms of a library and of others."""

from collections.abc import Callable, Iterator, Sequence

import attrs
import numpy as np

from paper_repro.analysis.force_field import ForceField, force_on
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.parallel import in_order
from paper_repro.numerics.streams import data_key
from paper_repro.physics.sphere import tangent_basis
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots

#: Step of a numerical divergence, in rad, random directions for each snapshot, and snapshots that are held at once.
_STEP, _DIRECTIONS, _TOGETHER = 0.02, 2, 128


@attrs.frozen(eq=False)
class _Sums:
    gram: Floats
    total: Floats
    along: Floats
    laplacians: Floats
    stein: Floats
    squares: Floats


@attrs.frozen(eq=False)
class HeldOutSums(_Sums):
    """Sums over all spins of a field F and of terms φ, and sums over the spins of each snapshot, in the order of the data.

    ``gram`` Σ ∇φ_k·∇φ_l (term, term), ``total`` ΣF over all components; ``along`` F·∇φ_k, ``laplacians`` Δφ_k and ``stein``
    Σ_l θ_l ∇φ_l·∇φ_k + Δφ_k are (snapshot, term), ``squares`` F·F and ``divergence`` div F (snapshot,). θ are the couplings of the
    first terms, the library; ``library`` is their number.
    """

    divergence: Floats
    library: int

    @property
    def moment(self) -> Floats:
        """Σ F·∇φ_k (term,)."""
        result: Floats = self.along.sum(0)
        return result


@attrs.frozen(eq=False)
class _Part(_Sums):
    moved: Floats
    moved_terms: Floats


def held_out_sums(
    field: ForceField,
    data: Sequence[Snapshots],
    terms: Terms,
    theta: Floats,
    threads: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> HeldOutSums:
    """Evaluate a field and ``terms`` on snapshots; ``theta`` (library term,) are β × couplings of the first of them.

    The divergence of the field needs none of its derivatives: for random tangent directions e of all spins at once it is the
    mean of e·(F(x + he) - F(x - he)) / 2h along geodesics. The noise of the directions in Σ c_k ∇φ_k, the best fit of the library
    to F, is known and taken away. ``progress`` is called with the snapshots done; ``threads`` changes no byte.
    """
    library, done = len(theta), 0
    parts = []
    for part in in_order(lambda some: _evaluated(field, *some, terms, theta), _shares(data), threads):
        parts.append(part)
        progress(done := done + len(part.squares))
    gram, total = sum(part.gram for part in parts), sum(part.total for part in parts)
    along, laplacians, stein, squares, moved, moved_terms = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("along", "laplacians", "stein", "squares", "moved", "moved_terms")
    )
    ours = np.asarray(gram)[:library, :library]
    fitted = np.linalg.lstsq(ours, along.sum(0)[:library], rcond=None)[0]
    divergence = moved - (moved_terms - laplacians[:, :library]) @ fitted
    return HeldOutSums(np.asarray(gram), np.asarray(total), along, laplacians, stein, squares, divergence, library)


def _shares(data: Sequence[Snapshots]) -> Iterator[tuple[Snapshots, np.random.SeedSequence]]:
    for record, snapshots in enumerate(data):
        for number, part in enumerate(snapshots.in_parts(_TOGETHER)):
            yield part, data_key(0, "divergence", record, number * _TOGETHER)


def _evaluated(field: ForceField, known: Snapshots, key: np.random.SeedSequence, terms: Terms, theta: Floats) -> _Part:
    bound, spins, library = known.bind(terms), known.spins, len(theta)
    gradients, laplacians = bound.gradients_and_laplacians(spins)  # (snapshot, site, component, term), (snapshot, site, term)
    force = force_on(field, known)
    flat = gradients.reshape(-1, len(terms))
    expected = gradients[..., :library] @ theta
    ours = attrs.evolve(terms, terms=terms.terms[:library])
    moved, moved_terms = _moved(field, known, ours, np.random.default_rng(key))
    totals = laplacians.sum(1)
    return _Part(
        gram=flat.T @ flat,
        total=np.array(force.sum()),
        along=np.einsum("nic,nick->nk", force, gradients, optimize=True),
        laplacians=totals,
        stein=np.einsum("nic,nick->nk", expected, gradients, optimize=True) + totals,
        squares=(force**2).sum((1, 2)),
        moved=moved,
        moved_terms=moved_terms,
    )


def _moved(field: ForceField, known: Snapshots, library: Terms, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Return e·(F(x + he) - F(x - he)) / 2h (snapshot,) and that of the gradients of the library (snapshot, term)."""
    basis = tangent_basis(known.spins)  # (snapshot, site, direction, component)
    count = len(library)
    of_field, of_terms = np.zeros(len(known)), np.zeros((len(known), count))
    angle = _STEP * np.sqrt(2)
    for _ in range(_DIRECTIONS):
        signs = 2.0 * generator.integers(0, 2, basis.shape[:3]) - 1
        direction = np.einsum("nia,niac->nic", signs, basis)  # of length √2
        for side in (1, -1):
            spins = np.cos(angle) * known.spins + side * np.sin(angle) / np.sqrt(2) * direction
            there = attrs.evolve(known, spins=spins)
            weight = side / (2 * _STEP * _DIRECTIONS)
            of_field += weight * (direction * force_on(field, there)).sum((1, 2))
            gradients = there.bind(library).gradients(spins)
            of_terms += weight * np.einsum("nic,nick->nk", direction, gradients, optimize=True)
    return of_field, of_terms
