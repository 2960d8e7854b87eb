"""How time and memory grow: ``python -m benchmarks.scaling`` prints two tables, and writes them into docs/scaling.md.

Every size is measured in a process of its own, on one core: the CPU time, which other work on the machine hardly moves, and the
peak of the resident memory over what the process held before, its inputs counted. Only Linux reports this peak.
"""

import ctypes
import math
import multiprocessing
import os
import resource
import time
import timeit
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import torch
from rich.console import Console
from scipy.stats import linregress

from benchmarks.measure import processor
from paper_repro.analysis.basis_fit import normal_equations
from paper_repro.numerics.parallel import one_core, workers
from paper_repro.physics.sphere import normalise
from paper_repro.physics.terms import Terms
from paper_repro.sampling.diagnostics import end_correlations
from paper_repro.sampling.generate import generate
from paper_repro.sampling.sequences import draw_sequences
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score import training
from paper_repro.score.field import NetworkForce, NetworkScore
from paper_repro.score.pairformer import build
from paper_repro.spec import Spec, load_spec, specs_folder

SPEC = load_spec(specs_folder() / "paper.toml").record
DOCUMENT = Path(__file__).parents[1] / "docs/scaling.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
LONGEST = 1000
SHAPE = attrs.evolve(SPEC.architecture, positions=LONGEST)
Work = Callable[[], Any]


def spec_of(
    sites: int,
    sequences: int = 1,
    replicas: int = SPEC.ladder.replicas,
    method: Literal["replica-exchange", "exact"] = "replica-exchange",
) -> Spec:
    """The paper's spec with chains of one length."""
    return attrs.evolve(
        SPEC,
        chains=attrs.evolve(SPEC.chains, shortest=sites, longest=sites),
        ladder=attrs.evolve(SPEC.ladder, replicas=replicas),
        sampler=attrs.evolve(SPEC.sampler, method=method),
        training_set=attrs.evolve(SPEC.training_set, sequences=sequences),
        test_set=attrs.evolve(SPEC.test_set, sequences=1),
        readout=attrs.evolve(SPEC.readout, sequences=1),
        architecture=SHAPE,
    )


def sampling(spec: Spec) -> Work:
    """Whole sequences as a shard holds them: snapshots, traces, exact energy, statistics."""
    draw_sequences(spec)
    return lambda: generate(spec, "training", 0, spec.training_set.sequences, threads=1)


def random_chains(sites: int, snapshots: int, count: int = 1) -> list[Snapshots]:
    """What the spins are does not matter for the time."""
    generator = np.random.default_rng(0)
    return [
        Snapshots.of(normalise(generator.standard_normal((snapshots, sites, 3))), generator.integers(0, 2, sites))
        for _ in range(count)
    ]


def gradient(sites: int, count: int) -> Work:
    chains = random_chains(sites, 1, count)
    data = training.TrainingData([chain.species for chain in chains], [chain.spins.astype(np.float32) for chain in chains])
    drawn = training.batch_at(data, attrs.evolve(SPEC.training, batch=count), 0, 0)
    batch = training.noised(drawn, SPEC.diffusion, torch.Generator().manual_seed(0))
    model = build(SHAPE, 0)

    def work() -> None:
        with workers(1) as executor:
            training.loss_and_gradient(model, batch, executor)

    return work


def inversion(sites: int) -> Work:
    field = NetworkForce(build(SHAPE, 0).eval(), SPEC.inversion.query_times)
    return lambda: normal_equations(field, random_chains(sites, SPEC.test_set.snapshots), Terms.of(SPEC.hamiltonian))


def likelihood(sites: int) -> Work:
    (chain,) = random_chains(sites, 1)
    score = NetworkScore(build(SHAPE, 0).eval(), chain.species)
    x = torch.as_tensor(chain.spins, dtype=torch.float32)

    def work() -> None:
        with torch.no_grad():
            for _ in range(4):
                score(x, 0.1)
            score.divergence(x, 0.1)

    return work


def ends(sites: int) -> Work:
    shard = generate(spec_of(sites, method="exact"), "training", 0, 1)
    return lambda: end_correlations(shard, SPEC.hamiltonian, SPEC.beta)


@attrs.frozen
class Sweep:
    """One thing that is done, and the sizes of what grows; the exponents are fitted from ``first`` on."""

    what: str
    of: str
    sizes: tuple[int, ...]
    first: int
    prepare: Callable[[int], Work]


_TO_1000 = (20, 35, 63, 125, 250, 354, 500, 707, LONGEST)
SWEEPS = {
    "exchange": Sweep("replica exchange, a sequence at 40 replicas", "N", _TO_1000, 125, lambda n: sampling(spec_of(n))),
    "replicas": Sweep(
        "replica exchange, a sequence of N = 100", "replicas", (10, 20, 40, 80, 160, 320), 40,
        lambda n: sampling(spec_of(100, replicas=n)),
    ),
    "sequences": Sweep(
        "replica exchange, N = 35, 40 replicas", "sequences", (25, 50, 100, 200), 25, lambda n: sampling(spec_of(35, sequences=n))
    ),
    "exact": Sweep("exact sampler, a sequence", "N", _TO_1000, 354, lambda n: sampling(spec_of(n, method="exact"))),
    "ends": Sweep("exact ⟨S_1·S_N⟩ of a sequence (diagnose)", "N", _TO_1000, 354, ends),
    "gradient": Sweep("training gradient, a chain", "N", _TO_1000, 125, lambda n: gradient(n, 1)),
    "batch": Sweep("training gradient, N = 125", "chains", (2, 4, 8, 16, 32), 2, lambda n: gradient(125, n)),
    "inversion": Sweep("inversion, a sequence of 5 snapshots", "N", _TO_1000, 125, inversion),
    "likelihood": Sweep("likelihood, a step: 4 scores, 1 divergence", "N", (20, 35, 63, 88, 125, 177, 250), 63, likelihood),
}  # fmt: skip


