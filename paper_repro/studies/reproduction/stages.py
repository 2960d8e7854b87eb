"""The stages of a run, from sampling to the partition function: what each makes, out of a spec and the files before it.

A stage is a function of the spec and of the files that it reads, and returns the files that it makes: it can be made here, or by
another process that sees the same folder.
"""

import hashlib
import itertools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.analysis import basis_fit, end_time, likelihood, plateau, readout, thermodynamic_integration
from paper_repro.analysis.comparison import compare
from paper_repro.files import DamagedError, NotFiniteError, input_error, require_format, sha256
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.streams import data_key
from paper_repro.physics.exact import ExactChain, has_exact_solution
from paper_repro.physics.hamiltonian import adjacency, coupling_matrix, couplings_of, exchange_energy, reference_coupling
from paper_repro.physics.species import as_species, as_word
from paper_repro.physics.terms import Terms
from paper_repro.physics.truth import Truth
from paper_repro.pipeline.manifest import key_of
from paper_repro.sampling import diagnostics, ensemble
from paper_repro.sampling.ladder import temperatures
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score import training
from paper_repro.score.field import NetworkForce, NetworkScore, force_of
from paper_repro.score.pairformer import parameter_count
from paper_repro.score.ranks import Ranks
from paper_repro.score.weights import load_weights, read_tensors, weights_as_bytes, write_tensors
from paper_repro.spec import Spec, canonical, digest
from paper_repro.studies.reproduction.plain_results import as_json, fit_as_results, measured, read_json

_SHARD = 200  # sequences in a file of a data set
_PARTIAL_FORMAT = "paper_repro likelihood 1"
_END_TIMES = (1.0, 2.0, 4.0)  # multiples of the end time of the spec, to show how fast the cost falls
_RESAMPLES = 200  # of sequences, for the errors of the autocorrelation


@attrs.frozen
class Network:
    """A trained network that is asked: its name in files, its name in stages, and what its random streams are keyed by."""

    name: str
    label: str
    key: tuple[int, ...]

    @property
    def weights(self) -> str:
        """The name of the file of its weights."""
        return "weights/authors.safetensors" if self == AUTHORS else f"weights/seed-{self.name}.safetensors"


def trained(seed: int) -> Network:
    """Return the network of one training seed."""
    return Network(str(seed), f"seed {seed}", (seed,))


#: The authors' released weights; the key is longer than that of any seed, so that no stream is shared.
AUTHORS = Network("authors", "authors", (0, 0))


Files = dict[str, bytes]


@attrs.frozen
class Work:
    """What a stage is made with: its spec, the run directory, how many threads, whom to tell, and which ranks train together."""

    spec: Spec
    folder: Path
    threads: int
    advance: Callable[..., None]
    say: Callable[[str], None]
    ranks: Ranks | None = None

    def seed(self, stream: str, *index: int) -> np.random.SeedSequence:
        """Return the key of a random generator of a stream of ``numerics.streams``."""
        return data_key(self.spec.seeds.data, stream, *index)

    def chains(self, which: ensemble.Which, snapshots: int | None = None) -> Iterator[Snapshots]:
        """Yield the snapshots of every sequence of a data set, of each the first ``snapshots``."""
        for name in shards(self.spec, which):
            shard = ensemble.load(self.folder / name)
            for index in range(len(shard)):
                yield shard.chain(index).part(slice(snapshots))

    def network(self, network: Network) -> NetworkForce:
        """Return a network of the run as a force field, to be asked as its file says."""
        model, info = load_weights(self.folder / network.weights)
        return force_of(model, info, self.spec.inversion.query_times)

    def likelihood_chain(self) -> tuple[npt.NDArray[Any], Floats]:
        """Return the codes (site,) and the couplings (site, site) of the chain of the likelihood."""
        codes = as_species(self.spec.likelihood.chain, self.spec.hamiltonian.species)
        return codes, coupling_matrix(codes, self.spec.hamiltonian)


@attrs.frozen(eq=False)
class Stage:
    """One stage: the files that it makes and reads, what else it depends on, and the function that makes it.

    ``make`` is called with a ``Work``, the stage and its ``arguments``; it is importable by name, so that another process can
    call it.
    """

    name: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    constants: Any
    make: Callable[..., Files]
    arguments: tuple[Any, ...] = ()
    total: int | None = None
    temporary: tuple[str, ...] = ()  # what it keeps on the way, to go on from; removed when it is made

    @property
    def kind(self) -> str:
        """The first word of its name."""
        return self.name.partition(" ")[0]


