"""Write the tables of the published run into README.md and REPRODUCE.md, from golden/paper: python -m tools.write_documents.

A block stands between ``<!-- NAME: begin -->`` and ``<!-- NAME: end -->``. tests/paper/test_documents.py compares what stands there
with what this writes.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from paper_repro.files import write_text
from paper_repro.physics.hamiltonian import couplings_of, reference_coupling
from paper_repro.pipeline.manifest import Manifest, made_in, read_manifest
from paper_repro.report.numbers import number
from paper_repro.spec import Hamiltonian
from paper_repro.studies.reproduction.recorded_spec import recorded_spec
from paper_repro.studies.reproduction.verdicts import mean_interval

ROOT = Path(__file__).resolve().parents[1]
RUN = ROOT / "golden" / "paper"
Results = dict[str, Any]


def values_at(results: dict[str, Any], path: str) -> list[tuple[float, float]]:
    """Return (value, standard error) at a dotted path of the results, one for each training seed where the section has them.

    NaN stands for a number that is null in the results; the list is empty where the path leads nowhere.
    """
    head, *rest = path.split(".")
    section = results.get(head)
    found = (value_in(part, rest) for part in (section if isinstance(section, list) else [section]))
    return [pair for pair in found if pair is not None]


def value_in(part: Any, names: Sequence[str]) -> tuple[float, float] | None:
    """Return (value, standard error) at a path of keys in one part of the results, NaN for null; None where it leads nowhere."""
    for name in names:
        part = part.get(name) if isinstance(part, dict) else None
    if not isinstance(part, dict) or "value" not in part:
        return None
    value, error = (math.nan if item is None else float(item) for item in (part["value"], part["standard_error"]))
    return value, error


def by_network(results: dict[str, Any], path: str) -> list[tuple[float, float]]:
    """Return (value, standard error) at a dotted path for each training seed, then for the authors' weights where they were asked.

    NaN where a network has no such value, so that the list has an entry for each column.
    """
    section, *rest = path.split(".")
    theirs = results["authors"].get(section)
    parts = [*results[section], *([] if theirs is None else [theirs])]
    return [value_in(part, rest) or (math.nan, math.nan) for part in parts]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def plain(value: float | None, error: float | None = None, digits: int = 4) -> str:
    """A number as the report shows it."""
    return number(math.nan if value is None else value, math.nan if error is None else error, digits)


def authors(results: Results, path: str) -> str:
    """The same quantity of the authors' weights ± one standard error, on the run's own test set."""
    found = values_at(results["authors"], path)
    return plain(*found[0]) if found else "—"


def networks(results: Results) -> tuple[str, ...]:
    """The columns of a table with one for each network."""
    return ("", *(f"seed {seed}" for seed in results["seeds"]), *(["authors' weights"] if results["authors"] else []))


def summary(results: Results, manifest: Manifest) -> str:
    """Every claim with a published value: truth, published, ours, the authors' weights, verdict."""
    rows = []
    hamiltonian = recorded_spec(manifest, RUN).hamiltonian
    true = couplings_of(hamiltonian)
    true = true / true[reference_coupling(true)]
    truths = {"cosine": 1.0, "r2": 1.0} | {term.name: value for term, value in zip(hamiltonian.terms, true, strict=True)}
    for item in results["verdicts"]:
        if item["rule"] != "prediction-interval":
            continue
        name = item["claim"].removeprefix("ratio_")
        path = f"inversion.{name}" if name in {"cosine", "r2"} else f"inversion.ratios.{name}"
        ours = plain(item["value"], item["over_seeds"])
        rows.append(
            [item["statement"], f"{truths[name]:g}", plain(item["published"]), ours, authors(results, path), item["verdict"]]
        )
    return table(("", "truth", "published", "ours ± seeds", "authors' weights, here", "verdict"), rows)


