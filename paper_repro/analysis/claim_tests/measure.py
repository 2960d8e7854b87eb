"""All evidence on the statements of the paper about its results."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from paper_repro.analysis.claim_tests.claim_tests import ClaimTests
from paper_repro.analysis.claim_tests.cutoff import measure_force, measure_interaction
from paper_repro.analysis.claim_tests.detector import measure_detector
from paper_repro.analysis.claim_tests.discovery import measure_discovery
from paper_repro.analysis.claim_tests.evidence import Evidence
from paper_repro.analysis.claim_tests.exchange import measure_exchange
from paper_repro.analysis.claim_tests.generalisation import measure_generalisation
from paper_repro.analysis.claim_tests.plateau import PlateauOfTraining, measure_plateau
from paper_repro.analysis.claim_tests.residual import measure_residual
from paper_repro.analysis.claim_tests.scale import measure_scale
from paper_repro.sampling.snapshots import Snapshots

T = TypeVar("T")

_STEPS = 8


def measure_evidence(
    tests: ClaimTests,
    plateaus: Sequence[PlateauOfTraining] = (),
    reference: Sequence[PlateauOfTraining] = (),
    progress: Callable[[int, str], None] = lambda *_: None,
) -> Evidence:
    """Measure every claim; ``plateaus`` are those of each training of a run, ``reference`` of a better one.

    ``progress`` is called with how many measurements are done, and the name of the next.

    Raises ``ValueError`` where a network's force cannot be inverted.
    """
    data = tests.draw(0, tests.spec.temperature, *tests.span)
    done = 0

    def step(name: str, measure: Callable[[ClaimTests, Sequence[Snapshots]], T]) -> T:
        nonlocal done
        progress(done, name)
        done += 1
        return measure(tests, data)

    evidence = Evidence(
        residual=step("residual", measure_residual),
        force=step("force", measure_force),
        interaction=step("interaction", measure_interaction),
        scale=step("scale", measure_scale),
        exchange=step("exchange", measure_exchange),
        detector=step("detector", measure_detector),
        generalisation=step("generalisation", measure_generalisation),
        discovery=step("discovery", measure_discovery),
        plateau=measure_plateau(plateaus, reference),
    )
    progress(_STEPS, "")
    return evidence
