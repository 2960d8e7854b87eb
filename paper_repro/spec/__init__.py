"""Specs of runs as frozen records: values with origins, strict reading, and the spec hash."""

from paper_repro.spec.constants import Constant, constants_of
from paper_repro.spec.digest import canonical, differences, digest, digest_of_plain, training_digest
from paper_repro.spec.earlier import digests
from paper_repro.spec.hamiltonian import Hamiltonian, HamiltonianTerm, Target
from paper_repro.spec.inversion import Inversion, Readout
from paper_repro.spec.likelihood import Likelihood, ThermodynamicIntegration
from paper_repro.spec.network import Architecture, ConstantScale, LearnedScale, LogTime, NoScale, RawTime, ShiftedLogTime
from paper_repro.spec.origin import Fact, Origin
from paper_repro.spec.plain import converter, structure
from paper_repro.spec.published import Claim, Published, Statement, load_published
from paper_repro.spec.reader import Loaded, load_spec, specs_folder
from paper_repro.spec.sampling import Chains, Dataset, Ladder, Sampler, Seeds
from paper_repro.spec.spec import Spec
from paper_repro.spec.training import (
    AdamW,
    ConstantRate,
    CosineRate,
    Diffusion,
    MuonAdamW,
    ShiftedTimeWeighting,
    TimeWeighting,
    Training,
)

__all__ = [
    "AdamW",
    "Architecture",
    "Chains",
    "Claim",
    "Constant",
    "ConstantRate",
    "ConstantScale",
    "CosineRate",
    "Dataset",
    "Diffusion",
    "Fact",
    "Hamiltonian",
    "HamiltonianTerm",
    "Inversion",
    "Ladder",
    "LearnedScale",
    "Likelihood",
    "Loaded",
    "LogTime",
    "MuonAdamW",
    "NoScale",
    "Origin",
    "Published",
    "RawTime",
    "Readout",
    "Sampler",
    "Seeds",
    "ShiftedLogTime",
    "ShiftedTimeWeighting",
    "Spec",
    "Statement",
    "Target",
    "ThermodynamicIntegration",
    "TimeWeighting",
    "Training",
    "canonical",
    "constants_of",
    "converter",
    "differences",
    "digest",
    "digest_of_plain",
    "digests",
    "load_published",
    "load_spec",
    "specs_folder",
    "structure",
    "training_digest",
]
