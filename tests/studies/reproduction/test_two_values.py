"""Permitted values far from the published ones, and two of them together: refused in one line before any work, or reported on.

A number that has no end is tried near it: the smallest positive number, 1e-9, 1e9 and the largest. Runs of some seconds for each
are slow tests; the gate makes the checks before work for all values, and for pairs of values that are drawn with a fixed seed.
"""

import random

import attrs
import pytest

from paper_repro.cli.report import show_report
from paper_repro.files import InputError, NotFiniteError
from paper_repro.spec import Spec, load_spec
from paper_repro.studies.reproduction.plan import plan_reproduction
from tests.support.tiny import Listener, make_run, silent
from tests.support.values import changed, extremes, permitted

PAIRS, RUNS = 300, 60


@pytest.fixture(scope="module")
def base(tiny) -> Spec:
    spec = load_spec(tiny).record
    training = attrs.evolve(spec.training, seeds=(0,))
    return attrs.evolve(spec, readout=attrs.evolve(spec.readout, sequences=1), training=training)


def one_line(error: Exception) -> bool:
    return "; expected " in str(error) and "\n" not in str(error)


def pairs(values, count):
    chosen = random.Random(20270101)  # noqa: S311
    drawn = (chosen.sample(values, 2) for _ in range(10 * count))
    return [pair for pair in drawn if pair[0][0] != pair[1][0]][:count]


def made(base: Spec, *values) -> Spec | None:
    """The spec with some values; None where they contradict it, which is said in one line."""
    try:
        for value in values:
            base = changed(base, value)
    except ValueError as error:
        assert one_line(error)  # noqa: PT017
        return None
    return base


def checked(spec: Spec) -> bool:
    """Whether a spec passes the checks before work; their refusals are one line."""
    plan = plan_reproduction(spec)
    assert len({stage.name for stage in plan.stages}) == len(plan.stages)
    outputs = [name for stage in plan.stages for name in stage.outputs]
    assert len(set(outputs)) == len(outputs)
    try:
        plan.check()
    except InputError as error:
        assert one_line(error)  # noqa: PT017
        return False
    return True


def test_the_checks_before_work_answer_every_value_and_pairs_of_values(base):
    single = [*permitted(base), *extremes(base)]
    assert len(extremes(base)) > 60
    specs = [made(base, value) for value in single] + [made(base, *pair) for pair in pairs(single, PAIRS)]
    answers = [checked(spec) for spec in specs if spec is not None]
    assert 0 < answers.count(False) < len(answers) / 2


def reported(spec: Spec, folder) -> None:
    """A run ends in a report; the one fault that only work can find is a number that is not finite."""
    listener = Listener()
    try:
        make_run(spec, folder, listener)
    except NotFiniteError as error:
        assert one_line(error)  # noqa: PT017
        return
    show_report(folder, silent())


@pytest.mark.slow
def test_a_run_of_every_extreme_value_is_reported(base, tmp_path):
    for number, value in enumerate(extremes(base)):
        spec = made(base, value)
        if spec is not None and checked(spec):
            reported(spec, tmp_path / str(number))


@pytest.mark.slow
def test_a_run_of_two_values_is_reported(base, tmp_path):
    for number, pair in enumerate(pairs([*permitted(base), *extremes(base)], RUNS)):
        spec = made(base, *pair)
        if spec is not None and checked(spec):
            reported(spec, tmp_path / str(number))
