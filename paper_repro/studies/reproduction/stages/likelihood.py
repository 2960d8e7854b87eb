"""The likelihood of each network: log-likelihoods of exact configurations, and the plateau that is calibrated on them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from paper_repro.analysis import likelihood, plateau
from paper_repro.analysis.thermodynamic_integration import integrate_to
from paper_repro.files import DamagedError, NotFiniteError, require_format, sha256
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.estimates import standard_error
from paper_repro.numerics.measured import Measured
from paper_repro.physics.species import as_species
from paper_repro.physics.truth import exact_solution
from paper_repro.pipeline.manifest import key_of
from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.report.numbers import distinct
from paper_repro.score.field import NetworkScore
from paper_repro.score.tensors import read_tensors, write_tensors
from paper_repro.spec import Spec
from paper_repro.studies.reproduction.capabilities import EXACT_SOLUTION, LIKELIHOOD
from paper_repro.studies.reproduction.networks import Network
from paper_repro.studies.reproduction.results import Calibration, FailedCalibration, LogLikelihoods, ThermodynamicIntegral
from paper_repro.studies.reproduction.results_file import as_json, read_part
from paper_repro.studies.reproduction.run_files import constants_of, device_constant, force_of_network, likelihood_chain, stream
from paper_repro.studies.reproduction.stages.thermodynamics import INTEGRAL

_PARTIAL_FORMAT = "paper_repro likelihood 1"


def likelihood_stages(spec: Spec, network: Network) -> list[Stage]:
    """Return the stages that compute the log-likelihoods at each temperature, and that calibrate the plateau on them."""
    stages = []
    constants = constants_of(spec, "hamiltonian", "target", "likelihood", "seeds") | device_constant(network.device)
    names = tuple(f"results/likelihood-{network.name}-{index}.json" for index in range(len(spec.likelihood_temperatures)))
    for index, (name, temperature) in enumerate(zip(names, distinct(spec.likelihood_temperatures), strict=True)):
        stages.append(
            Stage(
                f"likelihood {network.label}, T = {temperature}", "likelihood", 4, compute_log_likelihoods, (name,),
                (network.weights,), constants, (spec, network, index), spec.likelihood.configurations,
                (f"{name.removesuffix('.json')}.partial.safetensors",), (EXACT_SOLUTION, LIKELIHOOD),
            )
        )  # fmt: skip
    constants = constants_of(spec, "hamiltonian", "target", "likelihood", "inversion", "seeds")
    outputs = (f"results/calibration-{network.name}.json",)
    label, arguments = f"calibrate {network.label}", (spec, network)
    inputs, needs = (*names, INTEGRAL), (EXACT_SOLUTION, LIKELIHOOD)
    return [*stages, Stage(label, "calibrate", 5, calibrate, outputs, inputs, constants, arguments, needs=needs)]


def compute_log_likelihoods(context: StageContext, stage: Stage, spec: Spec, network: Network, index: int) -> Files:
    """Compute log-likelihoods of configurations at one temperature; those that are done are kept on the way."""
    path = context.folder / stage.temporary[0]
    spins, energies = exact_configurations(spec, index)
    codes = as_species(spec.likelihood.chain, spec.hamiltonian.species)
    score = NetworkScore(force_of_network(context.folder, spec, network).model, codes)
    key = key_of(stage.constants, index, sha256(context.folder / network.weights))

    def keep(values: torch.Tensor) -> None:
        write_tensors(path, {"log_likelihoods": values}, {"format": _PARTIAL_FORMAT, "key": key})

    try:
        values = likelihood.log_likelihood(
            score, torch.as_tensor(spins, dtype=torch.float32, device=network.device), likelihood.time_grid(spec.likelihood),
            score.divergence,
            solver=spec.likelihood.solver, known=read_partial(path, key, context.say), keep=keep, threads=context.threads,
            progress=context.advance,
        )  # fmt: skip
    except ArithmeticError as error:
        where = f"{context.folder}: likelihood of {network.label}, T = {spec.likelihood_temperatures[index]:g}"
        raise NotFiniteError(where, str(error)) from error
    return {stage.outputs[0]: as_json(LogLikelihoods(spec.likelihood_temperatures[index], energies, values.numpy()))}


def exact_configurations(spec: Spec, index: int) -> tuple[Floats, Floats]:
    """Return the configurations (configuration, site, 3) of one temperature, from the exact solution, and their energies."""
    law, beta = likelihood_chain(spec), 1 / spec.likelihood_temperatures[index]
    generator = np.random.default_rng(stream(spec, "likelihood", index))
    spins = exact_solution(law, beta).sample(spec.likelihood.configurations, generator)
    return spins, np.asarray(law.energy(spins), dtype=np.float64)


def read_partial(path: Path, key: str, say: Callable[[str], None]) -> torch.Tensor | None:
    """Return the log-likelihoods that an interrupted attempt of the same key kept, where they are whole."""
    if not path.exists():
        return None
    try:
        tensors, metadata = read_tensors(path)
    except DamagedError as error:
        say(f"{error}; its configurations are computed again")
        return None
    require_format(f"{path}: metadata format", metadata.get("format"), _PARTIAL_FORMAT)
    return tensors["log_likelihoods"] if metadata.get("key") == key and "tensors_sha256" in metadata else None


def calibrate(context: StageContext, stage: Stage, spec: Spec, network: Network) -> Files:
    """Fit α and the plateau to the log-likelihoods of a network at all temperatures."""
    *names, integral = stage.inputs
    parts = [read_part(context.folder / name, LogLikelihoods) for name in names]
    threshold = low_energies(spec)
    energies, values = ([getattr(part, name) for part in parts] for name in ("energies", "log_likelihoods"))
    try:
        found = plateau_of(spec, np.concatenate(energies), np.concatenate(values), network.key)
    except ValueError as error:  # a network that is too poor to be calibrated is a result, not a fault
        return {stage.outputs[0]: as_json(FailedCalibration(str(error), threshold))}
    measured = read_part(context.folder / integral, ThermodynamicIntegral)
    return {stage.outputs[0]: as_json(calibration_of(found, parts, threshold, spec.beta, measured, len(spec.likelihood.chain)))}


def low_energies(spec: Spec) -> float:
    """Return the energy up to which configurations take part in the fit of α."""
    exact = exact_solution(likelihood_chain(spec), spec.beta)
    return exact.mean_energy + spec.likelihood.low_energy * exact.energy_deviation


def plateau_of(spec: Spec, energies: Floats, log_likelihoods: Floats, key: tuple[int, ...]) -> plateau.Plateau:
    """Fit α and the plateau to configurations (configuration,) at all temperatures; raises ``ValueError`` as it does."""
    law = likelihood_chain(spec)
    return plateau.calibrate(
        energies, log_likelihoods, spec.beta, low_energies(spec), lambda beta: exact_solution(law, beta).ln_z,
        spec.inversion.resamples, stream(spec, "calibration", *key),
    )  # fmt: skip


def calibration_of(
    found: plateau.Plateau,
    parts: Sequence[LogLikelihoods],
    threshold: float,
    beta: float,
    integral: ThermodynamicIntegral,
    sites: int,
) -> Calibration:
    """Return the record of a plateau: its shape over the temperatures of ``parts``, and ln Z(β_eff) by integration."""
    above = [found.beta_effective * part.energies + part.log_likelihoods + found.ln_z for part in parts]
    energies = np.concatenate([part.energies for part in parts])
    return Calibration(
        alpha=Measured(found.alpha, found.alpha_error),
        beta_effective=Measured(found.beta_effective, found.alpha_error * beta),
        ln_z=Measured(found.ln_z, found.ln_z_error),
        exact_ln_z=Measured(found.exact_ln_z, found.exact_ln_z_error),
        gap=Measured(found.gap, found.gap_error),
        residual=Measured(found.residual),
        high_energy=Measured(found.high_energy, found.high_energy_error),
        low_energy_count=found.low_energy_count,
        threshold=threshold,
        above=tuple(Measured(float(values.mean()), standard_error(values)) for values in above),
        flat_until=Measured(plateau.flat_until(energies, np.concatenate(above), found.residual)),
        ln_z_by_integration=_integrated(found.beta_effective, integral, sites),
    )


def _integrated(beta: float, integral: ThermodynamicIntegral, sites: int) -> Measured | None:
    """Return ln Z(``beta``) by thermodynamic integration, None where it did not reach so far."""
    if beta > integral.betas[-1]:
        return None
    return Measured(*integrate_to(beta, integral.betas, integral.mean_energies, integral.standard_errors, sites))
