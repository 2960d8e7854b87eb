"""What the command line does: one function a command."""

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
from rich.console import Console
from rich.text import Text
from scipy import stats

from paper_repro.analysis import estimators, inversion, score_error
from paper_repro.files import InputError, input_error, sha256, write_bytes
from paper_repro.numerics.parallel import available_cores, one_core
from paper_repro.numerics.streams import data_key
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, couplings_of, reference_coupling
from paper_repro.physics.species import as_species
from paper_repro.pipeline.manifest import (
    NAME,
    PREVIOUS,
    StageRecord,
    commit,
    environment,
    faults,
    hold,
    key_of,
    now,
    read_manifest,
    write_manifest,
)
from paper_repro.pipeline.progress import TerminalReporter
from paper_repro.sampling import ensemble
from paper_repro.score.field import NetworkScore, force_of
from paper_repro.score.pairformer import Pairformer
from paper_repro.score.ranks import Ranks, group, leave, started_by_torchrun
from paper_repro.score.weights import WeightsInfo, load_weights
from paper_repro.spec import Dataset, Published, Spec, load_published, load_spec, specs_folder, structure
from paper_repro.studies.reproduction import determinism, figures, statements
from paper_repro.studies.reproduction import sections as report
from paper_repro.studies.reproduction import verdicts as claims
from paper_repro.studies.reproduction.engines import Engine, cluster, follow, processes
from paper_repro.studies.reproduction.plain_results import as_json, collect, measured, read_json
from paper_repro.studies.reproduction.run import Run
from paper_repro.studies.reproduction.stages import has_exact_solution, strongest_bonds

PUBLISHED = "published.toml"
_AUDIT_SHARD = 100


def _protocol() -> tuple[Published, Spec]:
    """Return the published values and the spec of the published protocol, as they come with the project."""
    published = load_published(specs_folder() / PUBLISHED).record
    return published, load_spec(specs_folder() / published.protocol).record


def reproduce(
    path: Path,
    out: Path,
    console: Console,
    authors: Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    only: Literal["sample", "train"] | None = None,
) -> int:
    """Run a spec into a directory, or go on with it, and report; return the exit status.

    The stages are made here, in as many processes as ``workers``, or by the workers of a Dask ``scheduler``. ``only`` one kind of
    stage is made, and nothing is reported. Under ``torchrun`` the first rank does this and the others train with it.
    """
    if workers is not None and scheduler is not None:
        raise InputError("--workers", f"{workers} and --scheduler {scheduler}", "one of the two")
    if started_by_torchrun():
        if workers is not None or scheduler is not None:
            raise InputError("torchrun", "--workers or --scheduler", "neither, where ranks train together")
        with group() as ranks:
            if ranks.leads:
                _reproduce(path, out, console, authors, only, ranks=ranks)
                ranks.agree()
            else:
                follow(ranks)
        leave()
    engine = processes(workers) if workers is not None else cluster(scheduler) if scheduler is not None else None
    _reproduce(path, out, console, authors, only, engine=engine)
    return 0


def _reproduce(
    path: Path,
    out: Path,
    console: Console,
    authors: Path | None,
    only: str | None,
    *,
    engine: Engine | None = None,
    ranks: Ranks | None = None,
) -> None:
    loaded = load_spec(path)
    spec = loaded.record
    _protocol()  # a mistake in the published values must show before hours of work
    if authors is not None:
        _network_for(authors, spec)  # so must weights that cannot be used
    console.print(Text(f"{report.heading(spec)} → {out}", style="bold"))
    with TerminalReporter(console) as progress, hold(out, progress.say):
        run = Run(spec, out, progress, authors, engine=engine, ranks=ranks)
        run.note_constants(report.constants(loaded).rows)
        run.everything(only)
        if only is None:
            _report(out, console)


def make_report(out: Path, console: Console) -> None:
    """Judge the results of a run as far as it has come, write results.json, the figures and report.html, and show the report."""
    if not any((out / name).exists() for name in (NAME, PREVIOUS)):
        read_manifest(out)  # says that there is none: a folder without a run is not made one
    with hold(out, lambda line: console.print(Text(line))):
        _report(out, console)


