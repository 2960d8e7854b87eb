"""``paper-repro audit``: the couplings of a weights file, or of any model."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from paper_repro.cli.audit_model import OwnDataOptions, Simulated, audit_model
from paper_repro.cli.checks import require_device, require_new, require_weights, spec_at
from paper_repro.cli.console import console_beside, reporter_beside, write_json
from paper_repro.cli.options import JsonTarget, SpecFile, Whole
from paper_repro.cli.own_files import given
from paper_repro.files import InputError, sha256
from paper_repro.report.document import Section, Table, Text
from paper_repro.report.numbers import number
from paper_repro.report.terminal import show
from paper_repro.score.own_code import own_name
from paper_repro.spec import Published, Spec
from paper_repro.studies.reproduction.protocol import published_protocol

if TYPE_CHECKING:
    from paper_repro.analysis.audit import Audit


def audit(
    model: Path,
    /,
    *data: Path,
    own: OwnDataOptions | None = None,
    sequences: Whole | None = None,
    snapshots: Whole | None = None,
    seed: Whole | None = None,
    spec: SpecFile = None,
    query_times: Annotated[tuple[float, ...] | None, Parameter(consume_multiple=True, negative="")] = None,
    device: str = "cpu",
    json: JsonTarget = None,
) -> int:
    """Read the couplings out of trained weights or any other model, on sequences from the exact solution or on your own snapshots.

    Parameters
    ----------
    model
        A safetensors file: ours, or the authors' released weights under their own names. Or FILE.py:NAME, a torch module or a
        function of (species, spins, time, mask) or of (species, spins). FILE.py is executed: give only your own.
    data
        Your own snapshots, instead of simulated ones: npz, extended xyz, OVF 1 or 2 (docs/data.md).
    sequences
        Number of sequences; by default that of the spec's test set.
    snapshots
        Number of snapshots of each; by default that of the spec's test set.
    seed
        Seed of the sequences, the snapshots and the resampling; by default 0.
    query_times
        Diffusion times at which a score is evaluated, extrapolated to 0 if there are several; by default
        those of the weights or of the spec.
    device
        Device on which the networks are evaluated: cpu, cuda or cuda:n; a model of FILE.py chooses its own.
    """
    settings, own, code = spec_at(spec), own or OwnDataOptions(), own_name(str(model))
    simulated = Simulated.of(settings, sequences, snapshots, seed)
    simulation = {"--sequences": sequences, "--snapshots": snapshots, "--seed": seed, "--spec": spec}
    unused = ", ".join(name for name, value in simulation.items() if value is not None)
    if data and unused:
        raise InputError(unused, "given with DATA", "DATA or simulated snapshots")
    if given(own) and not data:
        raise InputError(given(own), "given without DATA", "snapshots of your own")
    if not data and code is None and query_times is None:
        return _of_weights(model, settings, simulated, device, json)
    if device != "cpu":
        raise InputError(
            "--device", f"{device} with FILE.py, DATA or --query-times", "cpu; a model of FILE.py is where it puts itself"
        )
    require_new(json, [*data, model if code is None else code[0]])
    numbers = audit_model(model, code, own.of(data) if data else simulated, settings, query_times, console_beside(json))
    write_json(json, numbers)
    return 0


def _of_weights(weights: Path, settings: Spec, simulated: Simulated, device: str, json: Path | None) -> int:
    """Audit weights on simulated snapshots, with the true and the published values."""
    sequences, snapshots, seed = simulated.sequences, simulated.snapshots, simulated.seed
    require_weights([weights])
    require_device(device)
    published, protocol = published_protocol()
    from paper_repro.analysis.audit import audit_weights
    from paper_repro.pipeline.codec import plain

    console = console_beside(json)
    with reporter_beside(console) as reporter:
        reporter.stage("audit", sequences)
        done = audit_weights(weights, settings, sequences, snapshots, seed, reporter.advance, device)
    size = f"{sequences} sequences × {snapshots} snapshots"
    same_law = settings.hamiltonian == protocol.hamiltonian and settings.temperature == protocol.temperature
    show([_section(done, weights, settings, published if same_law else None, size)], f"paper_repro · {settings.name}", console)
    about = {"weights_sha256": sha256(weights), "sequences": sequences, "snapshots": snapshots, "seed": seed, "spec": settings.name}
    write_json(json, plain(done.as_results() | about))
    return 0


def _section(done: "Audit", weights: Path, spec: Spec, published: Published | None, size: str) -> Section:
    """Compare the couplings with the truth, and with the published ones if the law is the paper's."""
    from paper_repro.physics.hamiltonian import couplings_of

    fit, compared = done.fit, done.comparison
    true, reference = couplings_of(spec.hamiltonian), compared.reference
    lines = [
        (f"{name} / {fit.terms[reference]}", f"ratios.{name}", truth, value, error)
        for name, truth, value, error in zip(fit.terms, true / true[reference], compared.ratios, compared.ratio_errors, strict=True)
    ]
    lines += [
        ("cosine similarity", "cosine", 1.0, compared.cosine, compared.cosine_error),
        ("R²", "r2", 1.0, fit.r2, fit.r2_error),
        ("scale c·g/g·g", "scale", spec.beta, compared.scale, compared.scale_error),
        ("relative RMS error of the force", "force_error", 0.0, compared.force_error, math.nan),
        ("equations", "equations", math.nan, float(fit.equations), math.nan),
    ]
    stated = {claim.measured: claim.published for claim in published.claims} if published else {}
    columns: tuple[str, ...] = ("", "truth", "published", "these weights")
    rows: list[tuple[str, ...]] = [
        (label, number(truth), number(stated.get(f"inversion.{key}", math.nan)), number(value, error))
        for label, key, truth, value, error in lines
    ]
    if published is None:
        columns, rows = ("", "truth", "these weights"), [(label, truth, value) for label, truth, _, value in rows]
    text = (
        f"{size} from the exact solution, T₀ = {spec.temperature:g}; score at {_times(done.query_times)}; format:"
        f" {done.info.source}. ± is one standard error, resampling sequences. c: fitted, g: true couplings; the scale is β = 1/T"
        " for an exact score. Equations: components of the force that are fitted."
    )
    return Section(f"Audit of {weights.name}", (Text(text), Table(columns, tuple(rows), frozenset(columns[1:]))))


def _times(times: tuple[float, ...]) -> str:
    return f"t = {', '.join(f'{time:g}' for time in times)}" + (" and extrapolated to 0" if len(times) > 1 else "")
