"""The terms of a Hamiltonian, one file a family: H = -Σ_k coupling_k φ_k, where φ_k sums one function over clusters, each once.

A new family is one new file and its line below: a subclass of ``PairTerm``, ``RunTerm`` or ``SiteTerm`` that gives φ on one
cluster, its derivative and its Laplacian, and enters itself with ``registered``.
"""

from paper_repro.physics.terms.anisotropic_exchange import AnisotropicExchange
from paper_repro.physics.terms.anisotropy import Anisotropy
from paper_repro.physics.terms.biquadratic import Biquadratic
from paper_repro.physics.terms.bond_product import BondProduct
from paper_repro.physics.terms.bound import BoundTerm, BoundTerms
from paper_repro.physics.terms.chirality import Chirality
from paper_repro.physics.terms.dzyaloshinskii_moriya import DzyaloshinskiiMoriya
from paper_repro.physics.terms.exchange import Exchange
from paper_repro.physics.terms.field import Field
from paper_repro.physics.terms.four_spin import FourSpin
from paper_repro.physics.terms.label import TermLabel
from paper_repro.physics.terms.pairs import PairTerm
from paper_repro.physics.terms.power import Power
from paper_repro.physics.terms.registry import FAMILIES
from paper_repro.physics.terms.runs import RunTerm
from paper_repro.physics.terms.sites import SiteTerm
from paper_repro.physics.terms.term import Term
from paper_repro.physics.terms.terms import Terms

__all__ = [
    "FAMILIES",
    "AnisotropicExchange",
    "Anisotropy",
    "Biquadratic",
    "BondProduct",
    "BoundTerm",
    "BoundTerms",
    "Chirality",
    "DzyaloshinskiiMoriya",
    "Exchange",
    "Field",
    "FourSpin",
    "PairTerm",
    "Power",
    "RunTerm",
    "SiteTerm",
    "Term",
    "TermLabel",
    "Terms",
]