def _report(out: Path, console: Console) -> None:
    manifest = read_manifest(out, lambda line: console.print(Text(line)))
    spec = structure(manifest.spec, Spec, out / "manifest.json: spec")
    published, protocol = _protocol()
    made = {name: record for name, record in manifest.stages.items() if name != "report"}
    wrong = [line for record in made.values() for line in faults(out, record)]
    if wrong:  # a number that nobody made must not reach a verdict
        raise InputError(out, "; ".join(wrong[:3]), "outputs as they were made: 'paper-repro reproduce' makes them again")
    if manifest.sessions[-1]["commit"] != commit():  # what writes a report is noted as what makes a result is
        manifest = attrs.evolve(manifest, sessions=(*manifest.sessions, environment()))
    results = collect(out, spec, {name for record in made.values() for name in record.outputs})
    doubts = claims.reservations(spec, protocol, results)
    judgements = claims.judge_all(published, results, doubts)
    try:
        drawn = figures.draw_all(out, results, spec, published)
        parts = report.sections(results, manifest, spec, judgements, doubts, published.confidence)
    except KeyError as error:
        raise InputError(out, f"no {error} in its results, which other code has made", "'paper-repro reproduce' again") from error
    summary = {
        "spec": spec.name,
        "spec_sha256": manifest.spec_sha256,
        "reservations": doubts,
        "determinism": determinism.as_results(),
        "verdicts": report.as_json(judgements),
    }
    kept: dict[str, Any] = {key: value for key, value in results.items() if key != "likelihood"}
    kept["authors"] = {key: value for key, value in results["authors"].items() if key != "likelihood"}
    write_bytes(out / "results.json", as_json(summary | kept))
    title = report.heading(spec)
    report.write_html(parts, title, out, drawn)
    outputs = ["results.json", "report.html", *(f"figures/{name}.{kind}" for name in drawn for kind in ("png", "svg"))]
    record = StageRecord(key_of(manifest.spec_sha256), {name: sha256(out / name) for name in outputs}, 0.0, now())
    write_manifest(out, attrs.evolve(manifest, stages={**manifest.stages, "report": record}))
    report.show(parts, title, console)
    console.print(Text(f"results.json, report.html and figures are in {out}"))


def status(out: Path, console: Console) -> int:
    """Show which stages of a run are made, and whether their outputs are whole."""
    manifest = read_manifest(out)
    spec = structure(manifest.spec, Spec, out / "manifest.json: spec")
    console.print(Text(f"{report.heading(spec)} in {out}, {len(manifest.sessions)} session(s)", style="bold"))
    for name, record in manifest.stages.items():
        wrong = faults(out, record)
        console.print(Text(f"  {name}: {'; '.join(wrong) if wrong else 'made'} {record.finished}, {record.seconds:.1f} s"))
    if "report" not in manifest.stages:
        console.print(Text(f"  not finished: paper-repro reproduce SPEC --out {out} goes on where it stopped"))
    return 0


def verify(out: Path, console: Console) -> int:
    """Recompute the SHA-256 of every output of a run; return 1 when one is missing or altered."""
    manifest = read_manifest(out)
    wrong = [line for record in manifest.stages.values() for line in faults(out, record)]
    total = sum(len(record.outputs) for record in manifest.stages.values())
    for line in wrong:
        console.print(Text(f"{out / line}"))
    console.print(Text(f"{total - len(wrong)} of {total} outputs are as the manifest says"))
    return 1 if wrong else 0


def constants(path: Path, console: Console) -> int:
    """Print every constant of a spec with its value, unit, meaning and origin."""
    loaded = load_published(path) if path.name == PUBLISHED else load_spec(path)
    table = report.constants(loaded)
    console.print(Text(f"{path}", style="bold"))
    if console.is_terminal:
        report.show([report.Section("Constants", "", table)], str(path), console)
    else:
        for row in table.rows:
            console.print(Text(" | ".join(row)), soft_wrap=True)
    return 0