@attrs.frozen
class Point:
    """What one size takes: user time and CPU time (user and kernel), in s, and memory, in bytes."""

    size: int
    user: float
    cpu: float
    memory: int


def resident(name: str) -> int:
    """VmRSS, the resident memory of this process, or VmHWM, its peak, in bytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return 1024 * int(line.split()[1])


def take(name: str, size: int) -> Point:
    """Measure one size in a process that has done the smallest before: the memory of the first time, the CPU time of later ones."""
    sweep = SWEEPS[name]
    with one_core():
        sweep.prepare(sweep.sizes[0])()
        ctypes.CDLL(None).malloc_trim(0)
        before = resident("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak is from here on
        work = sweep.prepare(size)
        took = timeit.timeit(work, timer=time.process_time, number=1)
        memory = resident("VmHWM") - before
        number, rounds = max(1, round(0.2 / took)), 3 if took < 1 else 1
        times = []
        for _ in range(rounds):
            start = resource.getrusage(resource.RUSAGE_SELF)
            for _ in range(number):
                work()
            end = resource.getrusage(resource.RUSAGE_SELF)
            times.append(((end.ru_utime - start.ru_utime) / number, (end.ru_stime - start.ru_stime) / number))
        user, kernel = sorted(times, key=sum)[rounds // 2]
    return Point(size, user, user + kernel, memory)


def exponent(points: list[Point], value: str, first: int) -> str:
    """The slope of log against log by least squares, from ``first`` on, and its standard error from the scatter about the line."""
    kept = [point for point in points if point.size >= first]
    fit = linregress([math.log(point.size) for point in kept], [math.log(getattr(point, value)) for point in kept])
    return f"{fit.slope:.2f} ± {fit.stderr:.2f}"


def mean_over_lengths(points: list[Point], value: str) -> float:
    """The mean over chains whose length is uniform on 20 … 1,000, between the sizes by straight lines of log against log."""
    lengths, sizes = np.arange(points[0].size, LONGEST + 1), [point.size for point in points]
    return float(np.exp(np.interp(np.log(lengths), np.log(sizes), np.log([getattr(point, value) for point in points]))).mean())


def growth(measured: dict[str, list[Point]]) -> Iterator[tuple[str, ...]]:
    yield "what", "grows", "fitted over", "user time", "CPU time", "memory", "at the largest: user + kernel, memory"
    for name, points in measured.items():
        sweep, last = SWEEPS[name], points[-1]
        small = last.memory < 2e6  # too near to what a page more or less makes
        yield (
            sweep.what, sweep.of, f"{sweep.first} … {last.size}", exponent(points, "user", sweep.first),
            exponent(points, "cpu", sweep.first), "–" if small else exponent(points, "memory", sweep.first),
            f"{last.user:.3g} + {last.cpu - last.user:.2g} s, {'< 2 MB' if small else f'{last.memory / 1e6:,.0f} MB'}",
        )  # fmt: skip


def costs(measured: dict[str, list[Point]]) -> Iterator[tuple[str, ...]]:
    yield "stage", "how often", "each, mean over lengths: user, CPU", "core hours: user, CPU"
    many, settings = 1_000_000, SPEC.likelihood
    configurations = len(SPEC.likelihood_temperatures) * settings.configurations
    for stage, name, times, how in (
        ("sample, replica exchange", "exchange", many, "10⁶ sequences"),
        ("sample, exact sampler", "exact", many, "10⁶ sequences"),
        ("diagnose: exact ⟨S_1·S_N⟩", "ends", many, "10⁶ sequences"),
        ("train, each seed", "gradient", many * SPEC.training.epochs, f"10⁶ chains × {SPEC.training.epochs} epochs"),
        ("invert, each network", "inversion", SPEC.test_set.sequences, f"{SPEC.test_set.sequences:,} sequences"),
        ("likelihood, each network", "likelihood", configurations * settings.steps, f"{configurations} × {settings.steps} steps"),
    ):  # fmt: skip
        points = measured[name]
        chosen = points[:1] if name == "likelihood" else points  # the likelihood is that of one chain of 20
        user, cpu = (mean_over_lengths(chosen, value) for value in ("user", "cpu"))
        hours = (f"{times * value / 3600:,.{0 if times * value > 360_000 else 2}f}" for value in (user, cpu))
        yield stage, how, f"{user:.3g}, {cpu:.3g} s{' at N = 20' if name == 'likelihood' else ''}", ", ".join(hours)


def markdown(rows: Iterable[tuple[str, ...]]) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *body))


def main() -> None:
    console = Console()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["paper_repro.studies.reproduction.stages", "scipy.stats", "rich.console"])
    measured: dict[str, list[Point]] = {}
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as executor:
        for name, sweep in SWEEPS.items():
            console.print(f"[dim]{name} …[/dim]")
            measured[name] = [executor.submit(take, name, size).result() for size in sweep.sizes]
            console.print(*measured[name], sep="\n", highlight=False)
    where = f"Measured on: {processor()}, of which one is used."
    block = "\n\n".join([where, markdown(growth(measured)), markdown(costs(measured))])
    console.print(block, soft_wrap=True, markup=False)
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{block}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
