"""Every permitted value of every field, from sampling to the report: as many of them in a run as do not contradict each other.

The values are found from the classes of the spec (``tests.support.values``), so that a new one is tried without a new line here.
"""

import json

import attrs
import pytest

from paper_repro.cli.report import show_report
from paper_repro.spec import Spec, load_spec
from tests.support.tiny import make_run, silent
from tests.support.values import Change, changed, changes, label, permitted

#: What contradicts the other values of the spec below, and is refused when the spec is made.
REFUSED = {
    "chains.longest=2", "chains.longest=5", "architecture.species=1", "architecture.positions=2", "architecture.positions=5",
    "architecture.single_width=1", "training.seeds=()", "inversion.query_times=()",
}  # fmt: skip
#: In few test sequences some coupling may act nowhere: tests/surroundings/test_undecided.py has runs of one and of two long ones.
ELSEWHERE = ("test_set", "sequences")


@pytest.fixture(scope="module")
def base(tiny) -> Spec:
    spec = load_spec(tiny).record
    return attrs.evolve(
        spec,
        sampler=attrs.evolve(spec.sampler, swap_interval=1, burn_in=4, thinning=4),
        readout=attrs.evolve(spec.readout, sequences=1),
        training=attrs.evolve(spec.training, seeds=(0,)),
    )


def tried(base: Spec) -> list[Change]:
    """The permitted values, each kind of a tagged table once: tests/score/test_every_value.py has all the values in them."""
    once = {(path, getattr(value, "kind", value)): (path, value) for path, value in reversed(permitted(base)) if path != ELSEWHERE}
    return list(once.values())[::-1]


def combined(base: Spec) -> list[tuple[Spec, list[Change]]]:
    """Specs that have all permitted values between them, each as many as do not contradict each other."""
    left, made = tried(base), list[tuple[Spec, list[Change]]]()
    while left:
        spec, taken = base, list[Change]()
        for change in left:
            if change[0] in {path for path, _ in taken}:
                continue
            try:
                spec = changed(spec, change)
            except ValueError:
                continue
            taken.append(change)
        assert taken, "a permitted value that no spec takes"
        left = [change for change in left if change not in taken]
        made.append((attrs.evolve(spec, name=f"values {len(made)}"), taken))
    return made


def test_the_values_that_a_spec_refuses_are_known(base):
    allowed = permitted(base)
    assert {label(change) for change in changes() if change not in allowed} == REFUSED
    assert len(tried(base)) > 90


def test_every_permitted_value_is_sampled_trained_inverted_and_reported(base, tmp_path):
    for spec, taken in combined(base):
        run = tmp_path / spec.name
        make_run(spec, run)
        show_report(run, silent())
        results = json.loads((run / "results.json").read_text(encoding="utf-8"))
        assert results["spec"] == spec.name, taken
        assert len(results["inversion"]) == len(spec.training.seeds)
