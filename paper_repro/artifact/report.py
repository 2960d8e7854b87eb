"""The report: one content, shown in the terminal by rich and written as one self-contained HTML file."""

import base64
import html
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import attrs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table as RichTable
from rich.text import Text

from paper_repro.artifact.claims import Judgement, values_at
from paper_repro.artifact.manifest import Manifest
from paper_repro.files import write_text
from paper_repro.physics import chain
from paper_repro.spec import Loaded, Spec, digest
from paper_repro.spec.quantity import quantity_of

#: Seconds between two lines of progress where there is no terminal.
_MINUTE = 60.0
_STYLES = {"REPRODUCED": "bold green", "DEVIATES": "bold red", "INCONCLUSIVE": "yellow"}


@attrs.frozen
class Table:
    """Columns and rows of text; the columns named in ``numbers`` stand to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()


@attrs.frozen
class Section:
    """One part of the report: a title, a sentence or two, a table, and the names of its figures."""

    title: str
    text: str = ""
    table: Table | None = None
    figures: tuple[str, ...] = ()


def number(value: float, error: float = math.nan, digits: int = 4) -> str:
    """Return a value, with its error where there is one, in as many decimals as the error deserves; "—" for none."""
    if not math.isfinite(value):
        return "—"
    if math.isfinite(error) and error > 0:
        places = max(0, min(8, 1 - math.floor(math.log10(error))))
        return f"{value:.{places}f} ± {error:.{places}f}"
    if value == int(value) and abs(value) >= 100:
        return f"{int(value):,}"
    return f"{value:.{digits}f}"


def _bare(value: float, digits: int = 4) -> str:
    return number(value, digits=digits)


def _nan(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _verdicts(judgements: Sequence[Judgement], doubts: Sequence[str]) -> Section:
    rows: list[tuple[str, ...]] = []
    for item in judgements:
        published = {"lost": "lost", "standard-errors": "(exact)"}.get(item.claim.rule, _bare(item.claim.published))
        errors = [f"{error:.2g}" if error > 0 else "—" for error in (item.over_sequences, item.over_seeds)]
        rows.append((item.claim.statement, published, _bare(item.value), *errors, item.verdict, item.reason))
    columns: tuple[str, ...] = ("claim", "published", "ours", "± within", "± seeds", "verdict", "why")
    text = "Rules fixed before the run, in specs/published.toml. ± within: one standard error; ± seeds: deviation between seeds."
    if doubts:  # then every reason is the same
        rows, columns = [row[:-1] for row in rows], columns[:-1]
        text = f"Every verdict is INCONCLUSIVE: {'; '.join(doubts)}. {text}"
    return Section("Verdicts", text, Table(columns, tuple(rows), frozenset(columns[1:5])))


def _table_1(results: dict[str, Any], spec: Spec, judgements: Sequence[Judgement]) -> Section:
    by_path = {item.claim.measured: item for item in judgements}
    true, anchor = chain.couplings(spec.hamiltonian), spec.hamiltonian.terms[chain.anchor(spec.hamiltonian)]
    rows = []
    for term, truth in zip(spec.hamiltonian.terms, true / anchor.coupling, strict=True):
        path = f"inversion.ratios.{term.name}"
        judged = by_path.get(path)
        ours = values_at(results, path)
        published = "1 (anchor)" if term is anchor else (_bare(judged.claim.published) if judged else "—")
        rows.append((term.name, _bare(float(truth)), published, *(number(value, error) for value, error in ours)))
    seeds = tuple(f"seed {seed}" for seed in results["seeds"])
    columns = (f"ratio to {anchor.name}", "truth", "published", *seeds)
    text = "± is one standard error, resampling sequences."
    return Section("Table 1: the couplings", text, Table(columns, tuple(rows), frozenset(columns[1:])), ("table_1",))


def _by_seed(results: dict[str, Any], title: str, text: str, lines: Sequence[tuple[str, str]], figures: tuple[str, ...]) -> Section:
    """Build a section with a line for each quantity and a column for each training seed."""
    count = len(results["seeds"])
    rows = []
    for label, path in lines:
        found = values_at(results, path)
        rows.append((label, *(number(value, error) for value, error in found), *["—"] * (count - len(found))))
    columns = ("", *(f"seed {seed}" for seed in results["seeds"]))
    return Section(title, text, Table(columns, tuple(rows), frozenset(columns[1:])), figures)


def _sampling(results: dict[str, Any], spec: Spec) -> Section:
    lines = (
        ("mean swap rate", "swap_rate"), ("smallest swap rate of a pair", "smallest_swap_rate"),
        ("round trips per sequence", "round_trips"), ("autocorrelation of the energy at T₀ (sweeps)", "autocorrelation"),
        ("thinning over autocorrelation", "thinning_ratio"), ("mean z of ⟨H⟩ against exact", "z_mean"),
        ("deviation of z (1 expected)", "z_deviation"), ("largest |z|", "z_largest"),
        ("pooled z of ⟨H⟩ (beyond ±5: not converged)", "z_pooled"),
    )  # fmt: skip
    columns = ("", "training set", "test set")
    rows = tuple(
        (label, *(_bare(_nan(results["sampling"][which][key]), 3) for which in ("training", "test"))) for label, key in lines
    )
    sizes = " and ".join(f"{part.sequences:,} × {part.snapshots}" for part in (spec.training_set, spec.test_set))
    text = f"{sizes} snapshots by {spec.sampler.method}, {spec.ladder.replicas} replicas, T₀ = {spec.ladder.coldest:g}."
    return Section("Sampling", text, Table(columns, rows, frozenset(columns[1:])), ("ensemble",))


def _thermodynamics(results: dict[str, Any]) -> Section:
    lines = (
        ("ln Z by thermodynamic integration", "ln_z"),
        ("exact ln Z", "exact_ln_z"),
        ("difference", "error"),
        ("bias of Simpson's rule alone", "quadrature_bias"),
    )
    rows = tuple((label, number(*values_at(results, f"thermodynamic_integration.{key}")[0])) for label, key in lines)
    text = "On the chain of the likelihood at T₀; the exact value is that of the transfer matrix."
    return Section(
        "Thermodynamic integration", text, Table(("", "ln Z"), rows, frozenset({"ln Z"})), ("thermodynamic_integration",)
    )


def _stages(manifest: Manifest) -> Section:
    groups: dict[str, list[float]] = {}
    for name, record in manifest.stages.items():
        if name == "report":
            continue
        groups.setdefault(name.partition("/")[0].rstrip("0123456789 ") if name.startswith("sample") else name, []).append(
            record.seconds
        )
    rows = tuple((name, str(len(times)), f"{sum(times):,.1f}") for name, times in groups.items())
    session = manifest.sessions[-1]
    text = f"{session['processor']}, {session['cores']} cores; commit {session['commit']}; "
    text += f"torch {session['torch']}, numpy {session['numpy']}."
    return Section("Stages", text, Table(("stage", "parts", "seconds"), rows, frozenset({"parts", "seconds"})))


def sections(
    results: dict[str, Any], manifest: Manifest, spec: Spec, judgements: Sequence[Judgement], doubts: Sequence[str]
) -> list[Section]:
    """Return the parts of the report that the results allow."""
    parts = []
    if "sampling" in results:
        parts.append(_sampling(results, spec))
    if "training" in results:
        last = [f"{part['epoch_losses'][0]:.4f} → {part['epoch_losses'][-1]:.4f}" for part in results["training"]]
        first = results["training"][0]
        rows = tuple(
            (f"seed {seed}", f"{part['steps']:,}", loss)
            for seed, part, loss in zip(results["seeds"], results["training"], last, strict=True)
        )
        text = f"{first['parameters']:,} parameters, {spec.training.epochs} epochs, batches of {spec.training.batch}."
        parts.append(Section("Training", text, Table(("", "steps", "loss, first → last epoch"), rows), ("training",)))
    if "inversion" in results:
        parts.append(_table_1(results, spec, judgements))
        lines = (
            ("cosine similarity", "inversion.cosine"), ("R²", "inversion.r2"), ("R² about zero", "inversion.r2_about_zero"),
            (f"scale c·g/g·g (a perfect score: {1 / spec.ladder.coldest:g})", "inversion.scale"),
            ("force against the exact one, relative RMS", "inversion.force_error"), ("equations", "inversion.equations"),
        )  # fmt: skip
        parts.append(_by_seed(results, "Inversion", "± is one standard error, resampling sequences.", lines, ()))
    if "readout" in results:
        described = tuple(
            (f"seed {seed}", f"{part['within_range']:.1%}", f"{part['pearson']:.4f}", f"{part['slope']:.2f}")
            for seed, part in zip(results["seeds"], results["readout"], strict=True)
        )
        columns = ("", f"Σ|W| within r ≤ {spec.hamiltonian.range}", "Pearson(W, J) there", "slope W/J there")
        text = "W is not unique: these figures describe the network, the law is read off the force."
        parts.append(Section("Interaction matrix", text, Table(columns, described, frozenset(columns[1:])), ("interaction",)))
    if "calibration" in results:
        failed = [part["failed"] for part in results["calibration"] if "failed" in part]
        quantities = (
            ("α", "calibration.alpha"),
            ("β_eff = α/T₀", "calibration.beta_effective"),
            ("ln Z from the plateau", "calibration.ln_z"),
            ("exact ln Z(β_eff)", "calibration.exact_ln_z"),
            ("residual gap", "calibration.gap"),
            ("scatter of the plateau", "calibration.residual"),
            ("high energies above the plateau", "calibration.high_energy"),
        )
        text = f"Chain {spec.likelihood.chain}, {spec.likelihood.steps} steps; ± is one standard error, resampling configurations."
        text += " The gap holds known systematic errors besides: the density at the end time is not uniform, and the target of the"
        text += " training is not the score of Brownian motion."
        text += "".join(f" Not calibrated: {reason}." for reason in failed)
        parts.append(_by_seed(results, "Partition function", text, quantities, ("plateau",)))
    if "thermodynamic_integration" in results:
        parts.append(_thermodynamics(results))
    parts.append(_stages(manifest))
    parts.append(_verdicts(judgements, doubts))
    return parts


def heading(spec: Spec) -> str:
    """Return the line at the top of a report."""
    return f"paper_repro · {spec.name} · spec {digest(spec)[:12]}"


def _rich_table(table: Table) -> RichTable:
    result = RichTable(header_style="bold", pad_edge=False)
    for column in table.columns:
        result.add_column(column, justify="right" if column in table.numbers else "left", overflow="fold")
    for row in table.rows:
        result.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    return result


def show(parts: Sequence[Section], title: str, console: Console) -> None:
    """Print the report."""
    console.rule(Text(title, style="bold"))
    for part in parts:
        console.print()
        console.print(Text(part.title, style="bold underline"))
        if part.text:
            console.print(Text(part.text, style="dim"))
        if part.table is not None:
            console.print(_rich_table(part.table))
    console.print()


_CSS = """body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;margin:.8rem 0}
th,td{padding:.25rem .8rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
.n{text-align:right;font-variant-numeric:tabular-nums}
img{max-width:100%;margin:.8rem 0}p{color:#555}.REPRODUCED{color:#007a3d;font-weight:bold}.DEVIATES{color:#b3261e;font-weight:bold}
.INCONCLUSIVE{color:#8a6100;font-weight:bold}"""


def write_html(parts: Sequence[Section], title: str, folder: Path, drawn: Sequence[str]) -> Path:
    """Write the report as one HTML file that loads nothing from anywhere, figures included, and return its path."""
    escape = html.escape
    body = [f"<h1>{escape(title)}</h1>"]
    paper = "Autonomous Emergence of Hamiltonian in Deep Generative Models (Xi, Chen; arXiv 2604.20821)"
    body.append(f"<p>{paper}: what it claims, and what was measured.</p>")
    for part in [*parts[-1:], *parts[:-1]]:  # verdicts first on a page, last in a terminal
        body.append(f"<h2>{escape(part.title)}</h2>")
        if part.text:
            body.append(f"<p>{escape(part.text)}</p>")
        if part.table is not None:
            columns = part.table.columns
            classes = ["n" if column in part.table.numbers else "" for column in columns]
            head = "".join(f'<th class="{kind}">{escape(column)}</th>' for column, kind in zip(columns, classes, strict=True))
            rows = "".join(
                "<tr>"
                + "".join(
                    f'<td class="{escape(cell) if cell in _STYLES else kind}">{escape(cell)}</td>'
                    for cell, kind in zip(row, classes, strict=True)
                )
                + "</tr>"
                for row in part.table.rows
            )
            body.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
        for name in part.figures:
            if name in drawn:
                data = base64.b64encode((folder / f"figures/{name}.png").read_bytes()).decode()
                body.append(f'<img alt="{escape(part.title)}: {escape(name)}" src="data:image/png;base64,{data}">')
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_CSS}</style>'
    page = f'<!doctype html><html lang="en">{head}{"".join(body)}</html>\n'
    path = folder / "report.html"
    write_text(path, page)
    return path


def constants(loaded: Loaded[Any]) -> Table:
    """Return every constant of a spec with its value, unit, meaning and origin."""
    rows: list[tuple[str, ...]] = []

    def walk(record: Any, prefix: str) -> None:
        for field in attrs.fields(attrs.resolve_types(type(record), include_extras=True)):
            value, path = getattr(record, field.name), f"{prefix}{field.name}"
            quantity = quantity_of(field.type)
            if quantity is not None:
                origin = loaded.origins[path]
                shown = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
                source = "; ".join(part for part in (origin.where, origin.why) if part)
                rows.append((path, shown, quantity.unit or "—", quantity.symbol, quantity.meaning, origin.status, source))
            elif attrs.has(type(value)):
                walk(value, f"{path}.")
            elif isinstance(value, tuple):
                for item in value:
                    walk(item, f"{path}.{item.name}.")

    walk(loaded.record, "")
    return Table(("constant", "value", "unit", "symbol", "meaning", "status", "origin"), tuple(rows), frozenset({"value"}))


class TerminalReporter:
    """Shows the progress of a run on a console: a bar where it is a terminal, otherwise a line a stage and one a minute."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.console = console
        self._clock = clock
        self._name = ""
        self._total: int | None = None
        self._started = self._said = 0.0
        self._first: int | None = None  # parts that were done when this session came to the stage
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
            TimeRemainingColumn(), TextColumn("{task.fields[note]}"),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._task: Any = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def stage(self, name: str, total: int | None) -> None:
        """Begin a stage."""
        self._name, self._total, self._first = name, total, None
        self._started = self._said = self._clock()
        self._task = self._progress.add_task(name, total=total, note="")

    def advance(self, done: int, note: str = "") -> None:
        """Say how far the stage is."""
        self._progress.update(self._task, completed=done, note=note)
        now = self._clock()
        if self._first is None:
            self._first, self._started = done, now
        if self.console.is_terminal or self._total is None or now - self._said < _MINUTE or done == self._first:
            return
        self._said = now
        left = (now - self._started) / (done - self._first) * (self._total - done)
        line = f"  {self._name}: {done:,} of {self._total:,}, {left / _MINUTE:.1f} min left{f', {note}' if note else ''}"
        self.console.print(Text(line, style="dim"))

    def finish(self, name: str, seconds: float | None, note: str = "") -> None:
        """End a stage."""
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        said = "made before" if seconds is None else f"{seconds:.1f} s"
        self.console.print(Text(f"  {name}: {said}{f' ({note})' if note else ''}", style="dim" if seconds is None else ""))

    def say(self, line: str) -> None:
        """Say something that a person should know."""
        self.console.print(Text(f"  {line}"))


def as_json(parts: Sequence[Judgement]) -> list[dict[str, Any]]:
    """Return the verdicts as plain data."""
    return [
        {
            "claim": item.claim.name, "statement": item.claim.statement, "rule": item.claim.rule,
            "published": None if item.claim.rule == "lost" else item.claim.published, "value": item.value,
            "over_sequences": item.over_sequences, "over_seeds": item.over_seeds, "low": item.low, "high": item.high,
            "verdict": item.verdict, "reason": item.reason,
        }
        for item in parts
    ]  # fmt: skip
