"""How long the evidence will take, before it is measured."""

import time
from collections.abc import Callable

import attrs

from paper_repro.analysis.claim_tests.claim_tests import ClaimTests
from paper_repro.analysis.claim_tests.exchange import CHAINS, measure_exchange
from paper_repro.analysis.maximum_likelihood import fisher_information

_SEQUENCES = 2  # of the trial
_PLACES = 6  # of the generalisation
#: Measured on chains of 20 to 50 sites: a maximum likelihood takes so many of its information matrices; the samplers of 60 chains
#: take five times as long as those of two.
_INFORMATION, _CHAINS_OF_TWICE_THE_TIME = 7, 15


def expected_seconds(tests: ClaimTests) -> dict[str, float]:
    """Return about how many seconds each measurement of ``measure_evidence`` takes, by its name, from a trial of a few sequences.

    The trial takes a second or two, on one thread. Its seconds are those of the processor, which other programs do not lengthen:
    the result is that of a machine that does nothing else. 0 for what it cannot measure.
    """
    trial = attrs.evolve(tests, sequences=_SEQUENCES, threads=1)
    data = trial.draw(0, tests.spec.temperature, *tests.span)
    theta = tests.spec.beta * tests.truth.couplings
    networks, sequences = len(tests.networks), tests.sequences / _SEQUENCES / tests.threads
    trial.equations(tests.networks[0], data[:1])  # what is loaded and compiled at first use is no part of the time
    of_network = _seconds(lambda: trial.equations(tests.networks[0], data)) * sequences
    information = _seconds(lambda: fisher_information(data, theta, tests.truth.terms)) * sequences
    samplers = _seconds(lambda: measure_exchange(trial, data)) * (1 + min(tests.sequences, CHAINS) / _CHAINS_OF_TWICE_THE_TIME)
    return {
        "residual": of_network * networks * (2 if networks > 1 else 1),
        "force": of_network * networks,
        "interaction": of_network * networks / tests.snapshots,
        "scale": information * _INFORMATION,
        "exchange": samplers,
        "detector": 5 * of_network,
        "generalisation": (1 + _PLACES) * of_network * networks,
        "discovery": of_network * networks,
    }


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    try:
        work()
    except ValueError:  # too few sequences, which the measurement itself reports
        return 0.0
    return time.process_time() - start
