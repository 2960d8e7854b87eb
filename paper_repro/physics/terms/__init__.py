"""The terms of a Hamiltonian, one file a family: H = -Σ_k coupling_k φ_k, where φ_k sums one function over clusters, each once.

A new family is one new file: a subclass of ``Term`` or ``PairTerm`` that gives φ on one cluster, its derivative, its Laplacian.
"""

from paper_repro.physics.terms.biquadratic import Biquadratic
from paper_repro.physics.terms.bound import BoundTerm, BoundTerms
from paper_repro.physics.terms.exchange import Exchange
from paper_repro.physics.terms.field import Field
from paper_repro.physics.terms.pairs import PairTerm
from paper_repro.physics.terms.term import Term
from paper_repro.physics.terms.terms import Terms

__all__ = ["Biquadratic", "BoundTerm", "BoundTerms", "Exchange", "Field", "PairTerm", "Term", "Terms"]
