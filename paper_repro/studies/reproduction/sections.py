"""The sections of the report on a run."""

import math
import statistics
from collections.abc import Sequence
from typing import Any, get_args

from paper_repro.physics.hamiltonian import couplings_of, reference_coupling
from paper_repro.pipeline.manifest import Manifest, made_in
from paper_repro.report.document import Section, Table, number
from paper_repro.spec import Spec
from paper_repro.studies.reproduction.determinism import ASKED, CLOSE, EXACT, LEGEND, STATISTICAL
from paper_repro.studies.reproduction.verdicts import Judgement, Verdict, by_network, mean_interval, values_at


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
    classes = f"published, and equations: {EXACT}; check by thermodynamic integration: {CLOSE}; the rest: {STATISTICAL}"
    return Section("Verdicts", text, Table(columns, tuple(rows), frozenset(columns[1:5])), determinism=classes)


def _answer(results: dict[str, Any], spec: Spec, judgements: Sequence[Judgement], doubts: Sequence[str]) -> Section:
    """Build the first section: what was claimed, what was measured, how sure it is, what was run and what was assumed."""
    by_rule = {item.claim.measured: item for item in judgements}

    def shown(path: str) -> str:
        item = by_rule.get(path)
        if item is None or not math.isfinite(item.value):
            return "not measured yet"
        return f"{number(item.value, item.over_seeds)} ({item.verdict})"

    judged = [item for item in judgements if item.claim.rule == "prediction-interval"]
    count = {verdict: sum(item.verdict == verdict for item in judged) for verdict in get_args(Verdict)}
    tally = ", ".join(f"{amount} {verdict}" for verdict, amount in count.items() if amount)
    claimed = (
        "Claimed: a network trained on equilibrium snapshots alone holds the force field of the chain; least squares reads the six"
        " couplings out of it with a cosine of 0.9974, the ratios of Table 1 and an R² of 0.8698; and its likelihood holds the"
        " partition function."
    )
    measured = (
        f"Measured, ± between {len(results['seeds'])} training seeds: cosine {shown('inversion.cosine')}, R²"
        f" {shown('inversion.r2')}. Of the {len(judged)} published numbers that a training decides: {tally}."
    )
    if any(item.claim.measured == "calibration.gap" and math.isfinite(item.value) for item in judgements):
        gap, alpha = (by_rule[path] for path in ("calibration.gap", "calibration.alpha"))
        measured += f" The plateau lies {number(gap.value, gap.over_seeds)} from the exact ln Z, at α ="
        measured += f" {number(alpha.value, alpha.over_seeds)}; the published values of both are lost."
    sure = "How sure: a verdict follows a rule fixed before the run; the published value must lie where one more training would."
    sure += " The sampler, thermodynamic integration and the flow are judged against exact solutions below."
    if doubts:
        sure = f"How sure: this run decides nothing: {'; '.join(doubts)}."
    size = f"{spec.training_set.sequences:,} × {spec.training_set.snapshots} training snapshots, {spec.ladder.replicas} replicas,"
    size += f" {spec.training.epochs} epochs."
    unstated = [row for row in results.get("constants", ()) if row[5] == "assumed"]
    if unstated:
        size += (
            f" Assumed, for nobody states them: {', '.join(row[0] for row in unstated)}; the reasons are at the end of the page."
        )
    classes = f"claimed, and the run: {EXACT}; measured: {STATISTICAL}"
    return Section("Does the paper hold?", "\n".join([claimed, measured, sure, f"The run: {size}"]), determinism=classes)


def _table_1(results: dict[str, Any], spec: Spec, judgements: Sequence[Judgement]) -> Section:
    by_path = {item.claim.measured: item for item in judgements}
    true = couplings_of(spec.hamiltonian)
    anchor = spec.hamiltonian.terms[reference_coupling(true)]
    lines = [
        (f"{term.name} / {anchor.name}", f"inversion.ratios.{term.name}", _bare(float(truth)))
        for term, truth in zip(spec.hamiltonian.terms, true / anchor.coupling, strict=True)
    ]
    lines += [("cosine", "inversion.cosine", "1"), ("R²", "inversion.r2", "1")]
    rows = []
    for label, path, truth in lines:
        if path == f"inversion.ratios.{anchor.name}":
            rows.append((label, truth, *["1 (anchor)"] * 2, *["—"] * 3))
            continue
        judged = by_path.get(path)
        published = _bare(judged.claim.published) if judged else "—"
        found = values_at(results, path)
        over_sequences = sum(error for _, error in found) / len(found)
        values = [value for value, _ in found]
        over_seeds = statistics.stdev(values) if len(values) > 1 else math.nan
        authors = values_at(results["authors"], path)
        ours = (_bare(statistics.fmean(values)), _bare(over_sequences, 5), _bare(over_seeds, 5))
        rows.append((label, truth, published, *ours, number(*authors[0]) if authors else "—"))
    columns = ("", "truth", "published", "ours", "± sequences", "± seeds", "authors' weights, here")
    text = "Ours: mean over the training seeds; ± sequences: one standard error, resampling test sequences, within a seed; ± seeds:"
    text += " standard deviation between seeds. The authors' released weights went through the same inversion on the same test set."
    if not results["authors"]:
        text += " They were not at hand in this run (--authors-weights)."
    classes = f"truth, published: {EXACT}; ours: {STATISTICAL}; authors' weights: {ASKED}"
    table = Table(columns, tuple(rows), frozenset(columns[1:]))
    return Section("Table 1: the couplings", text, table, ("table_1", "concept"), determinism=classes)


