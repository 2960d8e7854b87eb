"""The network of a file, for the chains of a spec."""

from pathlib import Path

from paper_repro.files import InputError
from paper_repro.score.pairformer import Pairformer
from paper_repro.score.weights import WeightsInfo, load_weights
from paper_repro.spec import Spec


def network_for(weights: Path, spec: Spec, device: str = "cpu") -> tuple[Pairformer, WeightsInfo]:
    """Load a network that serves the chains of a spec to a device; raises ``InputError`` for too few positions or species."""
    model, info = load_weights(weights)
    sites = max(spec.chains.longest, len(spec.likelihood.chain))
    if info.architecture.positions < sites or info.architecture.species < len(spec.hamiltonian.species):
        found = f"serves {info.architecture.positions} sites and {info.architecture.species} species"
        raise InputError(weights, found, f"at least {sites} sites and {len(spec.hamiltonian.species)} species")
    return model.to(device), info