@attrs.frozen(eq=False)
class Audit:
    """The inversion of one weights file on fresh sequences."""

    fit: inversion.Fit
    info: WeightsInfo
    query_time: float | tuple[float, ...]

    def as_results(self) -> dict[str, Any]:
        """Return the figures under plain keys, each standard error under the same key in ``standard_errors``."""
        fit = self.fit
        return {
            "r2": fit.r2,
            "cosine": fit.cosine,
            "ratios": dict(zip(fit.terms, fit.ratios, strict=True)),
            "scale": fit.scale,
            "equations": fit.equations,
            "couplings": dict(zip(fit.terms, fit.coefficients, strict=True)),
            "force_error": fit.force_error,
            "r2_about_zero": fit.r2_about_zero,
            "condition": fit.condition,
            "standard_errors": {
                "r2": fit.r2_error,
                "cosine": fit.cosine_error,
                "ratios": dict(zip(fit.terms, fit.ratio_errors, strict=True)),
                "scale": fit.scale_error,
                "couplings": dict(zip(fit.terms, fit.coefficient_errors, strict=True)),
            },
            "query_time": self.query_time,
            "format": self.info.source,
        }


def _network_for(weights: Path, spec: Spec) -> tuple[Pairformer, WeightsInfo]:
    """Load a network that serves the chains of a spec; raises ``InputError`` where it does not."""
    model, info = load_weights(weights)
    sites = max(spec.chains.longest, len(spec.likelihood.chain))
    if info.architecture.positions < sites or info.architecture.identities < len(spec.hamiltonian.identities):
        found = f"serves {info.architecture.positions} sites and {info.architecture.identities} identities"
        raise InputError(weights, found, f"at least {sites} sites and {len(spec.hamiltonian.identities)} identities")
    return model, info


def _require_sizes(sequences: int, snapshots: int, seed: int) -> None:
    for name, value, least in (("--sequences", sequences, 1), ("--snapshots", snapshots, 1), ("--seed", seed, 0)):
        if value < least:
            raise InputError(name, str(value), f"an integer ≥ {least}")


def _exact_data(spec: Spec, sequences: int, snapshots: int, seed: int) -> Callable[[], Iterator[Any]]:
    """Return what yields (codes, snapshots) of sequences drawn from the exact solution; raises ``InputError`` for sizes below 1."""
    _require_sizes(sequences, snapshots, seed)
    try:
        settings = attrs.evolve(
            spec,
            sampler=attrs.evolve(spec.sampler, method="exact"),
            training_set=Dataset(1, 1),
            test_set=Dataset(sequences, snapshots),
            readout=attrs.evolve(spec.readout, sequences=1),
            seeds=attrs.evolve(spec.seeds, data=seed),
        )
        ExactChain(strongest_bonds(spec), spec.beta)
    except ValueError as error:
        where = f"--sequences {sequences} --snapshots {snapshots} of spec {spec.name}"
        raise input_error(where, error, "sizes and a temperature that can be served") from error

    def chains() -> Iterator[Any]:
        for first in range(0, sequences, _AUDIT_SHARD):
            shard = ensemble.generate(settings, "test", first, min(first + _AUDIT_SHARD, sequences))
            yield from (shard.chain(index) for index in range(len(shard)))

    return chains


def audit_weights(
    weights: Path, spec: Spec, sequences: int, snapshots: int, seed: int, reporter: TerminalReporter | None = None
) -> Audit:
    """Invert a weights file on ``sequences`` × ``snapshots`` drawn from the exact solution, asked as its metadata say.

    The authors' files say nothing: they are asked at the spec's query time. Raises ``InputError`` for sizes below 1 or weights
    that do not fit the spec's chains.
    """
    chains = _exact_data(spec, sequences, snapshots, seed)
    model, info = _network_for(weights, spec)
    field = force_of(model, info, spec.inversion.query_time)
    advance = None
    if reporter is not None:
        reporter.stage("audit", sequences)
        advance = reporter.advance
    return Audit(_inverted(field, chains(), spec, seed, weights, advance), info, field.time)


