"""``paper-repro reproduce``: a spec, from sampling to report."""

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from paper_repro.cli.checks import require_device, require_weights, spec_path
from paper_repro.cli.console import console_beside, reporter_beside
from paper_repro.cli.options import JsonTarget, RunTarget, Whole
from paper_repro.cli.report import require_outside, show_written
from paper_repro.files import InputError, read_bytes
from paper_repro.numerics.parallel import started_by_torchrun
from paper_repro.pipeline.lock import lock
from paper_repro.spec import Loaded, Spec, constants_of, load_spec
from paper_repro.studies.reproduction.heading import heading
from paper_repro.studies.reproduction.protocol import published_protocol

#: Seconds in which the first rank reports an error before another rank ends.
_GRACE = 10.0

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paper_repro.pipeline.engines import Engine
    from paper_repro.score.ranks import Ranks
    from paper_repro.studies.reproduction.adoption import FoundTraining

StageKind = Literal["sample", "train"]


def reproduce(
    spec: Path | None = None,
    /,
    *,
    out: RunTarget,
    authors_weights: Annotated[Path | None, Parameter(env_var="PAPER_REPRO_AUTHORS_WEIGHTS")] = None,
    weights: Path | None = None,
    workers: Whole | None = None,
    scheduler: str | None = None,
    stage: StageKind | None = None,
    device: str = "cpu",
    likelihood: bool = True,
    json: JsonTarget = None,
) -> int:
    """Run a spec from sampling to report; started again, it continues where it stopped.

    Parameters
    ----------
    spec
        The spec to run, a file or a packaged one by name, such as smoke.toml; by default the published run.
    out
        The run directory.
    authors_weights
        The authors' released weights as safetensors, analysed as our own networks are (see REPRODUCE.md).
    weights
        A folder with weights of trainings of this spec: everything after training is made from them.
    workers
        Number of processes that make the stages at the same time; the results are bit-identical.
    scheduler
        Make the stages on the workers of the Dask scheduler at this address; the results are bit-identical. Needs
        dask.distributed (pip install 'paper-repro[cluster]') and a run directory shared by all workers.
    stage
        Make only the data sets, or only the networks.
    device
        Device on which networks are trained and evaluated: cpu, cuda or cuda:n.
    likelihood
        Compute the likelihoods of the networks, and with them the plateau: minutes for each network.
    """
    require_outside(json, out)
    if json is not None and stage is not None:
        raise InputError("--json", f"given with --stage {stage}", "a run to its report, which has the numbers")
    if not likelihood and stage is not None:
        raise InputError("--no-likelihood", f"given with --stage {stage}", "a run to its report: a stage alone has no likelihood")
    path, console = spec_path(spec), console_beside(json)
    return run_spec(
        path, out, console, authors_weights, workers, scheduler, stage, device, weights, likelihood=likelihood, json=json
    )


def run_spec(
    path: Path,
    out: Path,
    console: Console,
    authors: Path | None = None,
    workers: Whole | None = None,
    scheduler: str | None = None,
    stage: StageKind | None = None,
    device: str = "cpu",
    weights: Path | None = None,
    *,
    likelihood: bool = True,
    json: Path | None = None,
) -> int:
    """Run a spec into a directory, or continue it, and report.

    The stages are made here, in as many processes as ``workers``, or by the workers of a Dask ``scheduler``. With a ``stage``,
    only stages of that kind are made, and no report. The trainings in a folder of ``weights`` are taken for those of the spec, of
    which none is made then. Under ``torchrun`` the first rank does this and the others train with it.
    """
    try:
        loaded = _checked(path, authors, workers, scheduler, device)
        adopted = () if weights is None else _adopted(weights, loaded.record, stage, console)
    except InputError as error:
        if started_by_torchrun() and os.environ["RANK"] != "0":
            _wait_for_the_first_rank()
            raise SystemExit(2) from error
        raise
    if weights is not None:
        from paper_repro.studies.reproduction.adoption import with_trainings

        loaded = with_trainings(loaded, adopted)
    if started_by_torchrun():
        _run_on_ranks(loaded, out, console, authors, stage, json)
    from paper_repro.pipeline.engines import cluster, processes

    engine = processes(workers) if workers is not None else cluster(scheduler) if scheduler is not None else None
    _run(loaded, out, console, authors, stage, engine=engine, device=device, adopted=adopted, likelihood=likelihood, json=json)
    return 0


