"""Worlds at random: a law of a few of the candidates, with couplings and temperature drawn, and independent snapshots of it.

All chains of a world are sampled together, as one system of as many pieces, by the moves of ``sampling.moves`` from random starts:
cooled for half of the sweeps, then kept at the temperature. Estimates by score matching need only each spin to be in equilibrium
with those around it, which a few sweeps bring about.
"""

import attrs
import numpy as np

import paper_repro as pr
from paper_repro.analysis.adequacy import adequacy
from paper_repro.analysis.coupling_fit import RunCorrelation, fit_couplings
from paper_repro.analysis.data_checks import data_warnings
from paper_repro.analysis.identifiability import acting
from paper_repro.analysis.model_errors import law_gives_errors, with_model_errors
from paper_repro.analysis.site_contributions import equations
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.physics.sphere import normalise
from paper_repro.physics.terms import BoundTerms, Terms
from paper_repro.physics.terms.bound import BoundTerm
from paper_repro.sampling.local_terms import LocalTerms
from paper_repro.sampling.moves import Lanes, sweep
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.studies.inference.verdicts import RESOLUTION, verdicts

LEVEL = 0.01


@attrs.frozen(eq=False)
class World:
    """A law, θ = β × coupling (term,) of all candidates, 0 for those that are not in it, and snapshots of it."""

    terms: Terms
    theta: np.ndarray
    data: list[Snapshots]

    @property
    def true(self):
        return {name for name, value in zip(self.terms.names, self.theta, strict=True) if value}


def random_world(generator, snapshots, *, systems=20, sweeps=100):
    """Return a world of 1 to 3 species, 2 to 8 terms with couplings of 0.2 to 1 of either sign, at a temperature of 0.05 to 0.5."""
    names = "ABC"[: int(generator.integers(1, 4))]
    places = chains(names, min(snapshots, systems), generator)
    terms = pr.candidates(geometry for geometry, _ in places).terms(names, [geometry for geometry, _ in places])
    theta = np.zeros(len(terms))
    chosen = generator.choice(len(terms), int(generator.integers(2, 9)), replace=False)
    theta[chosen] = generator.choice([-1, 1], len(chosen)) * generator.uniform(0.2, 1.0, len(chosen))
    beta = 1 / np.exp(generator.uniform(np.log(0.05), np.log(0.5)))
    return World(terms, beta * theta, sample(terms, beta * theta, places, snapshots, generator, sweeps))


def chains(names, count, generator):
    """Return open chains of 20 to 50 sites with random species: geometry and species of each."""
    sizes = generator.integers(20, 51, count)
    return [(pr.Geometry.open_chain(int(sites)), generator.integers(0, len(names), sites)) for sites in sizes]


def sample(terms, theta, places, snapshots, generator, sweeps=100):
    """Return ``snapshots`` independent snapshots of p ∝ e^{θ·φ}, as many of each chain as of the others, or one more."""
    law = LocalTerms(SpinHamiltonian(side_by_side(terms, places), theta))
    starts = np.cumsum([0, *(geometry.sites for geometry, _ in places)])
    count = -(-snapshots // len(places))
    spins = normalise(generator.standard_normal((count, int(starts[-1]), 3)))
    zeros = np.zeros((2, count), dtype=np.int64)
    for beta in np.minimum(1, np.linspace(0, 2, sweeps + 1)[1:]):
        step = 1 / np.sqrt(1 + beta * law.largest_energy())
        sweep(Lanes(spins, np.full(count, beta), np.full(count, step), zeros[0], zeros[1]), law, generator)
    made = []
    for number, (geometry, species) in enumerate(places):
        kept = snapshots // len(places) + (number < snapshots % len(places))
        own = spins[:kept, starts[number] : starts[number + 1]]
        made.append(Snapshots.of(own, species, geometry=geometry, run=np.arange(kept), species_names=terms.species_names))
    return made


def side_by_side(terms, places):
    """Return the terms on all chains as on one system, whose sites are those of the chains in turn."""
    found, start = [[] for _ in terms.terms], 0
    for geometry, species in places:
        for clusters, bound in zip(found, terms.on(geometry, species).terms, strict=True):
            clusters.append(bound.clusters + start)
        start += geometry.sites
    return BoundTerms(
        tuple(BoundTerm(term, start, np.concatenate(own)) for term, own in zip(terms.terms, found, strict=True)), start
    )


def best_fit(data, terms, level=LEVEL):
    """Return the fit to data with the errors that ``infer`` takes."""
    fit = fit_couplings(data, terms)
    enough = adequacy(data, terms, fit.correlation, level=level)
    if law_gives_errors(fit, enough, data_warnings(data, terms, fit)):
        return with_model_errors(data, terms, fit)
    return fit


def claimed(fit, level=LEVEL, verdict="present"):
    """Return the names of the terms of which a verdict is given."""
    return {name for name, given in zip(fit.terms, verdicts(fit, level), strict=True) if given == verdict}


def false_claims(world):
    """Return the terms of a world whose verdict is false: present and not there, or absent and a tenth of the strongest or more."""
    fit = best_fit(world.data, acting(world.terms, world.data))
    sizes = np.abs(world.theta) / np.abs(world.theta).max()
    large = {name for name, size in zip(world.terms.names, sizes, strict=True) if size >= RESOLUTION}
    return (claimed(fit) - world.true) | (claimed(fit, verdict="absent") & large)


def stepwise(data, terms, level=LEVEL):
    """Return the terms that a forward selection takes, the broken twin: the likeliest of the left-out terms while p < level."""
    independent = RunCorrelation(1.0, 0.0, 1, resolved=True)
    system = equations(data, terms)
    chosen = [terms.terms[int(np.argmax(system.drive**2 / np.diagonal(system.gram)))]]
    while len(chosen) < len(terms):
        others = {term.name: term for term in terms.terms if term not in chosen}
        found = adequacy(data, Terms(chosen, terms.species_names), independent, tuple(others.values()), level)
        if found.p >= level:
            break
        chosen.append(others[found.alternatives[0].name])
    return {term.name for term in chosen}
