"""Capabilities that a stage, or a part of one, needs and a spec lacks, each with a line for the report."""

from paper_repro.physics.exact import without_exact_solution
from paper_repro.physics.hamiltonian import exchange_couplings
from paper_repro.physics.terms import Terms
from paper_repro.spec import Spec

EXACT_SOLUTION = "exact solution"
EXCHANGE = "exchange"
EXCHANGE_ALONE = "exchange alone"
SEVERAL_SEQUENCES = "several test sequences"
#: Not of a spec: a run may do without.
LIKELIHOOD = "likelihood"


def missing(spec: Spec) -> dict[str, str]:
    """Return the capabilities that a spec lacks, each with a line on what is left out."""
    found = {}
    terms = Terms.of(spec.hamiltonian)
    unsolved = without_exact_solution(terms)
    if unsolved:
        beyond = f"there is no exact solution with {', '.join(unsolved)}"
        found[EXACT_SOLUTION] = f"likelihood, plateau, end time and exact energies are left out: {beyond}"
    if not terms.is_exchange:
        found[EXCHANGE_ALONE] = "the reading of W is left out: it is compared with a law of exchange alone"
    if not len(exchange_couplings(spec.hamiltonian)):
        found[EXCHANGE] = "the cost of the end time is left out: it is measured on two spins of an exchange coupling"
    if min(spec.training_set.sequences, spec.test_set.sequences) < 2:
        found[SEVERAL_SEQUENCES] = "pooled autocorrelations are left out: a data set has one sequence"
    return found