def _wait_for_the_first_rank() -> None:
    """Give the first rank the time to report an error: torchrun ends every rank, by SIGTERM, when one has ended."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    time.sleep(_GRACE)


def _checked(path: Path, authors: Path | None, workers: int | None, scheduler: str | None, device: str) -> Loaded[Spec]:
    """Load the spec; raises ``InputError`` for any error that would otherwise end the run after hours."""
    if workers is not None and scheduler is not None:
        raise InputError("--workers", f"{workers} and --scheduler {scheduler}", "one of the two")
    if started_by_torchrun() and (workers is not None or scheduler is not None or device != "cpu"):
        raise InputError("torchrun", "--workers, --scheduler or --device", "none of them, where ranks train together")
    require_device(device)
    if device != "cpu" and (workers is not None or scheduler is not None):
        raise InputError("--device", f"{device} and --workers or --scheduler", "one process, which has the GPU")
    loaded = load_spec(path)
    published_protocol()
    if authors is not None:
        require_weights([authors])
        from paper_repro.score.network_for import network_for

        network_for(authors, loaded.record)
    return loaded


def _adopted(weights: Path, spec: Spec, stage: StageKind | None, console: Console) -> "tuple[FoundTraining, ...]":
    """Find the trainings in a folder; raises ``InputError`` without one, and if trainings are to be made too."""
    from paper_repro.studies.reproduction.adoption import find_trainings

    if stage == "train" or started_by_torchrun():
        raise InputError("--weights", "with --stage train or torchrun", "one of the two: trainings that exist, or new ones")
    return find_trainings(weights, spec, lambda line: console.print(Text(line)))


def _run_on_ranks(
    loaded: Loaded[Spec], out: Path, console: Console, authors: Path | None, stage: StageKind | None, json: Path | None
) -> None:
    """Run on the ranks that ``torchrun`` started; ends the process."""
    from paper_repro.pipeline.engines import serve_rank
    from paper_repro.score.ranks import exit_rank, group

    with group() as ranks:
        if ranks.leads:
            _run(loaded, out, console, authors, stage, ranks=ranks, json=json)
            ranks.agree()
        else:
            serve_rank(ranks)
    exit_rank()


def _run(
    loaded: Loaded[Spec],
    out: Path,
    console: Console,
    authors: Path | None,
    stage: StageKind | None,
    *,
    engine: "Engine | None" = None,
    ranks: "Ranks | None" = None,
    device: str = "cpu",
    adopted: "Sequence[FoundTraining]" = (),
    likelihood: bool = True,
    json: Path | None = None,
) -> None:
    from paper_repro.pipeline.run import open_run
    from paper_repro.score.execution import unused_gpu
    from paper_repro.studies.reproduction.plan import plan_reproduction

    weights = None if authors is None else read_bytes(authors, "the authors' weights (safetensors)")
    spec, published = loaded.record, published_protocol()
    plan = plan_reproduction(spec, weights, constants_of(loaded), published, device, adopted, likelihood=likelihood)
    plan.check()
    console.print(Text(f"{heading(spec)} → {out}", style="bold"))
    with reporter_beside(console) as progress, lock(out, progress.say):
        if (line := unused_gpu(device)) is not None and stage != "sample":
            progress.say(line)
        run = open_run(plan, out, progress, engine=engine, group=ranks)
        run.make_all(stage)
    if stage is None:
        show_written(out, run.manifest, spec, published, console, json)