def _couplings(results: dict[str, Any], spec: Spec, confidence: float) -> Section:
    """Build the couplings in units of energy, with intervals of both components."""
    rows = []
    for term in spec.hamiltonian.terms:
        found = [(spec.temperature * v, spec.temperature * e) for v, e in values_at(results, f"inversion.couplings.{term.name}")]
        values, errors = [value for value, _ in found], [error for _, error in found]
        mean, half = mean_interval(values, errors, confidence)
        within = math.sqrt(statistics.fmean(error**2 for error in errors))
        between = statistics.stdev(values) if len(values) > 1 else math.nan
        rows.append((term.name, _bare(term.coupling), _bare(mean), _bare(half), _bare(within, 5), _bare(between, 5)))
    columns = ("", "truth", "ours", f"half the {confidence:.0%} interval", "± sequences", "± seeds")
    text = (
        "In units of energy: T₀ times what the inversion gives, no factor fitted. The interval is of the mean over the trainings"
        " and holds their scatter, by Student's t, and the errors of the test sequences, which they share."
    )
    if len(results["seeds"]) < 2:
        text += " There is one training: what lies between trainings is not in the interval."
    table = Table(columns, tuple(rows), frozenset(columns[1:]))
    return Section("The couplings in units of energy", text, table, determinism=f"truth: {EXACT}; ours: {STATISTICAL}")


def _by_network(
    results: dict[str, Any], title: str, text: str, lines: Sequence[tuple[str, str]], figures: tuple[str, ...]
) -> Section:
    """Build a section with a line for each quantity and a column for each training seed, and for the authors' weights."""
    section = lines[0][1].partition(".")[0]
    columns = ["", *(f"seed {seed}" for seed in results["seeds"]), *(["authors' weights"] if section in results["authors"] else [])]
    rows = tuple((label, *(number(*pair) for pair in by_network(results, path))) for label, path in lines)
    return Section(title, text, Table(tuple(columns), rows, frozenset(columns[1:])), figures, determinism=_of_networks(results))


def _of_networks(results: dict[str, Any]) -> str:
    return f"counts: {EXACT}; trained networks: {STATISTICAL}" + (f"; authors' weights: {ASKED}" if results["authors"] else "")


def _sampling(results: dict[str, Any], spec: Spec) -> Section:
    both = [results["sampling"][which] for which in ("training", "test")]
    lines = (
        ("mean swap rate", "swap_rate"), ("smallest swap rate of a pair", "smallest_swap_rate"),
        ("round trips per sequence", "round_trips"), ("autocorrelation of the energy, single traces (sweeps)", "autocorrelation"),
        ("thinning over autocorrelation", "thinning_ratio"), ("mean z of ⟨H⟩ against exact", "z_mean"),
        ("deviation of z (1 expected)", "z_deviation"), ("largest |z|", "z_largest"),
        ("pooled z of ⟨H⟩, errors of the traces (beyond ±5: not converged)", "z_pooled"),
    )  # fmt: skip
    rows = [(label, *(_bare(_nan(part[key]), 3) for part in both)) for label, key in lines]
    for key, label in (("energy", "the energy"), ("ends", "S_1·S_N")):
        found = [part.get(f"autocorrelation_of_{key}") for part in both]
        if None not in found:
            cells = (number(_nan(item["time"]), _nan(item["time_error"])) for item in found)
            rows.append((f"autocorrelation of {label}, pooled about the exact mean (sweeps)", *cells))
            if not all(item["converged"] for item in found):
                rows[-1] = (f"{rows[-1][0]}; a trace too short: at least this", *rows[-1][1:])
            name = label.removeprefix("the ")
            rows.append((f"z of ⟨{name}⟩, error from the scatter over sequences", *(_bare(_nan(item["z"]), 2) for item in found)))
    for key, label in (("successive", "successive snapshots"), ("independent", "independent ones"), ("difference", "difference")):
        overlap = values_at(results, f"sampling.test.overlap_{key}")
        if overlap:
            rows.append((f"aligned overlap: {label}", "", number(*overlap[0])))
    columns = ("", "training set", "test set")
    sizes = " and ".join(f"{part.sequences:,} × {part.snapshots}" for part in (spec.training_set, spec.test_set))
    text = f"{sizes} snapshots by {spec.sampler.method}, T₀ = {spec.temperature:g}."
    if spec.sampler.method != "exact":
        text = text.replace(", T₀", f", {spec.ladder.replicas} replicas, T₀")
        text += f" A trace has a step every {spec.sampler.swap_interval} sweeps: an autocorrelation time of about that says that"
        text += " nothing is left after one step."
    text += " The overlap of two snapshots is taken after the best rotation or reflection; the authors' revised release reports"
    text += " 0.5095 for snapshots 100 sweeps apart and 0.5081 for independent ones."
    table = Table(columns, tuple(rows), frozenset(columns[1:]))
    return Section("Sampling", text, table, ("sampling", "ensemble"), determinism=f"sizes: {EXACT}; the rest: {CLOSE}")