def _inverted(
    field: inversion.ForceField,
    chains: Iterable[Any],
    spec: Spec,
    seed: int,
    weights: Path | None,
    advance: Callable[..., None] | None = None,
) -> inversion.Fit:
    """Invert a network's force on (codes, snapshots); raises ``InputError`` at its ``weights`` where that cannot be done."""
    key = data_key(seed, "inversion")
    try:
        statistics = inversion.gather(field, chains, spec.hamiltonian, advance, threads=available_cores())
        return inversion.invert(statistics, spec.hamiltonian, spec.inversion, spec.beta, key)
    except ValueError as error:
        raise input_error(weights, error, "a force field that can be inverted") from error


def audit(
    weights: Path, path: Path, sequences: int | None, snapshots: int | None, seed: int, json_file: Path | None, console: Console
) -> int:
    """Invert a weights file, show the figures beside the published ones, and write them as JSON where asked."""
    spec = load_spec(path).record
    sequences = spec.test_set.sequences if sequences is None else sequences
    snapshots = spec.test_set.snapshots if snapshots is None else snapshots
    published, _ = _protocol()
    with TerminalReporter(console) as reporter:
        done = audit_weights(weights, spec, sequences, snapshots, seed, reporter)
    results = done.as_results()
    errors = results["standard_errors"]
    stated = {claim.measured: claim.published for claim in published.claims}
    true = couplings_of(spec.hamiltonian)
    rows = [
        (
            f"ratio {name}",
            f"{truth:.4f}",
            report.number(stated.get(f"inversion.ratios.{name}", math.nan)),
            report.number(results["ratios"][name], errors["ratios"][name]),
        )
        for name, truth in zip(done.fit.terms, true / true[reference_coupling(true)], strict=True)
    ]
    for label, key, truth in (
        ("cosine similarity", "cosine", 1.0),
        ("R²", "r2", 1.0),
        ("scale c·g/g·g", "scale", spec.beta),
    ):
        rows.append(
            (
                label,
                f"{truth:.4f}",
                report.number(stated.get(f"inversion.{key}", math.nan)),
                report.number(results[key], errors[key]),
            )
        )
    rows.append(("force against the exact one", "0.0000", "—", report.number(results["force_error"])))
    rows.append(("equations", "—", report.number(stated["inversion.equations"]), report.number(float(results["equations"]))))
    columns = ("", "truth", "published", "these weights")
    times = done.query_time if isinstance(done.query_time, tuple) else (done.query_time,)
    asked = ", ".join(f"{time:g}" for time in times) + (" and extrapolated to 0" if len(times) > 1 else "")
    text = (
        f"{sequences} sequences × {snapshots} snapshots from the exact solution, T₀ = {spec.temperature:g}, asked at "
        f"t = {asked}; format: {done.info.source}. ± is one standard error, resampling sequences."
    )
    part = report.Section(f"Audit of {weights.name}", text, report.Table(columns, tuple(rows), frozenset(columns[1:])))
    report.show([part], f"paper_repro · {spec.name}", console)
    if json_file is not None:
        about = {"weights_sha256": sha256(weights), "sequences": sequences, "snapshots": snapshots, "seed": seed, "spec": spec.name}
        write_bytes(json_file, as_json(results | about))
    return 0


_ESTIMATORS: dict[str, Callable[..., estimators.Estimate]] = {
    "score matching": estimators.score_matching,
    "pseudolikelihood": estimators.pseudolikelihood,
    "maximum likelihood": estimators.maximum_likelihood,
}


