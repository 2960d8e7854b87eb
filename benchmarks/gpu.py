"""What a GPU does of the published run, in minutes: ``python -m benchmarks.gpu [--device cuda:0] [--sequences 40000] [--quick]``.

Needs torch with CUDA, numba, scipy, attrs, cattrs, safetensors and torchdiffeq, and no network. The targets are those of an H100 or
H200; the first line names the GPU. ``--device cpu --sequences 60 --quick`` tries the
script without one.
"""

import argparse
import platform
import sys
import time
from collections.abc import Iterator, Sequence

import attrs
import numpy as np
import torch

from benchmarks.measure import Figure, at_most, seconds
from paper_repro.analysis.basis_fit import least_squares, normal_equations
from paper_repro.analysis.comparison import compare
from paper_repro.analysis.likelihood import log_likelihood, time_grid
from paper_repro.numerics.parallel import in_order
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score.execution import Execution, execution
from paper_repro.score.field import NetworkForce, NetworkScore
from paper_repro.score.pairformer import Pairformer
from paper_repro.score.training import Trained, TrainingData, train
from paper_repro.spec import Spec, load_spec, specs_folder

_SAME_BYTES_STEPS = 60  # of the two trainings that must agree
_NAMES = ("A", "B")


def _sequences(spec: Spec, count: int, snapshots: int, seed: int, threads: int) -> Iterator[Snapshots]:
    """Random chains of the spec's lengths with independent snapshots, from the exact solution."""
    truth = Truth.of(spec.hamiltonian, spec.beta)

    def draw(index: int) -> Snapshots:
        generator = np.random.default_rng([seed, index])
        sites = int(generator.integers(spec.chains.shortest, spec.chains.longest, endpoint=True))
        species = generator.integers(len(_NAMES), size=sites)
        spins = truth.exact(Geometry.open_chain(sites), species).sample(snapshots, generator)
        return Snapshots.of(spins, species, species_names=_NAMES)

    yield from in_order(draw, range(count), threads)


def _timed_training(spec: Spec, data: TrainingData, where: Execution, steps: int | None) -> tuple[Trained, float]:
    """Train on a device, the whole recipe or its first steps, and return the network and the seconds."""

    class Enough(Exception):
        """Enough steps were taken."""

    def stop(done: int, _: int, loss: float) -> None:
        losses.append(loss)
        if done == steps:
            raise Enough

    losses: list[float] = []
    start = time.perf_counter()
    try:
        made = train(data, spec.architecture, spec.diffusion, spec.training, 0, progress=stop, where=where)
    except Enough:
        made = Trained(Pairformer(spec.architecture), np.array(losses))
    return made, time.perf_counter() - start


def _inversion(spec: Spec, model: Pairformer, test: Sequence[Snapshots], where: Execution) -> tuple[str, float]:
    truth = Truth.of(spec.hamiltonian, spec.beta)
    field = NetworkForce(model.to(where.device), spec.inversion.query_times)

    def work() -> None:
        fit = least_squares(normal_equations(field, test, truth.terms, threads=where.threads), resamples=50)
        found.append((fit.r2, compare(fit, truth).cosine))

    found: list[tuple[float, float]] = []
    work()  # compiles, and warms the device
    return f"R² {found[0][0]:.4f}, cosine {found[0][1]:.4f}", seconds(work)


def _likelihoods(spec: Spec, model: Pairformer, where: Execution) -> float:
    truth, chain = Truth.of(spec.hamiltonian, spec.beta), spec.likelihood.chain
    spins = truth.exact(Geometry.open_chain(len(chain)), chain).sample(spec.likelihood.configurations, np.random.default_rng(0))
    score = NetworkScore(model.to(where.device), np.array([_NAMES.index(letter) for letter in chain]))
    at = torch.as_tensor(spins, dtype=torch.float32, device=where.device)
    return seconds(lambda: log_likelihood(score, at, time_grid(spec.likelihood), score.divergence, threads=where.threads))


def _first_losses(spec: Spec, data: TrainingData, where: Execution) -> list[float]:
    made, _ = _timed_training(spec, data, where, _SAME_BYTES_STEPS)
    return [float(loss) for loss in made.losses]


def figures(where: Execution, sequences: int, *, quick: bool) -> Iterator[Figure]:
    """Yield every figure as soon as it is taken; ``quick`` tries each at a small size."""
    spec, steps = load_spec(specs_folder() / "paper.toml").record, None
    if quick:
        spec, steps = attrs.evolve(spec, likelihood=attrs.evolve(spec.likelihood, configurations=2, steps=5)), _SAME_BYTES_STEPS
    start = time.perf_counter()
    drawn = list(_sequences(spec, sequences, spec.training_set.snapshots, 1, where.threads))
    data = TrainingData([item.species for item in drawn], [item.spins.astype(np.float32) for item in drawn])
    yield Figure("data from the exact solution", "—", f"{time.perf_counter() - start:.0f} s for {sequences:,} sequences", True)
    same = _first_losses(spec, data, where) == _first_losses(spec, data, where)
    yield Figure(
        f"two trainings of {_SAME_BYTES_STEPS} steps", "the same losses, to the bit", "the same" if same else "differ", same
    )
    made, taken = _timed_training(spec, data, where, steps)
    count = len(made.losses)
    detail = f"{count:,} steps of {1e3 * taken / count:.1f} ms, mean loss at the end {made.losses[-count // 20 :].mean():.4f}"
    yield at_most("training of the published recipe", 60, taken, "s", detail)
    test = list(_sequences(spec, min(2000, sequences), 5, 2, where.threads))
    said, taken = _inversion(spec, made.model, test, where)
    yield at_most(f"inversion of {len(test):,} × 5 snapshots", 5, taken, "s", said)
    yield at_most(f"{spec.likelihood.configurations} log-likelihoods of 20 sites", 20, _likelihoods(spec, made.model, where), "s")
    if where.on_gpu:
        peak = torch.cuda.max_memory_allocated(where.device) / 2**30
        yield Figure("largest memory taken on the device", "—", f"{peak:.1f} GiB", True)


def main() -> int:
    """Take the figures on one device, print the table, and return 0 where every target is reached."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cuda")
    options.add_argument("--sequences", type=int, default=40_000)
    options.add_argument("--quick", action="store_true")
    given = options.parse_args()
    where = execution(given.device)
    print(f"{where.name}, torch {torch.__version__}, {where.threads} cores, {platform.platform()}", flush=True)  # noqa: T201
    reached = True
    for figure in figures(where, given.sequences, quick=given.quick):
        reached &= figure.reached
        print(" | ".join(attrs.astuple(figure)[:3]), "| reached" if figure.reached else "| MISSED", flush=True)  # noqa: T201
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
