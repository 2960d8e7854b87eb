"""Worlds whose law is known: the paper's, and laws at random of a few of the candidates; independent snapshots of each.

All chains of a random world are sampled together, as one system of as many pieces, by the moves of ``sampling.moves`` from random
starts: cooled for half of the sweeps, then kept at the temperature. The more snapshots, the smaller the distance from equilibrium
that shows in a fit: after 100 sweeps it is 19 standard errors of an anisotropy in 1,000 snapshots of the coldest laws.
"""

from collections.abc import Sequence

import attrs
import numpy as np

import paper_repro as pr
from paper_repro.analysis.adequacy import adequacy
from paper_repro.analysis.confounded import confounded_groups
from paper_repro.analysis.coupling_fit import CouplingFit, fit_couplings
from paper_repro.analysis.data_checks import data_warnings
from paper_repro.analysis.identifiability import acting
from paper_repro.analysis.one_step import likelihood_applies, one_step
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.physics.sphere import normalise
from paper_repro.physics.terms import BoundTerms, Terms
from paper_repro.physics.terms.bound import BoundTerm
from paper_repro.physics.truth import Truth
from paper_repro.sampling.continued import continued
from paper_repro.sampling.local_polynomials import lane_last
from paper_repro.sampling.local_terms import LocalTerms
from paper_repro.sampling.moves import Lanes, sweep
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.spec import Spec
from paper_repro.studies.inference.verdicts import RESOLUTION, verdicts

LEVEL = 0.01
#: Chains of different species in a random world; with more snapshots each chain has several.
_CHAINS = 20
#: Sweeps of a random world: 16 for each of its snapshots, within these bounds.
_SWEEPS, _FEWEST, _MOST = 16, 3_200, 6_400
#: Sweeps from a snapshot of the paper's law to one of that law and small terms.
_CONTINUED = 400

#: Open chains with their species.
Places = Sequence[tuple[Geometry, Integers]]


@attrs.frozen(eq=False)
class World:
    """A law, θ = β × coupling (term,) of all candidates, 0 for those that are not in it, and snapshots of it."""

    terms: Terms
    theta: Floats
    data: list[Snapshots]

    @property
    def true(self) -> frozenset[str]:
        """The names of the terms of the law."""
        return frozenset(name for name, value in zip(self.terms.names, self.theta, strict=True) if value)

    @property
    def large(self) -> frozenset[str]:
        """The names of the terms that "absent" excludes."""
        sizes = np.abs(self.theta)
        return frozenset(name for name, size in zip(self.terms.names, sizes, strict=True) if size >= RESOLUTION * sizes.max())


def paper_world(spec: Spec, snapshots: int, generator: np.random.Generator) -> World:
    """Return one exact snapshot of the paper's law for each of as many random sequences of 20 to 50 sites, with 42 candidates."""
    places = _chains("AB", snapshots, generator)
    terms = _candidates("AB", places)
    law = Truth.of(spec.hamiltonian, spec.beta)
    data = [
        Snapshots.of(law.exact(geometry, species).sample(1, generator), species, species_names="AB") for geometry, species in places
    ]
    return World(terms, _theta(spec, terms, {}), data)


def world_of_small_terms(spec: Spec, extra: dict[str, float], generator: np.random.Generator) -> World:
    """Return 1,000 snapshots of the paper's law and a few terms of small couplings, 40 of each of 25 sequences.

    ``extra`` has the coupling of each family, or of what a name begins with; which of its terms it is, is drawn.
    """
    places = _chains("AB", 25, generator)
    terms, law = _candidates("AB", places), Truth.of(spec.hamiltonian, spec.beta)
    drawn = {str(generator.choice([name for name in terms.names if name.startswith(start)])): c for start, c in extra.items()}
    theta, data = _theta(spec, terms, drawn), []
    for geometry, species in places:
        spins = law.exact(geometry, species).sample(40, generator)
        start = Snapshots.of(spins, species, run=np.arange(40), species_names="AB")
        data.append(continued(start, SpinHamiltonian(start.bind(terms), theta), 1.0, _CONTINUED, 40, generator))
    return World(terms, theta, data)


