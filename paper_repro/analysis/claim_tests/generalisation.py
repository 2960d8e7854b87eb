"""Claim: the error out of distribution is about that within."""

import math
from collections.abc import Callable, Sequence

from paper_repro.analysis.claim_tests.claim_tests import ClaimTests, couplings_from, over_networks
from paper_repro.analysis.claim_tests.detector import r2_by_unit
from paper_repro.analysis.claim_tests.evidence import Generalisation
from paper_repro.numerics.estimates import standard_error
from paper_repro.numerics.measured import Measured
from paper_repro.sampling.snapshots import Snapshots

_TEMPERATURES = (0.02, 0.2, 1.0)  # other than T₀, the only one of the training


def measure_generalisation(tests: ClaimTests, data: Sequence[Snapshots]) -> Generalisation:
    """Measure how much 1 - R² of every network grows outside the training distribution, at the couplings of within."""
    equations = [tests.equations(network, data) for network in tests.networks]
    couplings = [couplings_from(part) for part in equations]
    inside = [r2_by_unit(part, c) for part, c in zip(equations, couplings, strict=True)]
    found = {}
    for name, draw in _places(tests).items():
        elsewhere = draw()
        each = []
        for network, c, sound in zip(tests.networks, couplings, inside, strict=True):
            other = r2_by_unit(tests.equations(network, elsewhere), c)
            each.append(Measured(float(sound.mean() - other.mean()), math.hypot(standard_error(sound), standard_error(other))))
        found[name] = over_networks(each)
    return Generalisation(found, max(found.values(), key=lambda item: item.value))


def _places(tests: ClaimTests) -> dict[str, Callable[[], list[Snapshots]]]:
    """Return the places outside the training distribution, and how snapshots of each are drawn."""
    cold, span = tests.spec.temperature, tests.span

    def at(k: int, temperature: float) -> Callable[[], list[Snapshots]]:
        return lambda: tests.draw(6 + k, temperature, *span)

    return {
        f"lengths_{span[1] + 1}_to_{tests.longest_tried}": lambda: tests.draw(3, cold, span[1] + 1, tests.longest_tried),
        "one_letter": lambda: tests.draw(4, cold, *span, share=1.0),
        "nine_of_ten_one_letter": lambda: tests.draw(5, cold, *span, share=0.9),
        **{f"T_{temperature:g}": at(k, temperature) for k, temperature in enumerate(_TEMPERATURES)},
    }
