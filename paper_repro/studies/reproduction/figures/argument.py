"""The argument of the paper on one test chain: snapshot, W, force, couplings (paper, Fig. 1)."""

import numpy as np

from paper_repro.physics.hamiltonian import coupling_matrix, exchange_force
from paper_repro.physics.species import as_species
from paper_repro.report.figures.argument import Argument
from paper_repro.report.figures.ratios import Estimates
from paper_repro.report.figures.spins import Chain
from paper_repro.studies.reproduction.results import AUTHORS_NAME
from paper_repro.studies.reproduction.subject import Subject


def estimates(subject: Subject, *, ratios: bool) -> list[Estimates]:
    """Return the couplings βJ of every network, or their ratios to the reference coupling."""
    found = []
    for name, part in subject.results.named(subject.results.inversion):
        values = part.ratios if ratios else part.couplings
        numbers = np.array([[values[term].value, values[term].standard_error] for term in subject.terms])
        found.append(Estimates(name, numbers[:, 0], numbers[:, 1], reference=name == AUTHORS_NAME))
    return found


def argument(subject: Subject) -> Argument | None:
    """Return the first network's view of its example; None without a reading of W and an inversion."""
    results, spec = subject.results, subject.spec
    if not (results.inversion and results.readout):
        return None
    example = results.readout.trained[0].example
    matrix = coupling_matrix(as_species(example.sequence, spec.hamiltonian.species), spec.hamiltonian)
    return Argument(
        chain=Chain(example.sequence, example.spins),
        species=spec.hamiltonian.species,
        network=f"seed {results.seeds[0]}",
        interaction=example.interaction,
        true_interaction=spec.beta * matrix,
        force=example.force,
        true_force=np.asarray(exchange_force(example.spins, matrix, spec.beta), dtype=np.float64),
        terms=subject.terms,
        true_couplings=spec.beta * subject.couplings,
        couplings=estimates(subject, ratios=False),
    )
