"""Results as files hold them: JSON, every measured value with its standard error."""

import json
import math
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from paper_repro.analysis.basis_fit import Fit
from paper_repro.analysis.comparison import Comparison
from paper_repro.analysis.plateau import flat_until
from paper_repro.analysis.thermodynamic_integration import integrate_to
from paper_repro.files import InputError
from paper_repro.spec import Spec


def plain(value: Any) -> Any:
    """Return records, arrays and tuples as the data that JSON has; numbers that are not finite become None."""
    if attrs.has(type(value)):
        return {field.name: plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def as_json(data: Any) -> bytes:
    """Return plain data as JSON; numbers that are not finite become null."""
    return (json.dumps(plain(data), indent=1, ensure_ascii=False) + "\n").encode()


def read_json(path: Path) -> Any:
    """Read JSON; raises ``InputError`` for a file that is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(path, f"cannot be read ({error})", "an output of 'paper-repro reproduce'") from error


def measured(value: float, error: float = math.nan) -> dict[str, float]:
    """Return a value with its standard error, as the results hold it."""
    return {"value": value, "standard_error": error}


def fit_as_results(fit: Fit, compared: Comparison) -> dict[str, Any]:
    """Return a fit and its comparison with the truth as the results hold them: values with standard errors, terms by name."""
    return {
        "cosine": measured(compared.cosine, compared.cosine_error),
        "r2": measured(fit.r2, fit.r2_error),
        "r2_about_zero": measured(fit.r2_about_zero),
        "scale": measured(compared.scale, compared.scale_error),
        "force_error": measured(compared.force_error),
        "ratios": {
            name: measured(value, error)
            for name, value, error in zip(fit.terms, compared.ratios, compared.ratio_errors, strict=True)
        },
        "couplings": {
            name: measured(value, error)
            for name, value, error in zip(fit.terms, fit.coefficients, fit.coefficient_errors, strict=True)
        },
        "equations": measured(fit.equations, 0.0),
        "condition": fit.condition,
    }


def collect(folder: Path, spec: Spec, made: set[str]) -> dict[str, Any]:
    """Return the results of a run, out of the outputs ``made``: lists over the training seeds, and what does not depend on one.

    Sections of which an output is missing are left out.
    """
    results: dict[str, Any] = {"seeds": list(spec.training.seeds)}

    def read(section: str, names: list[str]) -> list[Any] | None:
        paths = [f"results/{section}{name}.json" for name in names]
        return [read_json(folder / path) for path in paths] if made.issuperset(paths) else None

    for section in ("training", "inversion", "readout", "calibration"):
        found = read(section, [f"-{seed}" for seed in spec.training.seeds])
        if found is not None:
            results[section] = found
    temperatures = range(len(spec.likelihood_temperatures))
    flows = [read("likelihood", [f"-{s}-{k}" for k in temperatures]) for s in spec.training.seeds]
    if None not in flows:
        results["likelihood"] = flows
    authors = {section: read(section, ["-authors"]) for section in ("inversion", "readout", "calibration")}
    authors["likelihood"] = read("likelihood", [f"-authors-{k}" for k in temperatures])
    results["authors"] = {
        section: found if section == "likelihood" else found[0] for section, found in authors.items() if found is not None
    }
    for section in ("constants", "sampling", "thermodynamic_integration", "end_time"):
        found = read(section, [""])
        if found is not None:
            results[section] = found[0]
    if "calibration" in results and "likelihood" in results:
        for part, flow in zip(results["calibration"], results["likelihood"], strict=True):
            _add_shape(part, flow)
    if {"calibration", "likelihood"} <= results["authors"].keys():
        _add_shape(results["authors"]["calibration"], results["authors"]["likelihood"])
    if "thermodynamic_integration" in results:
        for part in [*results.get("calibration", ()), *filter(None, [results["authors"].get("calibration")])]:
            _add_integral(part, results["thermodynamic_integration"], len(spec.likelihood.chain))
    return results


def _add_shape(calibrated: dict[str, Any], flows: list[dict[str, Any]]) -> None:
    """Say where the plateau is flat, and how far above it the configurations of each temperature lie on average."""
    if "failed" in calibrated:
        return
    beta, ln_z = calibrated["beta_effective"]["value"], calibrated["ln_z"]["value"]
    energies = [np.array(flow["energies"], dtype=float) for flow in flows]
    above = [beta * e + np.array(flow["log_likelihoods"], dtype=float) + ln_z for e, flow in zip(energies, flows, strict=True)]
    for index, values in enumerate(above):
        error = float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan
        calibrated[f"above_{index}"] = measured(float(values.mean()), error)
    flat = flat_until(np.concatenate(energies), np.concatenate(above), calibrated["residual"]["value"])
    calibrated["flat_until"] = measured(flat)


def _add_integral(calibrated: dict[str, Any], integral: dict[str, Any], sites: int) -> None:
    """Put ln Z(β_eff) by thermodynamic integration beside the exact one, where β_eff lies within what was integrated."""
    betas, means, errors = (np.array(integral[name], dtype=float) for name in ("betas", "mean_energies", "standard_errors"))
    beta = calibrated.get("beta_effective", {}).get("value")
    if beta is not None and beta <= betas[-1]:
        calibrated["ln_z_by_integration"] = measured(*integrate_to(beta, betas, means, errors, sites))