def claims(results: Results, _: Manifest) -> str:
    """Every claim, judged."""
    rows = []
    for item in results["verdicts"]:
        published = {"lost": "value lost", "standard-errors": "(exact)"}.get(item["rule"]) or plain(item["published"])
        errors = [f"{error:.2g}" if error else "—" for error in (item["over_sequences"], item["over_seeds"])]
        verdict = "reported, not judged" if item["rule"] == "lost" else item["verdict"]
        rows.append([item["statement"], published, plain(item["value"]), *errors, verdict, item["reason"]])
    return table(("claim", "published", "ours", "± within a seed", "± seeds", "verdict", "why"), rows)


def each_seed(results: Results, _: Manifest) -> str:
    """The inversion of each training seed, and of the authors' weights, on the run's test set."""
    terms = [name for name in results["inversion"][0]["ratios"] if name != "J_AA"]
    lines = [*((f"{name} / J_AA", f"inversion.ratios.{name}") for name in terms), ("cosine", "inversion.cosine")]
    lines += [("R²", "inversion.r2"), ("R² about zero", "inversion.r2_about_zero"), ("scale c·g / g·g", "inversion.scale")]
    lines += [("force against the exact one, relative RMS", "inversion.force_error"), ("equations", "inversion.equations")]
    rows = [[label, *(plain(*pair) for pair in by_network(results, path))] for label, path in lines]
    read = [*results["readout"], *([results["authors"]["readout"]] if "readout" in results["authors"] else [])]
    rows += [
        ["Σ\\|W\\| within r ≤ 2", *(f"{part['within_range']:.1%}" for part in read)],
        ["Pearson(W, J) there", *(plain(part["pearson"]) for part in read)],
        ["slope W/J there", *(plain(part["slope"], digits=2) for part in read)],
    ]
    return table(networks(results), rows)


def sampler(results: Results, _: Manifest) -> str:
    """The evidence on the run's own data."""
    both = [results["sampling"][which] for which in ("training", "test")]
    lines = (
        ("mean swap rate", "swap_rate"), ("smallest swap rate of a pair", "smallest_swap_rate"),
        ("round trips per sequence", "round_trips"),
        ("mean z of ⟨H⟩ against exact", "z_mean"), ("deviation of z", "z_deviation"), ("largest \\|z\\|", "z_largest"),
        ("pooled z of ⟨H⟩, errors of the traces", "z_pooled"),
    )  # fmt: skip
    rows = [[label, *(plain(part[key], digits=3) for part in both)] for label, key in lines]
    for key, label in (("energy", "H"), ("ends", "S_1·S_N")):
        found = [part[f"autocorrelation_of_{key}"] for part in both]
        rows.append([f"autocorrelation of {label} at T₀ (sweeps)", *(plain(item["time"], item["time_error"]) for item in found)])
        rows.append([f"z of ⟨{label}⟩, error from the scatter over sequences", *(plain(item["z"], digits=2) for item in found)])
    for key, label in (("successive", "100 sweeps apart"), ("independent", "independent"), ("difference", "difference")):
        rows.append([f"aligned overlap of snapshots: {label}", "", plain(*values_at(results, f"sampling.test.overlap_{key}")[0])])
    return table(("", "training set", "test set"), rows)