def shards(spec: Spec, which: ensemble.Which) -> list[str]:
    """Return the names of the files of a data set."""
    count = (spec.training_set if which == "training" else spec.test_set).sequences
    return [f"ensemble/{which}-{number:05d}.npz" for number in range(math.ceil(count / _SHARD))]


def _part(spec: Spec, *names: str) -> dict[str, Any]:
    """Return sections of a spec as plain data."""
    return {name: canonical(getattr(spec, name)) for name in names}


def plan(spec: Spec, authors: bytes | None = None) -> list[Stage]:
    """Return all stages of a spec, in an order in which each finds what it reads; ``authors`` are the released weights."""
    test = shards(spec, "test")
    both: tuple[ensemble.Which, ...] = ("training", "test")
    stages = [stage for which in both for stage in _sampling(spec, which)]
    constants = _part(spec, "hamiltonian", "target", "ladder", "seeds")
    inputs = (*shards(spec, "training"), *test)
    stages.append(Stage("diagnose sampling", ("results/sampling.json",), inputs, constants, _diagnose, total=2))
    networks = [trained(seed) for seed in spec.training.seeds]
    for network, seed in zip(networks, spec.training.seeds, strict=True):
        stages += [_training(spec, seed), *_questions(spec, network, test)]
    if authors is not None:
        networks.append(AUTHORS)
        stages.append(
            Stage("take the authors' weights", (AUTHORS.weights,), (), hashlib.sha256(authors).hexdigest(), _take, (authors,))
        )
        stages += _questions(spec, AUTHORS, test)
    if has_exact_solution(Terms.of(spec.hamiltonian)):
        for network in networks:
            stages += _partition_function(spec, network)
        constants = _part(spec, "hamiltonian", "target", "likelihood", "seeds")
        stages.append(Stage("end time of the diffusion", ("results/end_time.json",), (), constants, _end_time))
    constants = _part(spec, "hamiltonian", "target", "likelihood", "sampler", "thermodynamic_integration", "seeds")
    points = spec.thermodynamic_integration.points
    name = "results/thermodynamic_integration.json"
    return [*stages, Stage("thermodynamic integration", (name,), (), constants, _integrate, total=points)]


def _sampling(spec: Spec, which: ensemble.Which) -> list[Stage]:
    count = (spec.training_set if which == "training" else spec.test_set).sequences
    constants = _part(spec, "hamiltonian", "target", "chains", "ladder", "sampler", "training_set", "test_set", "seeds")
    names = shards(spec, which)
    stages = []
    for number, name in enumerate(names):
        first, last = number * _SHARD, min((number + 1) * _SHARD, count)
        label = f"sample {which} {number + 1}/{len(names)}"
        stages.append(Stage(label, (name,), (), constants, _sample, (which, first, last), last - first))
    return stages


def _training(spec: Spec, seed: int) -> Stage:
    constants = _part(spec, "architecture", "diffusion", "training") | {"query_times": spec.inversion.query_times}
    constants["training"].pop("seeds")
    outputs = (trained(seed).weights, f"results/training-{seed}.json")
    total = training.steps_in_all(spec.training_set.sequences, spec.training)
    checkpoint = f"weights/seed-{seed}.checkpoint.safetensors"
    temporary = (checkpoint, str(training.previous(Path(checkpoint))))
    inputs = tuple(shards(spec, "training"))
    return Stage(f"train seed {seed}", outputs, inputs, constants, _train, (seed,), total, temporary)


def _questions(spec: Spec, network: Network, test: list[str]) -> list[Stage]:
    inputs = (network.weights, *test)
    constants = _part(spec, "hamiltonian", "target", "inversion", "seeds")
    inverted = f"results/inversion-{network.name}.json"
    invert = Stage(f"invert {network.label}", (inverted,), inputs, constants, _invert, (network,), spec.test_set.sequences)
    constants = _part(spec, "hamiltonian", "target", "readout", "inversion")
    read = f"results/readout-{network.name}.json"
    return [invert, Stage(f"read W of {network.label}", (read,), inputs, constants, _read, (network,), spec.readout.sequences)]