def estimate(
    path: Path,
    sequences: int | None,
    snapshots: int | None,
    seed: int,
    weights: Path | None,
    json_file: Path | None,
    console: Console,
) -> int:
    """Estimate the couplings from fresh snapshots by what is told the six terms, and by a network where one is given."""
    spec = load_spec(path).record
    sequences = spec.test_set.sequences if sequences is None else sequences
    snapshots = spec.test_set.snapshots if snapshots is None else snapshots
    hamiltonian, beta, threads = spec.hamiltonian, spec.beta, available_cores()
    where = f"spec {spec.name}: --sequences {sequences} --snapshots {snapshots} --seed {seed}"
    if not has_exact_solution(spec):
        raise InputError(f"spec {spec.name}: hamiltonian", "couplings beyond separation 2", "couplings with an exact solution")
    network = None if weights is None else _network_for(weights, spec)  # weights that cannot be used show before the work
    samples = list(_exact_data(spec, sequences, snapshots, seed)())
    true = couplings_of(hamiltonian)
    names, anchor = [term.name for term in hamiltonian.terms], reference_coupling(true)
    found: dict[str, tuple[Any, Any, float]] = {}
    with TerminalReporter(console) as reporter:
        reporter.stage("estimators", len(_ESTIMATORS))
        for number, (name, make) in enumerate(_ESTIMATORS.items()):
            start = time.monotonic()
            try:
                made = make(samples, hamiltonian, threads)
            except ValueError as error:
                raise input_error(where, error, "snapshots that fix the couplings") from error
            found[name] = made.coefficients, made.errors, time.monotonic() - start
            reporter.advance(number + 1, name)
        bound = np.sqrt(np.diagonal(np.linalg.inv(estimators.fisher_information(samples, beta * true, hamiltonian, threads))))
    if network is not None:
        start = time.monotonic()
        fit = _inverted(force_of(*network, spec.inversion.query_time), samples, spec, seed, weights)
        found["network"] = fit.coefficients, fit.sandwich_errors, time.monotonic() - start
    quantile = float(stats.t.ppf(0.975, max(sequences - 1, 1)))
    rows, results = [], dict[str, Any]()
    for name, (theta, errors, seconds) in found.items():
        ratios = theta / theta[anchor]
        cosine, scale = (
            float(theta @ true / np.linalg.norm(theta) / np.linalg.norm(true)),
            float(theta @ true / (true @ true) / beta),
        )
        worst, efficiency = float(np.abs(ratios - true / true[anchor]).max()), (bound / errors) ** 2
        couplings, half = theta / beta, quantile * errors / beta
        results[name] = {
            "couplings": dict(zip(names, couplings, strict=True)),
            "half_intervals": dict(zip(names, half, strict=True)),
            "cosine": cosine, "scale_over_beta": scale, "largest_ratio_error": worst,
            "efficiency": dict(zip(names, efficiency, strict=True)), "seconds": seconds,
        }  # fmt: skip
        cells = [f"{value:.4f} ± {wide:.4f}" for value, wide in zip(couplings, half, strict=True)]
        told = f"{efficiency.min():.2f} … {efficiency.max():.2f}" if name in _ESTIMATORS else "—"
        rows.append((name, *cells, f"{1 - cosine:.1e}", f"{worst:.4f}", f"{scale:.4f}", told, f"{seconds:.1f}"))
    columns = ("estimator", *names, "1 - cosine", "largest ratio error", "scale / β", "efficiency", "seconds")
    table = [(columns[k], *(row[k] for row in rows)) for k in range(1, len(columns))]
    truths = {name: f"{value:.4f}" for name, value in zip(names, true, strict=True)}
    table = [(label, truths.get(label, ""), *cells) for label, *cells in table]
    head = ("", "truth", *(row[0] for row in rows))
    text = (
        f"{sequences} sequences × {snapshots} snapshots from the exact solution at T₀ = {spec.temperature:g}. Couplings in units"
        " of energy (θ T₀) with their 95 % intervals by the sandwich formula, the sequences being independent; a network's interval"
        " holds nothing of the scatter between trainings. Efficiency: Cramér-Rao bound over the variance, smallest and largest of"
        " the terms. The estimators are told the terms and the temperature, the network neither."
    )
    part = report.Section("What else gives the couplings", text, report.Table(head, tuple(table), frozenset(head[1:])))
    report.show([part], f"paper_repro · {spec.name}", console)
    if json_file is not None:
        about = {
            "sequences": sequences,
            "snapshots": snapshots,
            "seed": seed,
            "spec": spec.name,
            "truth": dict(zip(names, true, strict=True)),
        }
        write_bytes(json_file, as_json({"estimators": results} | about))
    return 0


