"""The plateaus of networks of one changed line: python -m tools.plateaus FILE SPEC=WEIGHTS …, with 14 CPU minutes for each network.

FILE keeps what it has. Configurations, solver and fit are those of the spec, as in a run: the figures of a network are those that
``reproduce --weights`` reports.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import torch

from paper_repro.analysis import likelihood
from paper_repro.files import sha256, write_bytes
from paper_repro.numerics.measured import Measured
from paper_repro.physics.species import as_species
from paper_repro.pipeline.codec import as_json, read_json
from paper_repro.score.field import NetworkScore
from paper_repro.score.weights import load_weights
from paper_repro.spec import Spec, load_spec, specs_folder
from paper_repro.studies.reproduction.stages.likelihood import exact_configurations, plateau_of


@attrs.frozen
class RecordedPlateau:
    """α, and the plateau minus ln Z(αβ) per spin, of the network in the file of this ``sha256``; ± over configurations."""

    alpha: Measured
    gap: Measured
    sha256: str


def recorded_plateaus(path: Path) -> dict[str, RecordedPlateau]:
    """Read the plateaus of networks by the path of their weights."""
    return read_json(path, dict[str, RecordedPlateau], "plateaus")


def measured(spec: Spec, weights: Path) -> RecordedPlateau:
    """Compute the log-likelihoods of the exact configurations of a spec at all its temperatures, and fit the plateau."""
    score = NetworkScore(load_weights(weights)[0], as_species(spec.likelihood.chain, spec.hamiltonian.species))
    energies, values = [], []
    for index in range(len(spec.likelihood_temperatures)):
        spins, own = exact_configurations(spec, index)
        found = likelihood.log_likelihood(
            score, torch.as_tensor(spins, dtype=torch.float32), likelihood.time_grid(spec.likelihood), score.divergence,
            solver=spec.likelihood.solver,
        )  # fmt: skip
        energies.append(own)
        values.append(found.numpy())
    plateau, sites = plateau_of(spec, np.concatenate(energies), np.concatenate(values), (0,)), len(spec.likelihood.chain)
    gap = Measured(plateau.gap / sites, plateau.gap_error / sites)
    return RecordedPlateau(Measured(plateau.alpha, plateau.alpha_error), gap, sha256(weights))


def main(path: Path, networks: Sequence[str]) -> None:
    """Measure each network of ``networks`` that ``path`` does not have, and write after each."""
    found = recorded_plateaus(path) if path.exists() else {}
    for text in networks:
        spec, _, weights = text.partition("=")
        if weights not in found:
            found[weights] = measured(load_spec(specs_folder() / spec).record, Path(weights))
            write_bytes(path, as_json(found))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), sys.argv[2:])