def partition(results: Results, manifest: Manifest) -> str:
    """α, β_eff, the plateau and what lies above it, beside thermodynamic integration and the exact value."""
    lines = [
        ("α", "alpha"), ("β_eff = α/T₀", "beta_effective"), ("ln Z of the plateau", "ln_z"), ("exact ln Z(β_eff)", "exact_ln_z"),
        ("ln Z(β_eff) by thermodynamic integration", "ln_z_by_integration"), ("residual gap", "gap"),
        ("scatter of the plateau", "residual"), ("flat up to the energy", "flat_until"),
    ]  # fmt: skip
    temperatures = recorded_spec(manifest, RUN).likelihood_temperatures
    lines += [(f"T = {temperature} above the plateau", f"above_{index}") for index, temperature in enumerate(temperatures)]
    rows = [[label, *(plain(*pair) for pair in by_network(results, f"calibration.{key}"))] for label, key in lines]
    flow = table(networks(results), rows)
    oracle = (
        ("thermodynamic integration", "ln_z"), ("exact", "exact_ln_z"), ("difference", "error"),
        ("bias of Simpson's rule alone", "quadrature_bias"),
    )  # fmt: skip
    integral = [[label, plain(*values_at(results, f"thermodynamic_integration.{key}")[0])] for label, key in oracle]
    costs = []
    for item in results["end_time"]["costs"]:
        pair, of_chain = plain(item["pair"], item["pair_error"]), plain(item["chain"], item["chain_error"])
        exact, solver = f"{item['pair_exact']:.3g}", f"{item['flow_error']:.1g}"
        gaussian = f"{item['chain_gaussian']:.3g}"
        costs.append([f"{item['end_time']:g}", pair, exact, solver, of_chain, gaussian])
    columns = ("end time of the diffusion", "cost in ln Z: two spins, by the flow", "two spins, exact", "error of the solver",
               "the chain, by Monte Carlo", "the chain, Gaussian")  # fmt: skip
    return "\n\n".join([flow, table(("ln Z at β = 1/T₀", ""), integral), table(columns, costs)])


def times(_: Results, manifest: Manifest) -> str:
    """What was made when, by which commit, and how long it took."""
    kinds: dict[str, list[float]] = {}
    for name, record in manifest.stages.items():
        words = name.split()
        kind = " ".join(words[:2]) if words[0] == "sample" else words[0]
        kinds.setdefault(
            {"end": "end time of the diffusion", "thermodynamic": "thermodynamic integration"}.get(kind, kind), []
        ).append(record.seconds)
    kinds.pop("report", None)
    total = sum(map(sum, kinds.values()))
    rows = [[kind, str(len(seconds)), f"{sum(seconds) / 60:.1f}"] for kind, seconds in kinds.items() if sum(seconds) >= 3]
    sessions = [
        [session["started"], session["commit"], f"{session['processor']}, {session['cores']} cores", str(len(made))]
        for session in manifest.sessions
        if (made := [stage for stage in made_in(manifest, session) if stage != "report"])
    ]
    first = table(("session started", "commit", "machine", "stages made"), sessions)
    return f"{first}\n\n{table(('stage', 'parts', 'minutes'), [*rows, ['all stages', '', f'{total / 60:.1f}']])}"


def estimators(_: Results, __: Manifest) -> str:
    """What else gives the couplings, from golden/estimators.json."""
    data = json.loads((ROOT / "golden" / "estimators.json").read_text(encoding="utf-8"))
    names, found = list(data["truth"]), data["estimators"]
    rows = [
        [name, f"{data['truth'][name]:g}"]
        + [f"{part['couplings'][name]:.4f} ± {part['half_intervals'][name]:.4f}" for part in found.values()]
        for name in names
    ]
    lines: tuple[tuple[str, Callable[[Results], str]], ...] = (
        ("1 - cosine", lambda part: f"{1 - part['cosine']:.1e}"),
        ("largest error of a ratio", lambda part: f"{part['largest_ratio_error']:.4f}"),
        ("scale over β", lambda part: f"{part['scale_over_beta']:.4f}"),
        ("seconds", lambda part: f"{part['seconds']:.1f}"),
    )
    rows += [[label, "", *(show(part) for part in found.values())] for label, show in lines]
    efficiency = [part["efficiency"].values() for name, part in found.items() if name != "network"]
    rows.insert(-1, ["Cramér-Rao bound over variance", "", *(f"{min(row):.2f} to {max(row):.2f}" for row in efficiency), "—"])
    return table(("", "truth", *found), rows)


