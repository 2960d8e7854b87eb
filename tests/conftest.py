"""What every test shares: how hard Hypothesis works, where golden files lie, and the published spec."""

import os
import signal
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is loaded: on small matrices its threads only wait

import attrs
import pytest
import torch
from hypothesis import HealthCheck, settings

from paper_repro.score.weights import load_weights
from paper_repro.spec import (
    CosineRate,
    Hamiltonian,
    LearnedScale,
    Loaded,
    MuonAdamW,
    ShiftedLogTime,
    ShiftedTimeWeighting,
    Spec,
    load_spec,
    specs_folder,
)

os.environ.setdefault("MPLBACKEND", "Agg")
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell runs in the background, and inherited

# The gate must give the same verdict twice; "thorough" looks for what the gate's examples miss.
_slow_start = [HealthCheck.too_slow]
settings.register_profile("gate", derandomize=True, deadline=None, max_examples=30, suppress_health_check=_slow_start)
settings.register_profile("thorough", deadline=None, max_examples=1000, suppress_health_check=_slow_start)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.fixture(scope="module")
def original_datadir(request: pytest.FixtureRequest) -> Path:
    """Golden files lie in golden/<test module>/, not beside the tests (overrides pytest-datadir)."""
    return request.config.rootpath / "golden" / request.path.stem


@pytest.fixture(scope="session")
def paper() -> Loaded[Spec]:
    return load_spec(specs_folder() / "paper.toml")


@pytest.fixture(scope="session")
def refined(paper: Loaded[Spec]) -> Spec:
    """The published spec with everything that it leaves out of network, training and inversion."""
    spec = paper.record
    return attrs.evolve(
        spec,
        diffusion=attrs.evolve(spec.diffusion, time_sampling="log-uniform", weighting=ShiftedTimeWeighting(0.03)),
        architecture=attrs.evolve(
            spec.architecture,
            time_feature=ShiftedLogTime(0.03),
            output_scale=LearnedScale(0.5, 0.03),
            pair_update="symmetric",
            triangle_channels=6,
            embeddings="sinusoidal",
        ),
        training=attrs.evolve(
            spec.training,
            noise="antithetic",
            snapshots="cyclic",
            ema_decay=0.9,
            optimiser=MuonAdamW(learning_rate=1e-3, weight_decay=1e-4, muon_learning_rate=5e-3),
            schedule=CosineRate(0.1),
        ),
        inversion=attrs.evolve(spec.inversion, query_times=(0.002, 0.01)),
    )


@pytest.fixture(scope="session")
def hamiltonian(paper: Loaded[Spec]) -> Hamiltonian:
    return paper.record.hamiltonian


@pytest.fixture(scope="session")
def golden(pytestconfig: pytest.Config) -> Path:
    """The folder of golden files at the top of the project."""
    return pytestconfig.rootpath / "golden"


@pytest.fixture(scope="session")
def first_run(pytestconfig: pytest.Config) -> Path:
    """The record of the first published run: three trainings, results and manifest in the first format."""
    return pytestconfig.rootpath / "tests" / "formats" / "run-1"


@pytest.fixture(scope="session")
def trained_state(golden: Path) -> dict[str, torch.Tensor]:
    """The tensors of a trained network: golden/weights/, made by the command in golden/MANIFEST.toml."""
    return load_weights(golden / "weights" / "smoke-seed-0.safetensors")[0].state_dict()


@pytest.fixture(scope="session")
def authors_weights(pytestconfig: pytest.Config) -> Path:
    """The authors' epoch-20 weights, converted to safetensors; a test that needs them is skipped if they are absent.

    Looked for at the path in PAPER_REPRO_AUTHORS_WEIGHTS, then beside the checkout in shared/reference/.
    """
    beside = pytestconfig.rootpath.parent / "shared" / "reference" / "authors_epoch_20.safetensors"
    path = Path(os.environ.get("PAPER_REPRO_AUTHORS_WEIGHTS", beside))
    if not path.is_file():
        pytest.skip("the authors' weights are absent: set PAPER_REPRO_AUTHORS_WEIGHTS to their path (see REPRODUCE.md)")
    return path


@attrs.define
class _Row:
    """A row of the table of faults: the tests that inject them, how many they injected, and what was lost."""

    tests: int = 0
    injected: int = 0
    lost: int = 0


#: The faults that this project is tested to survive, by the argument of the marker "faults".
FAULTS = {
    "killed": "the process is killed at the k-th file operation",
    "signal": "SIGINT or SIGTERM in a kernel, a step, a write",
    "unwritable": "disk full, read-only folder, limit on the size of files",
    "damaged": "shard, checkpoint, weights or manifest truncated, altered, empty",
    "other spec": "another spec in a run directory",
    "format": "a file of an older or newer format",
    "malformed": "a malformed spec",
    "not finite": "NaN or infinity in loss, score, W, energy, weights",
    "too little": "a chain that has not converged, too few samples",
    "two": "two processes on one run directory",
    "surroundings": "cache, home, output, terminal, locale, paths, memory",
    "hostile": "a file that is made to do harm",
    "worker": "a worker, a rank, a scheduler dies or does not fit",
}
_ROWS: dict[str, _Row] = {}


#: Files of few tests that take long. pytest-xdist would begin them last, and one core would wait for the other.
LONG_FILES = frozenset(
    f"test_{name}.py"
    for name in (
        "cluster", "determinism", "discovery", "end_time", "estimators", "faults", "killed", "ranks", "refined_run",
        "replica_exchange", "run", "undecided", "what_the_paper_says",
    )
)  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin the long files first where files are shared out among processes."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.path.name not in LONG_FILES)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Note in the report of a test of faults which row it is of."""
    report = yield
    marker = item.get_closest_marker("faults")
    if marker is not None and (report.when == "call" or report.failed) and not report.skipped:
        report.user_properties.append(("faults", FAULTS[marker.args[0]]))
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the faults that a test injected: what it records as "injected", or one; reports come from every worker process."""
    noted = dict(report.user_properties)
    if "faults" in noted:
        row = _ROWS.setdefault(str(noted["faults"]), _Row())
        row.tests += 1
        row.injected += int(str(noted.get("injected", 1)))
        row.lost += report.failed


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what faults were injected and what was lost, where tests of faults ran."""
    if _ROWS:
        terminalreporter.section("faults injected")
        for name, row in _ROWS.items():
            terminalreporter.write_line(f"{row.injected:6,} in {row.tests:3} tests, {row.lost} with a loss: {name}")
