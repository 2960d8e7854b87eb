"""The plateaus of networks of one changed line: python -m tools.plateaus FILE SPEC=WEIGHTS …, with 5 CPU minutes for each network.

FILE keeps what it has. Configurations, solver and fit are those of the spec, as in a run: the figures of a network are those that
``reproduce --weights`` reports.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import torch

from paper_repro.analysis import likelihood, plateau
from paper_repro.files import sha256, write_bytes
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.measured import Measured
from paper_repro.physics.species import as_species
from paper_repro.physics.truth import exact_solution
from paper_repro.pipeline.codec import as_json, read_json
from paper_repro.score.field import NetworkScore
from paper_repro.score.weights import load_weights
from paper_repro.spec import Spec, load_spec, specs_folder
from paper_repro.studies.reproduction.run_files import likelihood_chain, stream


@attrs.frozen
class Plateau:
    """α, and the plateau minus ln Z(αβ) per spin, of the network in the file of this ``sha256``; ± over configurations."""

    alpha: Measured
    gap: Measured
    sha256: str


def recorded_plateaus(path: Path) -> dict[str, Plateau]:
    """Read the plateaus of networks by the path of their weights."""
    return read_json(path, dict[str, Plateau], "plateaus")


def measured(spec: Spec, weights: Path) -> Plateau:
    """Compute the log-likelihoods of the exact configurations of a spec at all its temperatures, and fit the plateau."""
    law, model = likelihood_chain(spec), load_weights(weights)[0]
    parts = [_log_likelihoods(spec, model, index) for index in range(len(spec.likelihood_temperatures))]
    energies, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    exact = exact_solution(law, spec.beta)
    threshold = exact.mean_energy + spec.likelihood.low_energy * exact.energy_deviation
    found = plateau.calibrate(
        energies, values, spec.beta, threshold, lambda beta: exact_solution(law, beta).ln_z, spec.inversion.resamples,
        stream(spec, "calibration", 0),
    )  # fmt: skip
    sites = law.terms.sites
    gap = Measured(found.gap / sites, found.gap_error / sites)
    return Plateau(Measured(found.alpha, found.alpha_error), gap, sha256(weights))


def _log_likelihoods(spec: Spec, model: torch.nn.Module, index: int) -> tuple[Floats, Floats]:
    """Return the energies and the log-likelihoods (configuration,) at one temperature."""
    law, temperature = likelihood_chain(spec), spec.likelihood_temperatures[index]
    generator = np.random.default_rng(stream(spec, "likelihood", index))
    spins = exact_solution(law, 1 / temperature).sample(spec.likelihood.configurations, generator)
    score = NetworkScore(model, as_species(spec.likelihood.chain, spec.hamiltonian.species))
    values = likelihood.log_likelihood(
        score, torch.as_tensor(spins, dtype=torch.float32), likelihood.time_grid(spec.likelihood), score.divergence,
        solver=spec.likelihood.solver,
    )  # fmt: skip
    return np.asarray(law.energy(spins), dtype=np.float64), values.numpy()


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