def _partition_function(spec: Spec, network: Network) -> list[Stage]:
    stages = []
    constants = _part(spec, "hamiltonian", "target", "likelihood", "seeds")
    names = tuple(f"results/likelihood-{network.name}-{index}.json" for index in range(len(spec.likelihood_temperatures)))
    for index, (name, temperature) in enumerate(zip(names, spec.likelihood_temperatures, strict=True)):
        label = f"likelihood {network.label}, T = {temperature:g}"
        partial = f"{name.removesuffix('.json')}.partial.safetensors"
        total = spec.likelihood.configurations
        stages.append(Stage(label, (name,), (network.weights,), constants, _follow, (network, index), total, (partial,)))
    constants = _part(spec, "hamiltonian", "target", "likelihood", "inversion", "seeds")
    calibrated = f"results/calibration-{network.name}.json"
    return [*stages, Stage(f"calibrate {network.label}", (calibrated,), names, constants, _calibrate, (network,))]


def _sample(work: Work, stage: Stage, which: ensemble.Which, first: int, last: int) -> Files:
    made = ensemble.generate(work.spec, which, first, last, progress=work.advance, threads=work.threads)
    return {stage.outputs[0]: ensemble.as_bytes(made)}


def _diagnose(work: Work, stage: Stage) -> Files:
    """How well both data sets were sampled, the laws of the lengths and of the bond cosines, and a few conformations."""
    spec = work.spec
    edges = np.linspace(-1, 1, 81)
    results: dict[str, Any] = {}
    both: tuple[ensemble.Which, ...] = ("training", "test")
    for number, which in enumerate(both):
        whole = ensemble.concatenate([ensemble.load(work.folder / shard) for shard in shards(spec, which)])
        results[which] = _evidence(work, whole, number)
        results[which]["lengths"] = np.bincount(whole.lengths)
        work.advance(number + 1)
    by_length = np.argsort(whole.lengths, kind="stable")
    results["conformations"] = [
        {"sequence": whole.sequences[k], "spins": whole.chain(k).spins[0]} for k in by_length[[0, len(by_length) // 2, -1]]
    ]
    counts = np.zeros((len(spec.hamiltonian.terms), len(edges) - 1))
    for snapshots in work.chains("test"):
        cosines = snapshots.spins @ snapshots.spins.swapaxes(-1, -2)
        for term, adjacent in enumerate(adjacency(snapshots.species, spec.hamiltonian)):
            counts[term] += np.histogram(cosines[:, np.triu(adjacent) > 0], edges)[0]
    results["bond_cosines"] = {"edges": edges} | {term.name: row for term, row in zip(spec.hamiltonian.terms, counts, strict=True)}
    return {stage.outputs[0]: as_json(results)}


def _evidence(work: Work, whole: ensemble.Ensemble, index: int) -> dict[str, Any]:
    """Everything that says how well one data set was sampled; what needs the exact solution only where there is one."""
    spec, beta = work.spec, work.spec.beta
    z = diagnostics.z_scores(whole)
    edges = np.linspace(-6, 6, 61)
    results: dict[str, Any] = diagnostics.diagnostics(whole) | {
        "temperatures": temperatures(spec.temperature, spec.ladder),
        "swap_rates": diagnostics.swap_rates(whole),
        "z_histogram": {"edges": edges, "counts": np.histogram(np.clip(z, -6, 6), edges)[0]},
    }
    if not has_exact_solution(Terms.of(spec.hamiltonian)) or len(whole) < 2:
        return results
    if whole.step_sweeps > 0 and whole.energies.shape[1] > 1:
        ends = diagnostics.end_correlations(whole, spec.hamiltonian, beta)
        for observable, traces, means in (
            ("energy", whole.energies, whole.exact_energy), ("ends", whole.end_cosines, ends),
        ):  # fmt: skip
            generator = np.random.default_rng(work.seed("diagnostics", index))
            results[f"autocorrelation_of_{observable}"] = diagnostics.autocorrelation(
                traces, means, whole.step_sweeps, _RESAMPLES, generator
            )
    if len(whole.spins) > 1 and index == 1:  # the test set: its snapshots are as far apart as those of the training set
        successive, independent = diagnostics.overlaps(whole, spec.hamiltonian, beta, work.seed("overlaps"))
        kinds = {"successive": successive, "independent": independent, "difference": successive - independent}
        for kind, values in kinds.items():
            results[f"overlap_{kind}"] = measured(float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values))))
    return results


