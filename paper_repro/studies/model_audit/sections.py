"""The report on the audit of a model."""

import math

from paper_repro.report.document import Section, Table, Text
from paper_repro.report.numbers import number, percent, significant
from paper_repro.studies.model_audit.results import ModelAudit

TITLE = "paper_repro · audit"
_ROUNDING = 1e-6  # of single precision, with which a model may compute
_KINDS = {"score": "a score model, (species, spins, time, mask) → ∇ ln p_t", "force": "a force field, (species, spins) → β × force"}


def sections(found: ModelAudit) -> tuple[Section, ...]:
    """Return the sections of the report: what the model cannot answer, then its couplings."""
    return _model(found), _couplings(found)


def _model(found: ModelAudit) -> Section:
    times = f"; score at t = {', '.join(f'{time:g}' for time in found.query_times)}" if found.query_times else ""
    extrapolated = " and extrapolated to 0" if len(found.query_times) > 1 else ""
    species = ", ".join(f"{number_} = {name}" for number_, name in enumerate(found.species))
    lines = [f"{_KINDS[found.kind]}{times}{extrapolated}. Species: {species}."]
    if found.interaction is not None:
        share, error = percent(found.interaction.within), significant(found.interaction.error)
        lines.append(f"W: {share} of Σ|W| is within the range of the library; (I - S Sᵀ) W S is the score to {error} of it (RMS).")
    if found.divergence_error is not None:
        lines.append(f"Divergence: that of the score to {significant(found.divergence_error)} of it (RMS).")
    left_out = (Text(f"Left out: {line}.", "open") for line in found.left_out)
    return Section(found.name, (*map(Text, lines), *left_out, *(Text(f"Note: {line}.") for line in found.notes)))


def _couplings(found: ModelAudit) -> Section:
    fit, compared = found.fit, found.comparison
    text = (
        f"Least squares of the force of the model on the terms of the library, over {found.snapshots:,} snapshots of"
        f" {found.systems:,} systems: β × coupling, dimensionless. ± is one standard error, resampling"
        f" {fit.units:,} independent runs."
    )
    rows = list(zip(fit.terms, fit.coefficients, fit.coefficient_errors, strict=True))
    rows += [("R²", fit.r2, fit.r2_error), ("R² about zero", fit.r2_about_zero, math.nan), ("equations", fit.equations, math.nan)]
    true: dict[str, float] = {}
    if found.truth is not None and compared is not None:
        rows += [
            ("cosine similarity", compared.cosine, compared.cosine_error),
            ("scale c·g/g·g", compared.scale, compared.scale_error),
            ("relative RMS error of the force", compared.force_error, math.nan),
        ]
        beta = found.truth.beta
        true = dict(zip(fit.terms, beta * found.truth.couplings, strict=True))
        true |= {"R²": 1.0, "R² about zero": 1.0, "cosine similarity": 1.0, "scale c·g/g·g": beta, rows[-1][0]: 0.0}
    columns = ("", *(("truth",) if true else ()), "this model")
    cells = tuple(
        (name, *((number(true.get(name, math.nan)),) if true else ()), number(value, error)) for name, value, error in rows
    )
    return Section("Couplings of the model", (Text(text), Table(columns, cells, frozenset(columns[1:]))), summary=True)


def _shown(value: float, error: float) -> str:
    """Return a value with its error, unless that is rounding: a model of exact couplings has no other."""
    return number(value, error) if not error < _ROUNDING * max(1.0, abs(value)) else number(value)
