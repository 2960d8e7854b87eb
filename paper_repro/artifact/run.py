"""A run: the stages from sampling to the partition function, each made once and kept.

A stage is skipped when the key of its inputs stands in the manifest and its outputs are there, whole. The key covers the part of
the spec that the stage reads, the SHA-256 of the files it reads, and the version of its recipe.
"""

import hashlib
import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.analysis import calibration, end_time, inversion, likelihood, readout, thermodynamic_integration
from paper_repro.artifact.manifest import Manifest, StageRecord, faults, key_of, now, open_manifest, write_manifest
from paper_repro.artifact.progress import Reporter
from paper_repro.artifact.results import fit_as_results, measured, read_json, write_json
from paper_repro.files import input_error, read_bytes, sha256, write_bytes
from paper_repro.physics import chain
from paper_repro.physics.exact import ExactChain
from paper_repro.sampling import diagnostics, ensemble
from paper_repro.sampling.ladder import temperatures
from paper_repro.score import training
from paper_repro.score.field import NetworkForce, NetworkScore
from paper_repro.score.pairformer import parameter_count
from paper_repro.score.weights import load_weights, save_weights
from paper_repro.score.workers import available_cores
from paper_repro.spec import Spec, canonical, digest

_SHARD = 200
_END_TIMES = (1.0, 2.0, 4.0)  # multiples of the end time of the spec, to show how fast the cost falls
_RESAMPLES = 200  # of sequences, for the errors of the autocorrelation
#: By the first word of a stage's name; raised when the stage comes to do something else with the same inputs: what was made
#: before is then made again.
_RECIPES = {
    "note": 4, "sample": 4, "diagnose": 5, "train": 4, "invert": 4, "take": 4, "read": 5, "likelihood": 4, "calibrate": 4,
    "end": 4, "thermodynamic": 4,
}  # fmt: skip
#: First element of the key of every random generator of this room; the others come after those of the sampling room.
STREAMS = {
    "inversion": 10,
    "likelihood": 11,
    "calibration": 12,
    "thermodynamic integration": 13,
    "diagnostics": 14,
    "overlaps": 15,
    "end time": 16,
}


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


