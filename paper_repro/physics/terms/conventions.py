"""Signs and factors in words, as they are printed with every result; CONVENTIONS.md has the same."""

from paper_repro.numerics.arguments import checked_arguments
from paper_repro.physics.terms.terms import Terms

HAMILTONIAN = "H = -Σ coupling × term; a term sums its function over clusters of sites, each once: a pair i, j has no factor ½"


@checked_arguments
def conventions(terms: Terms) -> tuple[str, ...]:
    """Return a sentence for the Hamiltonian, one for each family in the library, and one for each of their conventions.

    >>> for sentence in pr.conventions(pr.library(range=1).terms(["A"], pr.Geometry.open_chain(4))):
    ...     print(sentence)
    H = -Σ coupling × term; a term sums its function over clusters of sites, each once: a pair i, j has no factor ½
    exchange: S_i·S_j
    biquadratic: (S_i·S_j)²
    a positive exchange coupling is ferromagnetic
    """
    families = {type(term): term for term in terms.terms}
    formulas = [f"{term.family}: {term.formula}" for term in families.values()]
    notes = dict.fromkeys(term.note for term in families.values() if term.note)
    return (HAMILTONIAN, *formulas, *notes)