def _end_time(results: dict[str, Any]) -> Section:
    part = results["end_time"]
    rows = tuple(
        (
            _bare(item["end_time"], 2), number(item["pair"], item["pair_error"]), f"{_nan(item['pair_exact']):.3g}",
            f"{_nan(item['flow_error']):.1g}", number(item["chain"], item["chain_error"]), f"{item['chain_gaussian']:.3g}",
        )
        for item in part["costs"]
    )  # fmt: skip
    columns = (
        "end time", "two spins, by the flow", "two spins, exact", "error of the solver", "the chain, by Monte Carlo",
        "the chain, Gaussian",
    )  # fmt: skip
    text = "The flow ends on the uniform density, which the law has not reached. With the exact score -ln p, and so ln Z at a"
    text += " given α, comes out too large by this much, on average over equilibrium at T₀. Two spins"
    text += f" (κ = {part['kappa']:g}) are followed by the flow; for the chain of the likelihood the missing ln p_T is averaged by"
    text += " Monte Carlo. For a trained network it is an indication of the size: its flow ends elsewhere, and the fit of α takes"
    text += " up a part."
    table = Table(columns, rows, frozenset(columns))
    return Section("What the end time of the diffusion costs", text, table, determinism=f"end time: {EXACT}; the rest: {CLOSE}")


def _thermodynamics(results: dict[str, Any]) -> Section:
    lines = (
        ("ln Z by thermodynamic integration", "ln_z"),
        ("exact ln Z", "exact_ln_z"),
        ("difference", "error"),
        ("bias of Simpson's rule alone", "quadrature_bias"),
    )
    rows = tuple((label, number(*values_at(results, f"thermodynamic_integration.{key}")[0])) for label, key in lines)
    text = (
        "On the chain of the likelihood at β = 1/T₀; the plateau is at β_eff, for which see there. The exact value is that of the"
    )
    text += " transfer matrix."
    table = Table(("", "ln Z"), rows, frozenset({"ln Z"}))
    return Section("Thermodynamic integration", text, table, ("thermodynamic_integration",), determinism=str(CLOSE))


def _assumed(rows: Sequence[Sequence[str]]) -> Section:
    """Build the list of constants that nobody states, from the rows of ``constants``."""
    kept = tuple(
        (path, value, status, source) for path, value, _, _, _, status, source in rows if status in {"assumed", "inferred"}
    )
    text = f"{len(kept)} of {len(rows)} constants; the others are stated in the text or released in the authors' code"
    text += " ('paper-repro constants' prints them)."
    return Section("What had to be assumed", text, Table(("constant", "value", "standing", "why"), kept), on_page_only=True)


def _stages(manifest: Manifest) -> Section:
    groups: dict[str, list[float]] = {}
    for name, record in manifest.stages.items():
        groups.setdefault(name.partition("/")[0].rstrip("0123456789 ") if name.startswith("sample") else name, []).append(
            record.seconds
        )
    rows = tuple((name, str(len(times)), f"{sum(times):,.1f}") for name, times in groups.items())
    first, *_ = manifest.sessions
    text = f"{first['processor']}, {first['cores']} cores; torch {first['torch']}, numpy {first['numpy']}."
    sessions = {
        session["started"]: session["commit"] + (f" on {session['ranks']} ranks" if "ranks" in session else "")
        for session in manifest.sessions
        if made_in(manifest, session)
    }
    text += " Sessions that made something: " + "; ".join(f"{when} at commit {commit}" for when, commit in sessions.items()) + "."
    table = Table(("stage", "parts", "seconds"), rows, frozenset({"parts", "seconds"}))
    return Section("Stages", f"{text}\n{LEGEND}", table, determinism=f"parts: {EXACT}; seconds: of this machine")


