"""Verdicts on the statements of the paper about its results: by a measured value, a bound and the error bar."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs
import cattrs
from scipy import stats

from paper_repro.analysis.claim_tests.evidence import Corruption, Evidence, Generalisation
from paper_repro.analysis.claim_tests.plateau import PlateauOfTraining
from paper_repro.numerics.measured import Measured
from paper_repro.physics.truth import exact_solution
from paper_repro.pipeline import codec
from paper_repro.spec import Published, Spec, Statement
from paper_repro.studies.reproduction.paths import MeasuredPath
from paper_repro.studies.reproduction.results import Calibration, Results
from paper_repro.studies.reproduction.run_files import likelihood_chain

Verdict = Literal["SUPPORTED", "NOT SUPPORTED", "UNDECIDED"]


@attrs.frozen
class Decision:
    """The verdict on one statement, and the value of the evidence that decides it; NaN where it was not measured."""

    name: str
    statement: str
    measured: str
    rule: str
    bound: float
    value: float
    error: float
    verdict: Verdict


@attrs.frozen
class StatementsReport:
    """What 'paper-repro claims' writes: the verdicts, the evidence, and what it was measured on."""

    statements: tuple[Decision, ...]
    evidence: Evidence
    weights_sha256: tuple[str, ...]
    sequences: int
    snapshots: int
    seed: int
    spec: str


def decide(statement: Statement, evidence: Evidence, confidence: float) -> Decision:
    """Judge one statement by the evidence.

    SUPPORTED or NOT SUPPORTED where the value lies beyond the bound by more than its error bar at the ``confidence``; else, and
    where it was not measured, UNDECIDED.
    """
    found = MeasuredPath.of_text(statement.measured).of(evidence)
    if found is None or not math.isfinite(found.value) or not math.isfinite(found.standard_error):
        return _decision(statement, Measured(math.nan), "UNDECIDED")
    margin = (found.value - statement.bound) * (1 if statement.rule == "at-least" else -1)
    wide = float(stats.norm.ppf(0.5 + confidence / 2)) * found.standard_error
    return _decision(statement, found, "SUPPORTED" if margin >= wide else "NOT SUPPORTED" if margin < -wide else "UNDECIDED")


def _decision(statement: Statement, found: Measured, verdict: Verdict) -> Decision:
    return Decision(
        statement.name, statement.statement, statement.measured, statement.rule, statement.bound, found.value, found.standard_error,
        verdict,
    )  # fmt: skip


def decide_all(published: Published, evidence: Evidence) -> tuple[Decision, ...]:
    """Judge every statement, in the order of the file."""
    return tuple(decide(statement, evidence, published.confidence) for statement in published.statements)


def listed(part: object, path: str = "") -> Iterator[tuple[str, Measured]]:
    """Yield each measured value of the evidence with its path; a number without an error has NaN as its error."""
    if isinstance(part, Measured):
        yield path, part
    elif isinstance(part, Corruption):
        yield path, Measured(part.value, part.standard_error)
    elif isinstance(part, float):
        yield path, Measured(part)
    elif isinstance(part, Generalisation):
        yield from listed({**part.places, "excess": part.excess}, path)
    elif isinstance(part, Mapping):
        for name, item in part.items():
            yield from listed(item, f"{path}.{name}".lstrip("."))
    elif attrs.has(kind := type(part)):
        yield from listed({field.name: getattr(part, field.name) for field in attrs.fields(kind)}, path)


def plateaus_of(results: Results, spec: Spec) -> list[PlateauOfTraining]:
    """Return the plateau of each training of a run; trainings without one are left out.

    Raises ``ValueError`` for a run with another number of temperatures than the spec.
    """
    law, at = likelihood_chain(spec), spec.likelihood_temperatures
    hot, cold = at.index(max(at)), at.index(min(at))
    warm, cool = (exact_solution(law, 1 / at[index]).mean_energy for index in (hot, cold))
    rise = (warm - cool) / spec.temperature
    found = []
    for part in results.calibration.trained:
        if isinstance(part, Calibration):
            if len(part.above) != len(at):
                raise ValueError(f"{len(part.above)} temperatures; expected those of spec {spec.name}, {len(at)}")
            high = part.above[hot].value - part.above[cold].value + (1 - part.alpha.value) * rise
            found.append(PlateauOfTraining(part.gap.value / law.terms.sites, high / law.terms.sites))
    return found


def _make_converter() -> cattrs.Converter:
    """In a file, the places of the generalisation and its excess are on one level."""
    converter = codec.make_converter()
    plain = converter.get_unstructure_hook(Mapping[str, Measured])
    converter.register_unstructure_hook(
        Generalisation, lambda found: plain(found.places) | {"excess": converter.unstructure(found.excess)}
    )

    def generalisation(data: Any, _: Any) -> Generalisation:
        found: Mapping[str, Measured] = converter.structure(data, Mapping[str, Measured])  # type: ignore[type-abstract]
        if "excess" not in found:
            raise ValueError("no 'excess'; expected it among the places")
        return Generalisation({name: value for name, value in found.items() if name != "excess"}, found["excess"])

    converter.register_structure_hook(Generalisation, generalisation)
    return converter


#: The converter of the file of statements.
CONVERTER = _make_converter()