@attrs.define
class Run:
    """The stages of one spec in one directory; ``threads``, all cores where not given, changes no byte of any output.

    ``authors`` are the authors' released weights, where they are at hand: they are asked what our own networks are asked.
    """

    spec: Spec
    folder: Path
    reporter: Reporter
    authors: Path | None = None
    threads: int = attrs.field(factory=available_cores)
    manifest: Manifest = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Open the directory, once it is sure that every temperature can be served: not after hours."""
        spec = self.spec
        if spec.hamiltonian.range <= 2:
            for path, temperature in (
                ("ladder.coldest", spec.ladder.coldest),
                *((f"likelihood.temperatures[{index}]", value) for index, value in enumerate(spec.likelihood.temperatures)),
            ):
                try:
                    ExactChain(strongest_bonds(spec), 1 / temperature)
                except (ValueError, ZeroDivisionError) as error:
                    raise input_error(f"spec {spec.name}: {path}", error, "a higher temperature") from error
        self.manifest = open_manifest(self.folder, self.spec)

    # -- the machinery ---------------------------------------------------------------------------------------------------------

    def _make(
        self, name: str, outputs: list[str], inputs: list[str], constants: Any, make: Callable[[], None], total: int | None
    ) -> bool:
        """Make the outputs of a stage, unless they are there already from the same inputs, and note them in the manifest.

        Returns whether it made them.
        """
        key = key_of(_RECIPES[name.partition(" ")[0]], name, constants, [sha256(self.folder / item) for item in inputs])
        record = self.manifest.stages.get(name)
        note = ""
        if record is not None and record.key == key and set(record.outputs) == set(outputs):
            wrong = faults(self.folder, record)
            if not wrong:
                self.reporter.finish(name, None)
                return False
            note = f"made again: {'; '.join(wrong)}"
        self.reporter.stage(name, total)
        start = time.monotonic()
        make()
        seconds = round(time.monotonic() - start, 3)
        made = StageRecord(key, {item: sha256(self.folder / item) for item in outputs}, seconds, now())
        self.manifest = attrs.evolve(self.manifest, stages={**self.manifest.stages, name: made})
        write_manifest(self.folder, self.manifest)
        self.reporter.finish(name, seconds, note)
        return True

    def _seed(self, stream: str, *index: int) -> np.random.SeedSequence:
        return np.random.SeedSequence(self.spec.seeds.data, spawn_key=(STREAMS[stream], *index))

    # -- the stages ------------------------------------------------------------------------------------------------------------

    def everything(self) -> None:
        """Make all stages, in order."""
        spec = self.spec
        for which in ("training", "test"):
            self._sample(which)
        self._diagnose()
        networks = [trained(seed) for seed in spec.training.seeds]
        for network, seed in zip(networks, spec.training.seeds, strict=True):
            self._train(seed)
            self._invert(network)
            self._read(network)
        if self.authors is not None:
            networks.append(AUTHORS)
            self._take(self.authors)
            self._invert(AUTHORS)
            self._read(AUTHORS)
        if spec.hamiltonian.range <= 2:
            for network in networks:
                for index in range(len(spec.likelihood.temperatures)):
                    self._follow(network, index)
                self._calibrate(network)
            self._end_time()
        else:
            self.reporter.say("likelihood and plateau are left out: couplings beyond separation 2 have no exact solution")
        self._integrate()

    def note_constants(self, rows: Sequence[Sequence[str]]) -> None:
        """Keep what each constant is and who says so (row, column) with the run."""
        name = "results/constants.json"
        self._make("note the constants", [name], [], rows, lambda: write_json(self.folder / name, rows), None)

    def shards(self, which: ensemble.Which) -> list[str]:
        """Return the names of the files of a data set."""
        count = (self.spec.training_set if which == "training" else self.spec.test_set).sequences
        return [f"ensemble/{which}-{number:05d}.npz" for number in range(math.ceil(count / _SHARD))]

    def _sample(self, which: ensemble.Which) -> None:
        spec = self.spec
        count = (spec.training_set if which == "training" else spec.test_set).sequences
        constants = {
            "hamiltonian": spec.hamiltonian, "chains": spec.chains, "ladder": spec.ladder, "sampler": spec.sampler,
            "training_set": spec.training_set, "test_set": spec.test_set, "seeds": spec.seeds,
        }  # fmt: skip
        names = self.shards(which)
        started, made_now = time.monotonic(), 0
        for number, name in enumerate(names):
            first, last = number * _SHARD, min((number + 1) * _SHARD, count)

            def make(name: str = name, first: int = first, last: int = last) -> None:
                made = ensemble.generate(spec, which, first, last, progress=self.reporter.advance, threads=self.threads)
                ensemble.save(made, self.folder / name)

            label = f"sample {which} {number + 1}/{len(names)}"
            made_now += self._make(label, [name], [], {k: canonical(v) for k, v in constants.items()}, make, last - first)
            if made_now and number + 1 < len(names) and made_now % 20 == 0:
                left = (time.monotonic() - started) / made_now * (len(names) - number - 1) / 60
                self.reporter.say(f"sample {which}: {last:,} of {count:,} sequences, {left:.1f} min left")

    def _chains(self, which: ensemble.Which, snapshots: int | None = None) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        for name in self.shards(which):
            shard = ensemble.load(self.folder / name)
            for index in range(len(shard)):
                codes, spins = shard.chain(index)
                yield codes, spins[:snapshots]

    def _diagnose(self) -> None:
        """How well both data sets were sampled, the laws of the lengths and of the bond cosines, and a few conformations."""
        spec, name = self.spec, "results/sampling.json"
        edges = np.linspace(-1, 1, 81)

        def make() -> None:
            results: dict[str, Any] = {}
            both: tuple[ensemble.Which, ...] = ("training", "test")
            for number, which in enumerate(both):
                whole = ensemble.concatenate([ensemble.load(self.folder / shard) for shard in self.shards(which)])
                results[which] = self._evidence(whole, number)
                results[which]["lengths"] = np.bincount(whole.lengths)
                self.reporter.advance(number + 1)
            by_length = np.argsort(whole.lengths, kind="stable")
            results["conformations"] = [
                {"sequence": whole.sequences[k], "spins": whole.chain(k)[1][0]} for k in by_length[[0, len(by_length) // 2, -1]]
            ]
            counts = np.zeros((len(spec.hamiltonian.terms), len(edges) - 1))
            for codes, spins in self._chains("test"):
                cosines = spins @ spins.swapaxes(-1, -2)
                for term, adjacent in enumerate(chain.adjacency(codes, spec.hamiltonian)):
                    counts[term] += np.histogram(cosines[:, np.triu(adjacent) > 0], edges)[0]
            results["bond_cosines"] = {"edges": edges} | {
                term.name: row for term, row in zip(spec.hamiltonian.terms, counts, strict=True)
            }
            write_json(self.folder / name, results)

        inputs = [*self.shards("training"), *self.shards("test")]
        constants = {name: canonical(getattr(spec, name)) for name in ("hamiltonian", "ladder", "seeds")}
        self._make("diagnose sampling", [name], inputs, constants, make, 2)

    def _evidence(self, whole: ensemble.Ensemble, index: int) -> dict[str, Any]:
        """Everything that says how well one data set was sampled; what needs the exact solution only where there is one."""
        spec, beta = self.spec, 1 / self.spec.ladder.coldest
        z = diagnostics.z_scores(whole)
        edges = np.linspace(-6, 6, 61)
        results: dict[str, Any] = diagnostics.diagnostics(whole) | {
            "temperatures": temperatures(spec.ladder),
            "swap_rates": diagnostics.swap_rates(whole),
            "z_histogram": {"edges": edges, "counts": np.histogram(np.clip(z, -6, 6), edges)[0]},
        }
        if spec.hamiltonian.range > 2 or len(whole) < 2:
            return results
        if whole.step_sweeps > 0 and whole.energies.shape[1] > 1:
            ends = diagnostics.end_correlations(whole, spec.hamiltonian, beta)
            for observable, traces, means in (
                ("energy", whole.energies, whole.exact_energy), ("ends", whole.end_cosines, ends),
            ):  # fmt: skip
                generator = np.random.default_rng(self._seed("diagnostics", index))
                results[f"autocorrelation_of_{observable}"] = diagnostics.autocorrelation(
                    traces, means, whole.step_sweeps, _RESAMPLES, generator
                )
        if len(whole.spins) > 1 and index == 1:  # the test set: its snapshots are as far apart as those of the training set
            successive, independent = diagnostics.overlaps(whole, spec.hamiltonian, beta, self._seed("overlaps"))
            kinds = {"successive": successive, "independent": independent, "difference": successive - independent}
            for kind, values in kinds.items():
                results[f"overlap_{kind}"] = measured(float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values))))
        return results

    def _train(self, seed: int) -> None:
        spec, inputs = self.spec, self.shards("training")
        constants = {name: canonical(getattr(spec, name)) for name in ("architecture", "diffusion", "training", "inversion")}
        constants["training"].pop("seeds")
        outputs = [trained(seed).weights, f"results/training-{seed}.json"]
        checkpoint = self.folder / f"weights/seed-{seed}.checkpoint.safetensors"

        def make() -> None:
            pairs = [(codes, spins.astype(np.float32)) for codes, spins in self._chains("training")]
            data = training.Chains([codes for codes, _ in pairs], [spins for _, spins in pairs])
            key = key_of(constants, seed, [sha256(self.folder / name) for name in inputs])

            def attempt() -> training.Trained:
                return training.train(
                    data, spec.architecture, spec.diffusion, spec.training, seed,
                    checkpoint=checkpoint, key=key, progress=lambda step, _, loss: self.reporter.advance(step, f"loss {loss:.4f}"),
                    threads=self.threads,
                )  # fmt: skip

            try:
                try:
                    done = attempt()
                except training.CheckpointError as error:
                    kept = checkpoint.replace(checkpoint.with_suffix(".damaged"))
                    self.reporter.say(f"{error}; kept as {kept.name}, training starts again")
                    done = attempt()
            except training.NotFinite as error:
                raise input_error(self.folder, error, "finite numbers") from error
            save_weights(
                self.folder / outputs[0], done.model,
                query_time=spec.inversion.query_time, spec_sha256=digest(spec), seed=seed, steps=len(done.losses),
            )  # fmt: skip
            epoch = max(1, len(done.losses) // spec.training.epochs)
            means = list(training.smoothed(done.losses, epoch))
            write_json(
                self.folder / outputs[1],
                {
                    "steps": len(done.losses),
                    "parameters": parameter_count(done.model),
                    "losses": done.losses,
                    "epoch_losses": means,
                },
            )

        total = training.steps_in_all(spec.training_set.sequences, spec.training)
        self._make(f"train seed {seed}", outputs, inputs, constants, make, total)
        checkpoint.unlink(missing_ok=True)

    def _take(self, authors: Path) -> None:
        """Copy the authors' weights into the run, so that what was asked is kept with the answers."""
        data = read_bytes(authors, "the authors' weights (safetensors)")

        def make() -> None:
            write_bytes(self.folder / AUTHORS.weights, data)

        self._make("take the authors' weights", [AUTHORS.weights], [], hashlib.sha256(data).hexdigest(), make, None)

    def _network(self, network: Network) -> NetworkForce:
        model, info = load_weights(self.folder / network.weights)
        return NetworkForce(model, self.spec.inversion.query_time if info.query_time is None else info.query_time)

    def _invert(self, network: Network) -> None:
        spec = self.spec

        def make() -> None:
            statistics = inversion.gather(
                self._network(network), self._chains("test"), spec.hamiltonian, self.reporter.advance, threads=self.threads
            )
            beta = 1 / spec.ladder.coldest
            try:
                fit = inversion.invert(statistics, spec.hamiltonian, spec.inversion, beta, self._seed("inversion", *network.key))
            except ValueError as error:
                raise input_error(f"{self.folder}: inversion of {network.label}", error, "a force to invert") from error
            write_json(self.folder / f"results/inversion-{network.name}.json", fit_as_results(fit))

        constants = {name: canonical(getattr(spec, name)) for name in ("hamiltonian", "inversion", "ladder", "seeds")}
        inputs = [network.weights, *self.shards("test")]
        self._make(
            f"invert {network.label}", [f"results/inversion-{network.name}.json"], inputs, constants, make, spec.test_set.sequences
        )

    def _read(self, network: Network) -> None:
        spec = self.spec

        def make() -> None:
            chains = list(itertools.islice(self._chains("test", 1), spec.readout.sequences))

            def counted() -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
                for index, pair in enumerate(chains):
                    self.reporter.advance(index + 1)
                    yield pair

            asked = self._network(network)
            read = readout.read_interaction(asked.interaction, counted(), spec.hamiltonian, threads=self.threads)
            codes, spins = chains[0]
            forces = readout.force_magnitudes(asked, chains, spec.hamiltonian, 1 / spec.ladder.coldest, threads=self.threads)
            example = {
                "sequence": chain.decode(codes, spec.hamiltonian.identities),
                "spins": spins[0],
                "interaction": asked.interaction(codes, spins)[0],
                "force": asked(codes, spins)[0],
            }
            write_json(
                self.folder / f"results/readout-{network.name}.json",
                attrs.asdict(read) | {"force_magnitudes": forces, "example": example},
            )

        constants = {name: canonical(getattr(spec, name)) for name in ("hamiltonian", "readout", "inversion", "ladder")}
        inputs = [network.weights, *self.shards("test")]
        self._make(
            f"read W of {network.label}", [f"results/readout-{network.name}.json"], inputs, constants, make, spec.readout.sequences
        )

    def _likelihood_chain(self) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
        codes = chain.encode(self.spec.likelihood.chain, self.spec.hamiltonian.identities)
        return codes, chain.coupling_matrix(codes, self.spec.hamiltonian)

    def _follow(self, network: Network, index: int) -> None:
        """Log-likelihoods of configurations at one temperature."""
        spec = self.spec
        name = f"results/likelihood-{network.name}-{index}.json"

        def make() -> None:
            codes, matrix = self._likelihood_chain()
            temperature = spec.likelihood.temperatures[index]
            generator = np.random.default_rng(self._seed("likelihood", index))
            spins = ExactChain(matrix, 1 / temperature).sample(spec.likelihood.configurations, generator)
            score = NetworkScore(self._network(network).model, codes)
            values = likelihood.log_likelihood(
                score, torch.as_tensor(spins, dtype=torch.float32), likelihood.time_grid(spec.likelihood), score.divergence,
                threads=self.threads, progress=self.reporter.advance,
            )  # fmt: skip
            energies = chain.energy(spins, matrix)
            write_json(self.folder / name, {"temperature": temperature, "energies": energies, "log_likelihoods": values.numpy()})

        constants = {item: canonical(getattr(spec, item)) for item in ("hamiltonian", "likelihood", "seeds")}
        label = f"likelihood {network.label}, T = {spec.likelihood.temperatures[index]:g}"
        self._make(label, [name], [network.weights], constants, make, spec.likelihood.configurations)

    def _calibrate(self, network: Network) -> None:
        spec = self.spec
        inputs = [f"results/likelihood-{network.name}-{index}.json" for index in range(len(spec.likelihood.temperatures))]

        def make() -> None:
            parts = [read_json(self.folder / name) for name in inputs]
            energies = np.concatenate([part["energies"] for part in parts])
            values = np.concatenate([np.array(part["log_likelihoods"], dtype=np.float64) for part in parts])
            _, matrix = self._likelihood_chain()
            beta = 1 / spec.ladder.coldest
            law = ExactChain(matrix, beta)
            threshold = law.mean_energy + spec.likelihood.low_energy * law.energy_deviation
            try:
                plateau = calibration.calibrate(
                    energies, values, beta, threshold, lambda b: ExactChain(matrix, b).ln_z,
                    spec.inversion.resamples, self._seed("calibration", *network.key),
                )  # fmt: skip
            except ValueError as error:  # a network that is too poor to be calibrated is a result, not a fault
                write_json(self.folder / f"results/calibration-{network.name}.json", {"failed": str(error), "threshold": threshold})
                return
            results = {
                "alpha": measured(plateau.alpha, plateau.alpha_error),
                "beta_effective": measured(plateau.beta_effective, plateau.alpha_error * beta),
                "ln_z": measured(plateau.ln_z, plateau.ln_z_error),
                "exact_ln_z": measured(plateau.exact_ln_z, plateau.exact_ln_z_error),
                "gap": measured(plateau.gap, plateau.gap_error),
                "residual": measured(plateau.residual),
                "high_energy": measured(plateau.high_energy, plateau.high_energy_error),
                "low_energy_count": plateau.low_energy_count,
                "threshold": threshold,
            }
            write_json(self.folder / f"results/calibration-{network.name}.json", results)

        constants = {item: canonical(getattr(spec, item)) for item in ("hamiltonian", "likelihood", "ladder", "inversion", "seeds")}
        self._make(f"calibrate {network.label}", [f"results/calibration-{network.name}.json"], inputs, constants, make, None)

    def _end_time(self) -> None:
        """What the finite end time costs in ln Z, on two spins of the anchor's coupling, where all is known."""
        spec, name = self.spec, "results/end_time.json"

        def make() -> None:
            _, matrix = self._likelihood_chain()
            beta = 1 / spec.ladder.coldest
            kappa = beta * abs(spec.hamiltonian.terms[chain.anchor(spec.hamiltonian)].coupling)
            costs = end_time.end_time_costs(
                spec.likelihood, kappa, ExactChain(matrix, beta), [spec.likelihood.end_time * k for k in _END_TIMES],
                spec.likelihood.configurations, np.random.default_rng(self._seed("end time")), threads=self.threads,
            )  # fmt: skip
            write_json(self.folder / name, {"kappa": kappa, "costs": costs})

        constants = {item: canonical(getattr(spec, item)) for item in ("hamiltonian", "likelihood", "ladder", "seeds")}
        self._make("end time of the diffusion", [name], [], constants, make, None)

    def _integrate(self) -> None:
        spec = self.spec
        name = "results/thermodynamic_integration.json"

        def make() -> None:
            _, matrix = self._likelihood_chain()
            integral = thermodynamic_integration.integrate(
                matrix, spec.ladder.coldest, spec.thermodynamic_integration, over_relaxation=spec.sampler.over_relaxation,
                seed=self._seed("thermodynamic integration"), progress=self.reporter.advance, threads=self.threads,
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
            write_json(self.folder / name, results)

        constants = {
            item: canonical(getattr(spec, item))
            for item in ("hamiltonian", "likelihood", "ladder", "sampler", "thermodynamic_integration", "seeds")
        }
        self._make("thermodynamic integration", [name], [], constants, make, spec.thermodynamic_integration.points)


def strongest_bonds(spec: Spec) -> npt.NDArray[np.float64]:
    """Return the couplings of three sites with the strongest of each separation: what bounds the temperature of every chain."""
    matrix = np.zeros((3, 3))
    for term in spec.hamiltonian.terms:
        if term.separation <= 2:
            site = np.arange(3 - term.separation)
            matrix[site, site + term.separation] = np.maximum(matrix[site, site + term.separation], abs(term.coupling))
    return matrix
