"""An inference as plain data, the form in which it is written; ``docs/inference.md`` lists the keys."""

from typing import Any

import attrs

from paper_repro.pipeline.codec import plain
from paper_repro.studies.inference.network_results import NetworkResult
from paper_repro.studies.inference.results import Coupling, Inference


def as_json(found: Inference) -> dict[str, Any]:
    """Return an inference as dictionaries, lists, numbers and text; None stands for a number that is not finite."""
    data = found.data
    numbers: dict[str, Any] = plain(
        {
            "terms": [_term(coupling, found.unit) for coupling in found.couplings],
            "groups": [attrs.asdict(group) for group in found.groups],
            "adequacy": attrs.asdict(found.adequacy) | {"missing": list(found.adequacy.missing)},
            "confirmation": None if found.confirmation is None else attrs.asdict(found.confirmation),
            "learning": {
                "snapshots": [point.snapshots for point in found.learning.points],
                "half_widths": [point.half_widths for point in found.learning.points],
                "precision": found.learning.precision,
                "needed": found.learning.needed,
            },
            "data": {
                "snapshots": data.snapshots,
                "chains": data.systems,
                "sites": data.all_sites,
                "sites_of_a_chain": list(data.sites),
                "runs": data.runs,
                "spins": data.spins,
                "species": list(data.species),
                "temperature": data.temperature,
                "temperatures": list(data.temperatures),
                "autocorrelation": data.correlation.time,
                "warnings": [f"{warning.kind}: {warning.text}" for warning in found.warnings],
                "notes": list(data.notes),
            },
            "level": found.level,
            "errors": found.errors,
            "condition": found.condition,
            "correlations": found.correlations.tolist(),
            "conventions": list(found.conventions),
            "network": None if found.network is None else _network(found.network),
        }
    )
    return numbers


def _term(coupling: Coupling, unit: str) -> dict[str, Any]:
    label = coupling.term
    return {
        "name": label.name,
        "family": label.family,
        "separation": label.separation,
        "pair": label.pair,
        "component": label.component,
        "estimate": coupling.estimate,
        "error": coupling.error,
        "interval": [coupling.low, coupling.high],
        "bound": coupling.bound,
        "unit": unit,
        "verdict": coupling.verdict,
    }


def _network(found: NetworkResult) -> dict[str, Any]:
    seen = found.witness
    return {
        "recipe": found.recipe,
        "seeds": list(found.seeds),
        "steps": found.steps,
        "verdict": seen.verdict,
        "p": seen.p,
        "r2": seen.r2,
        "r2_deviation": seen.r2_deviation,
        "least": seen.least,
        "parts": [attrs.asdict(part) for part in seen.parts],
        "couplings": [
            {"name": row.term.name, "estimate": row.estimate, "error": row.error, "interval": [row.low, row.high]}
            for row in found.couplings
        ],
        "learning": [attrs.asdict(point) for point in found.learning.points],
        "needed": found.learning.needed,
        "warnings": [f"{warning.kind}: {warning.text}" for warning in found.warnings],
    }