def sections(
    results: dict[str, Any],
    manifest: Manifest,
    spec: Spec,
    judgements: Sequence[Judgement],
    doubts: Sequence[str],
    confidence: float,
) -> list[Section]:
    """Return the parts of the report that the results allow."""
    parts = [_answer(results, spec, judgements, doubts)]
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
        table = Table(("", "steps", "loss, first → last epoch"), rows)
        parts.append(Section("Training", text, table, ("training",), determinism=f"counts: {EXACT}; losses: {STATISTICAL}"))
    if "inversion" in results:
        parts.append(_table_1(results, spec, judgements))
        parts.append(_couplings(results, spec, confidence))
        lines = (
            ("cosine similarity", "inversion.cosine"), ("R²", "inversion.r2"), ("R² about zero", "inversion.r2_about_zero"),
            (f"scale c·g/g·g (a perfect score: {spec.beta:g})", "inversion.scale"),
            ("force against the exact one, relative RMS", "inversion.force_error"), ("equations", "inversion.equations"),
        )  # fmt: skip
        parts.append(_by_network(results, "Inversion", "± is one standard error, resampling sequences.", lines, ()))
    if "readout" in results:
        described = tuple(
            (f"seed {seed}", f"{part['within_range']:.1%}", _bare(_nan(part["pearson"])), _bare(_nan(part["slope"]), 2))
            for seed, part in zip(results["seeds"], results["readout"], strict=True)
        )
        if "readout" in results["authors"]:
            part = results["authors"]["readout"]
            described += (
                ("authors' weights", f"{part['within_range']:.1%}", _bare(_nan(part["pearson"])), _bare(_nan(part["slope"]), 2)),
            )
        columns = ("", f"Σ|W| within r ≤ {spec.hamiltonian.range}", "Pearson(W, J) there", "slope W/J there")
        text = "W is not unique: these figures describe the network, the law is read off the force."
        table = Table(columns, described, frozenset(columns[1:]))
        parts.append(Section("Interaction matrix", text, table, ("interaction",), determinism=_of_networks(results)))
    if "calibration" in results:
        named = {f"seed {seed}": part for seed, part in zip(results["seeds"], results["calibration"], strict=True)}
        named["the authors' weights"] = results["authors"].get("calibration", {})
        failed = [f"{name}: {part['failed']}" for name, part in named.items() if "failed" in part]
        quantities = (
            ("α", "calibration.alpha"),
            ("β_eff = α/T₀", "calibration.beta_effective"),
            ("ln Z from the plateau", "calibration.ln_z"),
            ("exact ln Z(β_eff)", "calibration.exact_ln_z"),
            ("ln Z(β_eff) by thermodynamic integration", "calibration.ln_z_by_integration"),
            ("residual gap to the exact value", "calibration.gap"),
            ("scatter of the plateau", "calibration.residual"),
            ("flat up to the energy", "calibration.flat_until"),
            ("high energies above the plateau", "calibration.high_energy"),
            *(
                (f"T = {temperature:g} above the plateau", f"calibration.above_{index}")
                for index, temperature in enumerate(spec.likelihood_temperatures)
            ),
        )
        text = f"Chain {spec.likelihood.chain}, {spec.likelihood.steps} steps; ± is one standard error, resampling configurations."
        text += " The gap is ln Z of the plateau minus exact ln Z(β_eff). It holds what the end time costs (below)"
        brownian = spec.diffusion.forward_kernel == "brownian" and spec.diffusion.target == "conditional-score"
        text += "." if brownian else ", and that the target of the training is not the score of Brownian motion."
        low = next((part["threshold"] for part in named.values() if "threshold" in part), math.nan)
        text += (
            f" The low-energy set, in which α is fitted, ends at E = {low:.3f}; flat is a run of 32 configurations, in the order of"
        )
        text += " energy, whose mean lies within one scatter of the plateau."
        text += "".join(f" Not calibrated, {reason}." for reason in failed)
        parts.append(_by_network(results, "Partition function", text, quantities, ("plateau",)))
    if "end_time" in results:
        parts.append(_end_time(results))
    if "thermodynamic_integration" in results:
        parts.append(_thermodynamics(results))
    parts.append(_stages(manifest))
    if "constants" in results:
        parts.append(_assumed(results["constants"]))
    parts.append(_verdicts(judgements, doubts))
    return parts


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