def _train(work: Work, stage: Stage, seed: int) -> Files:
    spec = work.spec
    pairs = [(snapshots.species, snapshots.spins.astype(np.float32)) for snapshots in work.chains("training")]
    data = training.Chains([codes for codes, _ in pairs], [spins for _, spins in pairs])
    key = key_of(stage.constants, seed, [sha256(work.folder / name) for name in stage.inputs])
    done = training.train(
        data, spec.architecture, spec.diffusion, spec.training, seed,
        checkpoint=work.folder / stage.temporary[0], key=key,
        progress=lambda step, _, loss: work.advance(step, f"loss {loss:.4f}"), say=work.say, threads=work.threads,
        ranks=work.ranks,
    )  # fmt: skip
    weights, results = stage.outputs
    epoch = max(1, len(done.losses) // spec.training.epochs)
    return {
        weights: weights_as_bytes(
            done.model, query_times=spec.inversion.query_times, spec_sha256=digest(spec), seed=seed, steps=len(done.losses)
        ),
        results: as_json(
            {
                "steps": len(done.losses),
                "parameters": parameter_count(done.model),
                "losses": done.losses,
                "epoch_losses": list(training.smoothed(done.losses, epoch)),
            }
        ),
    }


def _take(_: Work, stage: Stage, authors: bytes) -> Files:
    """Copy the authors' weights into the run, so that what was asked is kept with the answers."""
    return {stage.outputs[0]: authors}


def _invert(work: Work, stage: Stage, network: Network) -> Files:
    spec = work.spec
    where = f"{work.folder}: inversion of {network.label}"
    try:
        equations = basis_fit.normal_equations(
            work.network(network), work.chains("test"), Terms.of(spec.hamiltonian), work.advance, threads=work.threads
        )
        seed = work.seed("inversion", *network.key)
        fit = basis_fit.least_squares(equations, spec.inversion.resamples, seed, spec.inversion.r2_about)
        compared = compare(fit, Truth.of(spec.hamiltonian, spec.beta))
    except ValueError as error:
        raise input_error(where, error, "a force to invert") from error
    return {stage.outputs[0]: as_json(fit_as_results(fit, compared))}


def _read(work: Work, stage: Stage, network: Network) -> Files:
    spec = work.spec
    chains = list(itertools.islice(work.chains("test", 1), spec.readout.sequences))

    def counted() -> Iterator[Snapshots]:
        for index, snapshots in enumerate(chains):
            work.advance(index + 1)
            yield snapshots

    asked, truth = work.network(network), Truth.of(spec.hamiltonian, spec.beta)
    try:
        read = readout.read_interaction(asked.interaction, counted(), truth, threads=work.threads)
    except ValueError as error:
        raise input_error(f"{work.folder}: reading W of {network.label}", error, "an interaction to read") from error
    codes, spins = chains[0].species, chains[0].spins
    forces = readout.force_magnitudes(asked, chains, truth, threads=work.threads)
    example = {
        "sequence": as_word(codes, spec.hamiltonian.species),
        "spins": spins[0],
        "interaction": asked.interaction(codes, spins)[0],
        "force": asked(codes, spins)[0],
    }
    return {stage.outputs[0]: as_json(attrs.asdict(read) | {"force_magnitudes": forces, "example": example})}


def _follow(work: Work, stage: Stage, network: Network, index: int) -> Files:
    """Log-likelihoods of configurations at one temperature; those of the groups done are kept on the way."""
    spec, path = work.spec, work.folder / stage.temporary[0]
    codes, matrix = work.likelihood_chain()
    temperature = spec.likelihood_temperatures[index]
    generator = np.random.default_rng(work.seed("likelihood", index))
    spins = ExactChain(matrix, 1 / temperature).sample(spec.likelihood.configurations, generator)
    score = NetworkScore(work.network(network).model, codes)
    key = key_of(stage.constants, index, sha256(work.folder / network.weights))

    def keep(values: torch.Tensor) -> None:
        write_tensors(path, {"log_likelihoods": values}, {"format": _PARTIAL_FORMAT, "key": key})

    try:
        values = likelihood.log_likelihood(
            score, torch.as_tensor(spins, dtype=torch.float32), likelihood.time_grid(spec.likelihood), score.divergence,
            solver=spec.likelihood.solver, known=_kept(path, key, work.say), keep=keep, threads=work.threads, progress=work.advance,
        )  # fmt: skip
    except ArithmeticError as error:
        where = f"{work.folder}: likelihood of {network.label}, T = {temperature:g}"
        raise NotFiniteError(where, str(error)) from error
    energies = exchange_energy(spins, matrix)
    return {stage.outputs[0]: as_json({"temperature": temperature, "energies": energies, "log_likelihoods": values.numpy()})}


def _kept(path: Path, key: str, say: Callable[[str], None]) -> torch.Tensor | None:
    """Return the log-likelihoods that an interrupted attempt of the same key kept, where they are whole."""
    if not path.exists():
        return None
    try:
        tensors, metadata = read_tensors(path)
    except DamagedError as error:
        say(f"{error}; its configurations are followed again")
        return None
    require_format(f"{path}: metadata format", metadata.get("format"), _PARTIAL_FORMAT)
    return tensors["log_likelihoods"] if metadata.get("key") == key and "tensors_sha256" in metadata else None


def _calibrate(work: Work, stage: Stage, network: Network) -> Files:
    spec = work.spec
    parts = [read_json(work.folder / name) for name in stage.inputs]
    energies = np.concatenate([part["energies"] for part in parts])
    values = np.concatenate([np.array(part["log_likelihoods"], dtype=np.float64) for part in parts])
    _, matrix = work.likelihood_chain()
    beta = spec.beta
    law = ExactChain(matrix, beta)
    threshold = law.mean_energy + spec.likelihood.low_energy * law.energy_deviation
    try:
        found = plateau.calibrate(
            energies, values, beta, threshold, lambda b: ExactChain(matrix, b).ln_z,
            spec.inversion.resamples, work.seed("calibration", *network.key),
        )  # fmt: skip
    except ValueError as error:  # a network that is too poor to be calibrated is a result, not a fault
        return {stage.outputs[0]: as_json({"failed": str(error), "threshold": threshold})}
    results = {
        "alpha": measured(found.alpha, found.alpha_error),
        "beta_effective": measured(found.beta_effective, found.alpha_error * beta),
        "ln_z": measured(found.ln_z, found.ln_z_error),
        "exact_ln_z": measured(found.exact_ln_z, found.exact_ln_z_error),
        "gap": measured(found.gap, found.gap_error),
        "residual": measured(found.residual),
        "high_energy": measured(found.high_energy, found.high_energy_error),
        "low_energy_count": found.low_energy_count,
        "threshold": threshold,
    }
    return {stage.outputs[0]: as_json(results)}


def _end_time(work: Work, stage: Stage) -> Files:
    """What the finite end time costs in ln Z, on two spins of the anchor's coupling, where all is known."""
    spec = work.spec
    _, matrix = work.likelihood_chain()
    beta = spec.beta
    kappa = beta * abs(spec.hamiltonian.terms[reference_coupling(couplings_of(spec.hamiltonian))].coupling)
    costs = end_time.end_time_costs(
        spec.likelihood, kappa, ExactChain(matrix, beta), [spec.likelihood.end_time * k for k in _END_TIMES],
        spec.likelihood.configurations, np.random.default_rng(work.seed("end time")), threads=work.threads,
    )  # fmt: skip
    return {stage.outputs[0]: as_json({"kappa": kappa, "costs": costs})}


def _integrate(work: Work, stage: Stage) -> Files:
    spec = work.spec
    _, matrix = work.likelihood_chain()
    integral = thermodynamic_integration.integrate(
        matrix, spec.temperature, spec.thermodynamic_integration, over_relaxation=spec.sampler.over_relaxation_probability,
        seed=work.seed("thermodynamic integration"), progress=work.advance, threads=work.threads,
    )  # fmt: skip
    results = {
        "ln_z": measured(integral.ln_z, integral.standard_error),
        "exact_ln_z": measured(integral.exact_ln_z, 0.0),
        "error": measured(integral.error, integral.standard_error),
        "quadrature_bias": measured(integral.quadrature_bias, 0.0),
        "betas": integral.betas,
        "mean_energies": integral.mean_energies,
        "standard_errors": integral.standard_errors,
    }
    return {stage.outputs[0]: as_json(results)}
