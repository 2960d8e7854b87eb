"""Capabilities that a stage, or a part of one, needs and a spec lacks, each with a line for the report."""

from paper_repro.physics.exact import has_exact_solution
from paper_repro.physics.terms import Terms
from paper_repro.spec import Spec

EXACT_SOLUTION = "exact solution"
SEVERAL_SEQUENCES = "several test sequences"
#: Not of a spec: a run may do without.
LIKELIHOOD = "likelihood"


def missing(spec: Spec) -> dict[str, str]:
    """Return the capabilities that a spec lacks, each with a line on what is left out."""
    found = {}
    if not has_exact_solution(Terms.of(spec.hamiltonian)):
        beyond = f"couplings to separation {spec.hamiltonian.range} have no exact solution"
        found[EXACT_SOLUTION] = f"likelihood, plateau, end time and exact energies are left out: {beyond}"
    if min(spec.training_set.sequences, spec.test_set.sequences) < 2:
        found[SEVERAL_SEQUENCES] = "pooled autocorrelations are left out: a data set has one sequence"
    return found