_SHORTEST_TIME, _TIMES, _SWEEPS = 1e-3, 15, 600  # of the comparison with the exact score


def score(weights: Sequence[Path], path: Path, configurations: int, seed: int, json_file: Path | None, console: Console) -> int:
    """Compare trained networks with the exact score of the chain of the likelihood, by diffusion time, and show what each costs."""
    spec = load_spec(path).record
    for name, value, least in (("--configurations", configurations, 2), ("--seed", seed, 0)):
        if value < least:
            raise InputError(name, str(value), f"an integer ≥ {least}")
    if not has_exact_solution(spec):
        raise InputError(f"spec {spec.name}: hamiltonian", "couplings beyond separation 2", "couplings with an exact solution")
    networks = [_network_for(name, spec)[0] for name in weights]
    codes = as_species(spec.likelihood.chain, spec.hamiltonian.identities)
    law = ExactChain(coupling_matrix(codes, spec.hamiltonian), spec.beta)
    times = [
        float(time) for time in np.geomspace(min(_SHORTEST_TIME, spec.likelihood.end_time / 2), spec.likelihood.end_time, _TIMES)
    ]
    found = []
    with TerminalReporter(console) as reporter, one_core():  # so that no number depends on how many there are
        for file, model in zip(weights, networks, strict=True):
            reporter.stage(f"score of {file.name}", len(times))
            generator = np.random.default_rng(seed)  # the same configurations for each network
            network = NetworkScore(model, codes)
            errors = score_error.score_errors(network, law, times, configurations, _SWEEPS, generator, reporter.advance)
            found.append(errors)
    rows = [
        (
            f"{time:.3g}",
            report.number(found[0][k].exact),
            *(
                f"{errors[k].error:.3f}  {errors[k].slope:.3f}  {errors[k].cost:+.4f} ± {errors[k].cost_error:.4f}"
                for errors in found
            ),
        )
        for k, time in enumerate(times)
    ]
    costs = [score_error.cost_of(errors) for errors in found]
    rows.append(("in all", "", *(f"{value:+.4f} ± {error:.4f}" for value, error in costs)))
    columns = ("time", "⟨|s*|²⟩", *(name.stem for name in weights))
    text = (
        f"{configurations} exact configurations of {spec.likelihood.chain}, moved by Brownian motion; s* is sampled from what they"
        " were before. Of each network: √⟨|s - s*|²⟩ / √⟨|s*|²⟩; ⟨s·s*⟩ / ⟨|s|²⟩; and ½ t ⟨(s* - s)·s*⟩ per spin, whose integral"
        " over ln t is what -⟨ln p⟩ is too large by, to first order."
    )
    part = report.Section("Score against the exact one", text, report.Table(columns, tuple(rows), frozenset(columns)))
    report.show([part], f"paper_repro · {spec.name}", console)
    if json_file is not None:
        results = {
            "weights_sha256": [sha256(name) for name in weights], "configurations": configurations, "seed": seed, "spec": spec.name,
            "times": times, "networks": [[attrs.asdict(item) for item in errors] for errors in found],
            "cost": [measured(*pair) for pair in costs],
        }  # fmt: skip
        write_bytes(json_file, as_json(results))
    return 0


def _plateaus(run: Path | None, spec: Spec) -> list[statements.FromPlateau]:
    """Return what the plateaus of a run say, out of its results.json; nothing where there is none."""
    if run is None:
        return []
    try:
        found = statements.plateaus_of(read_json(run), spec)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise InputError(run, f"no results of a run ({error})", "the results.json of a run directory") from error
    if not found:
        raise InputError(run, "no gap of a plateau in it", "the results.json of a run with calibrated networks")
    return found


