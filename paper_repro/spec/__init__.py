"""What to run: frozen specs, their origins, strict loading and the spec hash."""

from paper_repro.spec.constants import Constant, constants_of
from paper_repro.spec.loading import Loaded, canonical, converter, differences, digest, load_spec, specs_folder, structure
from paper_repro.spec.model import (
    Architecture,
    Chains,
    Dataset,
    Diffusion,
    Hamiltonian,
    Inversion,
    Ladder,
    Likelihood,
    PairTerm,
    Refinement,
    Sampler,
    Spec,
    ThermodynamicIntegration,
    Training,
)
from paper_repro.spec.origin import Origin
from paper_repro.spec.published import Claim, Published, Statement, load_published

__all__ = [
    "Architecture", "Chains", "Claim", "Constant", "Dataset", "Diffusion", "Hamiltonian", "Inversion", "Ladder", "Likelihood",
    "Loaded", "Origin", "PairTerm", "Published", "Refinement", "Sampler", "Spec", "Statement", "ThermodynamicIntegration",
    "Training", "canonical", "constants_of", "converter", "differences", "digest", "load_published", "load_spec",
    "specs_folder", "structure",
]  # fmt: skip