def statements(_: Results, __: Manifest) -> str:
    """What the paper says of its results, judged, from golden/statements.json."""
    data, refined = (
        json.loads((ROOT / "golden" / f"{name}.json").read_text(encoding="utf-8"))["statements"]
        for name in ("statements", "statements-refined")
    )

    def measured(item: Results) -> str:
        return "—" if item["value"] is None else plain(item["value"], item["error"])

    rows = []
    for item, other in zip(data, refined, strict=True):
        sign = {"at-least": "≥", "at-most": "≤"}[item["rule"]]
        about = measured(other) if item["measured"].split(".")[0] not in {"scale", "exchange"} else ""  # no network is asked
        rows.append([item["statement"].replace("|", "\\|"), measured(item), f"{sign} {item['bound']:g}", item["verdict"], about])
    return table(("what the paper says", "measured", "bound", "verdict", "on the refined networks"), rows)


def worst_ratio(part: Results, hamiltonian: Hamiltonian) -> float:
    """The largest error of a ratio of Table 1."""
    true = couplings_of(hamiltonian)
    true = true / true[reference_coupling(true)]
    return max(abs(part["ratios"][term.name]["value"] - float(value)) for term, value in zip(hamiltonian.terms, true, strict=True))


def of_refined(name: str) -> Any:
    """What the refined run left in golden/refined."""
    return json.loads((ROOT / "golden" / "refined" / name).read_text(encoding="utf-8"))


def refined(results: Results, manifest: Manifest) -> str:
    """The refined run beside the published one: every figure of each training, and what was aimed at, from golden/refined."""
    other = of_refined("results.json")
    hamiltonian = recorded_spec(manifest, RUN).hamiltonian
    spec = recorded_spec(manifest, RUN)
    beta, sites = spec.beta, len(spec.likelihood.chain)
    lines: tuple[tuple[str, str, Callable[[Results, int], float], Callable[[float], bool], str], ...] = (
        ("1 - cosine", "5e-6", lambda r, k: 1 - r["inversion"][k]["cosine"]["value"], lambda x: x <= 5e-6, ".1e"),
        ("R²", "0.998", lambda r, k: r["inversion"][k]["r2"]["value"], lambda x: x >= 0.998, ".4f"),
        ("largest error of a Table 1 ratio", "0.003", lambda r, k: worst_ratio(r["inversion"][k], hamiltonian),
         lambda x: x <= 0.003, ".4f"),
        ("scale over β", "1 ± 0.02", lambda r, k: r["inversion"][k]["scale"]["value"] / beta, lambda x: abs(x - 1) <= 0.02, ".4f"),
        ("force against the exact one, relative RMS", "0.04", lambda r, k: r["inversion"][k]["force_error"]["value"],
         lambda x: x <= 0.04, ".4f"),
        ("Pearson(W, J) on the support", "0.999", lambda r, k: r["readout"][k]["pearson"], lambda x: x >= 0.999, ".4f"),
        ("share of Σ\\|W\\| within r ≤ 2", "0.97", lambda r, k: r["readout"][k]["within_range"], lambda x: x >= 0.97, ".4f"),
        ("plateau less exact ln Z, per spin", "0.02", lambda r, k: r["calibration"][k]["gap"]["value"] / sites,
         lambda x: abs(x) <= 0.02, "+.4f"),
        ("α", "—", lambda r, k: r["calibration"][k]["alpha"]["value"], lambda _: True, ".3f"),
    )  # fmt: skip
    rows = []
    for label, aim, value, reached, form in lines:
        ours = [value(other, k) for k in range(len(other["seeds"]))]
        before = [value(results, k) for k in range(len(results["seeds"]))]
        met = "" if aim == "—" else f"{sum(map(reached, ours))} of {len(ours)}"
        rows.append(
            [label, " … ".join(f"{x:{form}}" for x in (min(before), max(before))), *(f"{x:{form}}" for x in ours), aim, met]
        )
    seeds = [f"refined, seed {seed}" for seed in other["seeds"]]
    return table(("", "published recipe, three seeds", *seeds, "aim", "reached"), rows)