def random_world(snapshots: int, generator: np.random.Generator, sweeps: int | None = None) -> World:
    """Return a world of 1 to 3 species, 2 to 8 terms with couplings of 0.2 to 1 of either sign, at a temperature of 0.05 to 0.5.

    Its candidates are those that act on its chains. ``sweeps`` replaces the number that brings it to equilibrium.
    """
    names = "ABC"[: int(generator.integers(1, 4))]
    places = _chains(names, min(snapshots, _CHAINS), generator)
    terms = _candidates(names, places)
    theta = np.zeros(len(terms))
    chosen = generator.choice(len(terms), int(generator.integers(2, 9)), replace=False)
    theta[chosen] = generator.choice([-1, 1], len(chosen)) * generator.uniform(0.2, 1.0, len(chosen))
    theta /= np.exp(generator.uniform(np.log(0.05), np.log(0.5)))
    data = _sample(terms, theta, places, snapshots, sweeps or int(np.clip(_SWEEPS * snapshots, _FEWEST, _MOST)), generator)
    kept = acting(terms, data)
    return World(kept, theta[[terms.names.index(name) for name in kept.names]], data)


def _chains(names: str, count: int, generator: np.random.Generator) -> Places:
    sizes = generator.integers(20, 51, count)
    return [(Geometry.open_chain(int(sites)), generator.integers(0, len(names), sites)) for sites in sizes]


def _candidates(names: str, places: Places) -> Terms:
    geometries = [geometry for geometry, _ in places]
    return pr.candidates(geometries).terms(names, geometries)


def _theta(spec: Spec, terms: Terms, extra: dict[str, float]) -> Floats:
    """Return β × coupling (term,) of the paper's law and of ``extra`` terms by name."""
    known = {f"exchange {term.separation} {''.join(sorted(term.pair or ''))}": term.coupling for term in spec.hamiltonian.terms}
    return spec.beta * np.array([(known | extra).get(name, 0.0) for name in terms.names])


def _sample(
    terms: Terms, theta: Floats, places: Places, snapshots: int, sweeps: int, generator: np.random.Generator
) -> list[Snapshots]:
    """Return ``snapshots`` independent snapshots of p ∝ e^{θ·φ}, as many of each chain as of the others, or one more."""
    law = LocalTerms(SpinHamiltonian(_side_by_side(terms, places), theta))
    starts = np.cumsum([0, *(geometry.sites for geometry, _ in places)])
    count = -(-snapshots // len(places))
    spins = lane_last(normalise(generator.standard_normal((count, int(starts[-1]), 3))))
    tally = np.zeros((2, count), dtype=np.int64)
    for beta in np.minimum(1, np.linspace(0, 2, sweeps + 1)[1:]):
        step = 1 / np.sqrt(1 + beta * law.largest_energy())
        sweep(Lanes(spins, np.full(count, beta), np.full(count, step), tally[0], tally[1]), law, generator)
    made = []
    for number, (geometry, species) in enumerate(places):
        kept = snapshots // len(places) + (number < snapshots % len(places))
        own = spins[:kept, starts[number] : starts[number + 1]]
        made.append(Snapshots.of(own, species, geometry=geometry, run=np.arange(kept), species_names=terms.species_names))
    return made


def _side_by_side(terms: Terms, places: Places) -> BoundTerms:
    """Return the terms on all chains as on one system, whose sites are those of the chains in turn."""
    found: list[list[Integers]] = [[] for _ in terms.terms]
    start = 0
    for geometry, species in places:
        for clusters, bound in zip(found, terms.on(geometry, species).terms, strict=True):
            clusters.append(bound.clusters + start)
        start += geometry.sites
    parts = zip(terms.terms, found, strict=True)
    return BoundTerms(tuple(BoundTerm(term, start, np.concatenate(own)) for term, own in parts), start)


def fits(world: World, level: float = LEVEL) -> tuple[CouplingFit, CouplingFit]:
    """Return the closed form of a world with errors from the data, and the fit that ``infer`` takes."""
    fit = fit_couplings(world.data, world.terms)
    enough = adequacy(world.data, world.terms, fit.correlation, level=level)
    if not likelihood_applies(fit, enough, data_warnings(world.data, world.terms, fit)):
        return fit, fit
    return fit, one_step(world.data, world.terms, fit)


def claimed(fit: CouplingFit, verdict: str = "present", level: float = LEVEL) -> frozenset[str]:
    """Return the names of the terms that have a verdict."""
    grouped = frozenset(name for group in confounded_groups(fit, level) for name in group.terms)
    return frozenset(name for name, given in zip(fit.terms, verdicts(fit, level, grouped), strict=True) if given == verdict)


def false_claims(world: World, fit: CouplingFit, level: float = LEVEL) -> frozenset[str]:
    """Return the terms that are claimed falsely.

    Those present and not there, those absent and a tenth of the strongest or more, and groups of which no term is there.
    """
    groups = [frozenset(group.terms) for group in confounded_groups(fit, level)]
    of_groups = frozenset[str]().union(*(group for group in groups if not group & world.true))
    return (claimed(fit, level=level) - world.true) | (claimed(fit, "absent", level) & world.large) | of_groups
