"""paper_repro: a reproducibility artifact for "Autonomous Emergence of Hamiltonian in Deep Generative Models".

What a notebook needs, by name; torch, numba and matplotlib are loaded when a name that needs them is first used:

>>> import paper_repro as pr
>>> spec = pr.load_spec(pr.specs_folder() / "smoke.toml").record
>>> law = pr.Truth.of(spec.hamiltonian, spec.beta).exact(pr.Geometry.open_chain(4), "ABBA")
>>> round(law.mean_energy, 4)
-1.6749
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paper_repro.analysis.audit import audit_weights
    from paper_repro.analysis.basis_fit import least_squares, normal_equations
    from paper_repro.analysis.comparison import compare
    from paper_repro.analysis.maximum_likelihood import maximum_likelihood
    from paper_repro.analysis.pseudolikelihood import pseudolikelihood
    from paper_repro.analysis.score_matching import score_matching
    from paper_repro.files import InputError
    from paper_repro.physics.exact import ExactChain
    from paper_repro.physics.geometry import Geometry
    from paper_repro.physics.hamiltonian import SpinHamiltonian
    from paper_repro.physics.law import load_law
    from paper_repro.physics.terms import Biquadratic, Exchange, Field, Terms
    from paper_repro.physics.terms.candidates import candidates
    from paper_repro.physics.terms.conventions import conventions
    from paper_repro.physics.terms.library import Library, library
    from paper_repro.physics.terms.own import own_term
    from paper_repro.physics.truth import Truth
    from paper_repro.sampling.exact_data import exact_data
    from paper_repro.sampling.exports.export import export
    from paper_repro.sampling.readers.npz import write
    from paper_repro.sampling.readers.read import read
    from paper_repro.sampling.simulate import simulate
    from paper_repro.sampling.snapshots import Snapshots
    from paper_repro.score.field import NetworkForce, NetworkScore, force_of
    from paper_repro.score.weights import load_weights
    from paper_repro.spec import Hamiltonian, HamiltonianTerm, Spec, load_published, load_spec, specs_folder
    from paper_repro.studies.inference.infer import infer
    from paper_repro.studies.model_audit.audit import audit

__version__ = "0.1.0"

_MODULES = {
    "Biquadratic": "physics.terms",
    "ExactChain": "physics.exact",
    "Exchange": "physics.terms",
    "Field": "physics.terms",
    "Geometry": "physics.geometry",
    "Hamiltonian": "spec",
    "HamiltonianTerm": "spec",
    "InputError": "files",
    "Library": "physics.terms.library",
    "NetworkForce": "score.field",
    "NetworkScore": "score.field",
    "Snapshots": "sampling.snapshots",
    "Spec": "spec",
    "SpinHamiltonian": "physics.hamiltonian",
    "Terms": "physics.terms",
    "Truth": "physics.truth",
    "audit": "studies.model_audit.audit",
    "audit_weights": "analysis.audit",
    "candidates": "physics.terms.candidates",
    "compare": "analysis.comparison",
    "conventions": "physics.terms.conventions",
    "exact_data": "sampling.exact_data",
    "export": "sampling.exports.export",
    "force_of": "score.field",
    "infer": "studies.inference.infer",
    "least_squares": "analysis.basis_fit",
    "library": "physics.terms.library",
    "load_law": "physics.law",
    "load_published": "spec",
    "load_spec": "spec",
    "load_weights": "score.weights",
    "maximum_likelihood": "analysis.maximum_likelihood",
    "normal_equations": "analysis.basis_fit",
    "own_term": "physics.terms.own",
    "pseudolikelihood": "analysis.pseudolikelihood",
    "read": "sampling.readers.read",
    "score_matching": "analysis.score_matching",
    "simulate": "sampling.simulate",
    "specs_folder": "spec",
    "write": "sampling.readers.npz",
}

__all__ = [
    "Biquadratic", "ExactChain", "Exchange", "Field", "Geometry", "Hamiltonian", "HamiltonianTerm", "InputError", "Library",
    "NetworkForce", "NetworkScore", "Snapshots", "Spec", "SpinHamiltonian", "Terms", "Truth", "audit", "audit_weights",
    "candidates", "compare", "conventions", "exact_data", "export", "force_of", "infer", "least_squares", "library", "load_law",
    "load_published", "load_spec", "load_weights", "maximum_likelihood", "normal_equations", "own_term", "pseudolikelihood", "read",
    "score_matching", "simulate", "specs_folder", "write",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return every public name, loaded or not."""
    return sorted({*globals(), *__all__})