def in_energy(results: Results, manifest: Manifest) -> str:
    """The couplings of both runs in units of energy, with 95 % intervals over sequences and trainings."""
    hamiltonian, coldest = recorded_spec(manifest, RUN).hamiltonian, recorded_spec(manifest, RUN).temperature
    rows = []
    for term in hamiltonian.terms:
        cells = []
        for run in (results, of_refined("results.json")):
            found = values_at(run, f"inversion.couplings.{term.name}")
            mean, half = mean_interval([coldest * v for v, _ in found], [coldest * e for _, e in found], 0.95)
            cells.append(f"{mean:.4f} ± {half:.4f}")
        rows.append([term.name, f"{term.coupling:g}", *cells])
    return table(("", "truth", "published recipe", "refined"), rows)


def refined_times(_: Results, __: Manifest) -> str:
    """What of the refined run was made when, and how long it took."""
    return times({}, read_manifest(ROOT / "golden" / "refined"))


def score_by_time(_: Results, __: Manifest) -> str:
    """The score of every kept network against the exact one, from golden/score.json."""
    data = json.loads((ROOT / "golden" / "score.json").read_text(encoding="utf-8"))
    kinds = {"published": data["networks"][:3], "refined": data["networks"][3:]}
    rows = []
    for k, time in enumerate(data["times"]):
        row = [f"{time:.2g}", f"{data['networks'][0][k]['exact']:.3g}"]
        for part in kinds.values():
            row.append(" ".join(f"{errors[k]['error']:.3f}" for errors in part))
            row.append(f"{sum(errors[k]['slope'] for errors in part) / len(part):.3f}")
            row.append(f"{sum(errors[k]['cost'] for errors in part) / len(part):+.4f}")
        rows.append(row)
    whole = [plain(*pair) for pair in ((item["value"], item["standard_error"]) for item in data["cost"])]
    rows.append(["in all", "", "", "", "; ".join(whole[:3]), "", "", "; ".join(whole[3:])])
    columns = ["t", "⟨\\|s\\*\\|²⟩"]
    for name in kinds:
        columns += [f"{name}: error of each seed", "slope, mean", "cost, mean"]
    return table(columns, rows)


BLOCKS: dict[str, dict[str, Callable[[Results, Manifest], str]]] = {
    "README.md": {"published run": summary, "statements": statements, "refined run": refined},
    "REPRODUCE.md": {
        "claims": claims,
        "seeds": each_seed,
        "sampler": sampler,
        "partition": partition,
        "times": times,
        "estimators": estimators,
        "couplings": in_energy,
        "score": score_by_time,
        "refined times": refined_times,
    },
}


def written(text: str, blocks: dict[str, str]) -> str:
    """The text of a document with every block replaced; raises ``ValueError`` where one is missing."""
    for name, content in blocks.items():
        pattern = re.compile(rf"(<!-- {re.escape(name)}: begin -->\n).*?(<!-- {re.escape(name)}: end -->)", re.DOTALL)
        if len(pattern.findall(text)) != 1:
            raise ValueError(f"block {name!r}; expected it once")
        text = pattern.sub(lambda found, content=content: f"{found[1]}{content}\n{found[2]}", text)
    return text


def documents(run: Path = RUN) -> dict[str, str]:
    """Every document as it should be, by name."""
    results, manifest = json.loads((run / "results.json").read_text(encoding="utf-8")), read_manifest(run)
    return {
        name: written((ROOT / name).read_text(encoding="utf-8"), {key: make(results, manifest) for key, make in blocks.items()})
        for name, blocks in BLOCKS.items()
    }


if __name__ == "__main__":
    for name, text in documents().items():
        write_text(ROOT / name, text)
