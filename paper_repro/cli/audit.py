"""``paper-repro audit``: the couplings of a weights file."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from paper_repro.cli.checks import require_device, require_sizes, require_weights, spec_at
from paper_repro.cli.console import console_beside, write_json
from paper_repro.cli.options import JsonTarget, SpecFile, Whole
from paper_repro.files import sha256
from paper_repro.pipeline.progress import TerminalReporter
from paper_repro.report.document import Section, Table, Text
from paper_repro.report.numbers import number
from paper_repro.report.terminal import show
from paper_repro.spec import Published, Spec
from paper_repro.studies.reproduction.protocol import published_protocol

if TYPE_CHECKING:
    from paper_repro.analysis.audit import Audit


def audit(
    weights: Path,
    /,
    *,
    sequences: Whole | None = None,
    snapshots: Whole | None = None,
    seed: Whole = 0,
    spec: SpecFile = None,
    device: str = "cpu",
    json: JsonTarget = None,
) -> int:
    """Read the couplings out of trained weights, on fresh sequences drawn from the exact solution.

    Parameters
    ----------
    weights
        A safetensors file: ours, or the authors' released weights under their own names.
    sequences
        How many sequences; as many as the spec's test set where none is given.
    snapshots
        How many snapshots of each; as many as the spec's test set where none is given.
    seed
        Seed of the sequences, the snapshots and the resampling.
    device
        Where the networks are evaluated: cpu, cuda or cuda:n.
    """
    settings = spec_at(spec)
    sequences = settings.test_set.sequences if sequences is None else sequences
    snapshots = settings.test_set.snapshots if snapshots is None else snapshots
    require_sizes(sequences, snapshots, seed)
    require_weights([weights])
    require_device(device)
    published, protocol = published_protocol()
    from paper_repro.analysis.audit import audit_weights
    from paper_repro.pipeline.codec import plain

    console = console_beside(json)
    with TerminalReporter(console) as reporter:
        reporter.stage("audit", sequences)
        done = audit_weights(weights, settings, sequences, snapshots, seed, reporter.advance, device)
    size = f"{sequences} sequences × {snapshots} snapshots"
    same_law = settings.hamiltonian == protocol.hamiltonian and settings.temperature == protocol.temperature
    show([_section(done, weights, settings, published if same_law else None, size)], f"paper_repro · {settings.name}", console)
    about = {"weights_sha256": sha256(weights), "sequences": sequences, "snapshots": snapshots, "seed": seed, "spec": settings.name}
    write_json(json, plain(done.as_results() | about))
    return 0


def _section(done: "Audit", weights: Path, spec: Spec, published: Published | None, size: str) -> Section:
    """Set the couplings beside the truth, and beside the published ones where the law is the paper's."""
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
        f" {done.info.source}. ± is one standard error, resampling sequences."
    )
    return Section(f"Audit of {weights.name}", (Text(text), Table(columns, tuple(rows), frozenset(columns[1:]))))


def _times(times: tuple[float, ...]) -> str:
    return f"t = {', '.join(f'{time:g}' for time in times)}" + (" and extrapolated to 0" if len(times) > 1 else "")
