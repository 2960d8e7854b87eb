"""The fit of a library to snapshots: 42 terms on chains of 35 sites, and what its errors cost."""

import functools

import numpy as np

from benchmarks.measure import Figure, at_most, medians
from paper_repro.analysis.adequacy import adequacy
from paper_repro.analysis.coupling_fit import fit_couplings
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.hamiltonian import coupling_matrix
from paper_repro.physics.terms import Terms
from paper_repro.physics.terms.library import library
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.spec import load_spec, specs_folder

SPEC = load_spec(specs_folder() / "paper.toml").record
SITES, TARGET, MEASURED = 35, 10_000, 2_000


def candidates() -> Terms:
    return library("candidates-42").terms("AB", Geometry.open_chain(SITES))


@functools.cache
def snapshots(count: int) -> Snapshots:
    generator = np.random.default_rng(1)
    species = generator.permutation(np.repeat([0, 1], [18, 17]))
    spins = ExactChain(coupling_matrix(species, SPEC.hamiltonian), SPEC.beta).sample(count, generator)
    return Snapshots.of(spins, species, run=np.arange(count), species_names="AB")


def fit_of_candidates() -> Figure:
    terms, data = candidates(), [snapshots(TARGET)]
    (took,) = medians(lambda: fit_couplings(data, terms, threads=2), pairs=3)
    what = f"fit of {len(terms)} terms with errors to {TARGET:,} snapshots of {SITES} sites, 2 cores"
    return at_most(what, 60, took, "s", f"{took / TARGET * 1e3:.2f} ms a snapshot")


def fit_against_single_terms() -> Figure:
    """The reference reads the data once, a term at a time, and has no errors."""
    terms, data = candidates(), snapshots(MEASURED)
    bound = terms.on(data.geometry, data.species)

    def reference() -> None:
        for start in range(0, MEASURED, 512):
            spins = data.spins[start : start + 512]
            flat = np.stack([part.gradient(spins) for part in bound.terms], axis=-1).reshape(-1, len(terms))
            np.linalg.solve(flat.T @ flat, sum(part.laplacian(spins).sum() for part in bound.terms) * np.ones(len(terms)))

    slow, fast = medians(reference, lambda: fit_couplings([data], terms))
    detail = f"{fast:.2f} s against {slow:.2f} s for {MEASURED:,} snapshots, one core; the fit reads twice"
    return at_most(
        "fit of 42 terms with errors over sums over clusters a term at a time, without errors", 4, fast / slow, "×", detail
    )


def adequacy_of_candidates() -> Figure:
    terms, data = candidates(), [snapshots(MEASURED)]
    along = fit_couplings(data, terms, threads=2).correlation
    (took,) = medians(lambda: adequacy(data, terms, along, threads=2), pairs=3)
    return at_most(f"test of adequacy of 42 terms, {MEASURED:,} snapshots of {SITES} sites, 2 cores", 30, took, "s")


FIGURES = (fit_of_candidates, fit_against_single_terms, adequacy_of_candidates)