def question(
    weights: Sequence[Path],
    path: Path,
    sequences: int,
    snapshots: int,
    seed: int,
    run: Path | None,
    against: Path | None,
    json_file: Path | None,
    console: Console,
) -> int:
    """Measure what decides the paper's statements about its results, on trained networks, and show a verdict on each.

    ``run`` is the results.json of a run, for what its plateau says, ``against`` that of a better training.
    """
    spec = load_spec(path).record
    published, _ = _protocol()
    _require_sizes(sequences, snapshots, seed)
    if sequences < 2:
        raise InputError("--sequences", str(sequences), "two or more, for an error bar")
    if not has_exact_solution(spec):
        raise InputError(f"spec {spec.name}: hamiltonian", "couplings beyond separation 2", "couplings with an exact solution")
    networks = [force_of(*_network_for(name, spec), spec.inversion.query_time) for name in weights]
    plateaus, others = (_plateaus(results, spec) for results in (run, against))
    with TerminalReporter(console) as reporter:
        reporter.stage("evidence", len(statements.PARTS))
        asked = statements.Questions(networks, spec, sequences, snapshots, seed, available_cores(), reporter.advance)
        try:
            found = asked.evidence(plateaus, others)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise input_error(", ".join(map(str, weights)), error, "force fields that can be inverted") from error
    decisions = statements.decide_all(published, found)
    rows = []
    for item in decisions:
        side = "≥" if item.statement.rule == "at-least" else "≤"
        value = report.number(item.value, item.error) if math.isfinite(item.value) else "not measured"
        rows.append((item.statement.statement, value, f"{side} {item.statement.bound:g}", item.verdict))
    columns = ("what the paper says", "measured", "bound", "verdict")
    text = (
        f"{len(networks)} networks, {sequences} sequences × {snapshots} snapshots from the exact solution. SUPPORTED or NOT"
        " SUPPORTED: beyond the bound by more than the error bar; else UNDECIDED. What is measured, bounds and their reasons are"
        " in specs/published.toml."
    )
    evidence = tuple((path, report.number(*pair)) for path, pair in statements.values_of(found))
    parts = [
        report.Section(
            "The evidence", "± is one standard error.", report.Table(("", "measured"), evidence, frozenset({"measured"}))
        ),
        report.Section("What the paper says of its results", text, report.Table(columns, tuple(rows), frozenset(columns[1:3]))),
    ]
    report.show(parts, f"paper_repro · {spec.name}", console)
    if json_file is not None:
        about = {
            "weights_sha256": [sha256(name) for name in weights], "sequences": sequences, "snapshots": snapshots, "seed": seed,
            "spec": spec.name,
        }  # fmt: skip
        write_bytes(json_file, as_json(statements.as_results(decisions, found) | about))
    return 0


def lnz(sequence: str, path: Path, temperature: float, in_json: bool, console: Console) -> int:
    """Print the exact ln Z, mean energy and heat capacity of a sequence at a temperature."""
    spec = load_spec(path).record
    if not (math.isfinite(temperature) and temperature > 0 and math.isfinite(1 / temperature)):
        raise InputError("--temperature", str(temperature), "a finite temperature > 0")
    try:
        codes = as_species(sequence, spec.hamiltonian.identities)
    except ValueError as error:
        raise input_error("SEQUENCE", error, f"letters of {spec.hamiltonian.identities!r}") from error
    try:
        law = ExactChain(coupling_matrix(codes, spec.hamiltonian), 1 / temperature)
    except ValueError as error:
        raise input_error(f"--temperature {temperature:g} of spec {spec.name}", error, "what the exact solution serves") from error
    values = {"ln_z": law.ln_z, "mean_energy": law.mean_energy, "heat_capacity": law.heat_capacity}
    if in_json:
        console.print(Text(json.dumps(values)), soft_wrap=True)
    else:
        console.print(Text(f"{len(sequence)} sites at T = {temperature:g}"))
        for label, key in (("ln Z", "ln_z"), ("⟨H⟩ / J_AA", "mean_energy"), ("heat capacity / k_B", "heat_capacity")):
            console.print(Text(f"  {label:<20}{values[key]:.13g}"))
    return 0
