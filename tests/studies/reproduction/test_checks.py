"""What would end a run after its work is refused before it: every check is in the plan, and each refuses its own broken spec."""

import itertools

import attrs
import pytest

from paper_repro.files import InputError
from paper_repro.sampling.sequences import draw_sequences
from paper_repro.spec import Constant, Dataset, HamiltonianTerm, Seeds, Target, load_spec
from paper_repro.studies.reproduction.capabilities import EXACT_SOLUTION, missing
from paper_repro.studies.reproduction.checks import CHECKS, PRECONDITIONS
from paper_repro.studies.reproduction.plan import plan_reproduction
from paper_repro.studies.reproduction.protocol import published_protocol
from tests.support.tiny import opened


@pytest.fixture(scope="module")
def spec(tiny):
    return load_spec(tiny).record


def with_term(spec, separation, pair="AA"):
    far = attrs.evolve(spec.hamiltonian.terms[0], name="L", separation=separation, pair=pair, coupling=-0.2)
    return attrs.evolve(spec, hamiltonian=attrs.evolve(spec.hamiltonian, terms=(*spec.hamiltonian.terms, far)))


def too_few(spec):
    """One snapshot of four sites: a term for each of the six pairs, and 2 × 4 equations of which a rotation leaves five."""
    small = attrs.evolve(
        spec,
        hamiltonian=attrs.evolve(spec.hamiltonian, species="ABCD"),
        architecture=attrs.evolve(spec.architecture, species=4),
        chains=attrs.evolve(spec.chains, shortest=4, longest=4, draw="independent"),
        test_set=Dataset(1, 1),
        readout=attrs.evolve(spec.readout, sequences=1),
    )
    for seed in itertools.count():
        small = attrs.evolve(small, seeds=Seeds(seed))
        (word,) = draw_sequences(small)[1]
        if len(set(word)) == 4:
            break
    pairs = [("".join(sorted((one, word[j]))), j - i) for i, one in enumerate(word) for j in range(i + 1, 4)]
    terms = tuple(HamiltonianTerm(f"J_{pair}", separation, pair, coupling=0.5) for pair, separation in pairs)
    method = attrs.evolve(small.sampler, method="replica-exchange")
    return attrs.evolve(small, hamiltonian=attrs.evolve(small.hamiltonian, terms=terms), sampler=method)


BROKEN = {
    "check_sampler": (
        lambda spec: attrs.evolve(with_term(spec, 3), sampler=attrs.evolve(spec.sampler, method="exact")),
        "spec tiny: sampler.method: 'exact' with L; expected 'replica-exchange', for there is no exact solution",
    ),
    "check_ladder": (
        lambda spec: attrs.evolve(spec, ladder=attrs.evolve(spec.ladder, hottest=0.05000000000000001)),
        "spec tiny: ladder.hottest: 0.05000000000000001 with 4 replicas from T₀ = 0.05; expected temperatures that rise",
    ),
    "check_temperatures": (lambda spec: attrs.evolve(spec, target=Target(1e-6)), "spec tiny: target.temperature: "),
    "require_sequences": (
        lambda spec: attrs.evolve(spec, chains=attrs.evolve(spec.chains, shortest=2, longest=3)),
        "chains.draw: 'distinct', and more sequences of ",
    ),
    "check_terms": (
        lambda spec: with_term(spec, 9),
        "spec tiny: hamiltonian.terms.L: no bond AA at separation 9 in the 30 test sequences; expected a term that acts on chains",
    ),
    "check_terms: too few equations": (
        too_few,
        "spec tiny: test_set: 1 sequences × 1 snapshots, too few for 6 terms; expected more sequences, snapshots or sites",
    ),
}  # fmt: skip


def test_every_check_has_a_spec_that_it_refuses():
    assert {check.__name__ for check in CHECKS} == {name.partition(":")[0] for name in BROKEN}


def test_the_preconditions_of_every_kind_of_stage_are_known_and_asked_at_the_start(spec):
    plan = plan_reproduction(spec, b"weights", constants=[Constant(*["-"] * 7)], published=published_protocol())
    assert {stage.kind for stage in plan.stages} == PRECONDITIONS.keys()
    asked = {check.func for check in plan.checks}
    for checks in PRECONDITIONS.values():
        assert asked.issuperset(checks)


@pytest.mark.parametrize("name", BROKEN)
def test_a_spec_that_would_fail_later_is_refused_in_one_line_before_anything_is_written(spec, tmp_path, name):
    (check,) = [check for check in CHECKS if check.__name__ == name.partition(":")[0]]
    broken, said = BROKEN[name][0](spec), BROKEN[name][1]
    for refuse in (lambda: check(broken), lambda: opened(broken, tmp_path / "run")):
        with pytest.raises(InputError) as found:
            refuse()
        assert str(found.value).startswith(said)
        assert "\n" not in str(found.value)
    assert not (tmp_path / "run").exists()
    assert check(spec) is None


def test_a_term_that_acts_on_some_of_the_chains_is_served(spec):
    """Separation 7 needs eight sites: chains of 6 and 7 have no such bond, those of 8 have."""
    plan_reproduction(with_term(spec, 7)).check()


def test_what_needs_an_exact_solution_is_left_out_and_said_once(spec):
    whole, far = plan_reproduction(spec), plan_reproduction(with_term(spec, 3))
    assert whole.notes == ()
    left = {stage.name for stage in whole.stages} - {stage.name for stage in far.stages}
    assert left == {stage.name for stage in whole.stages if stage.kind in {"likelihood", "calibrate", "end time"}}
    assert far.notes == (missing(with_term(spec, 3))[EXACT_SOLUTION],)
    assert "there is no exact solution with L" in far.notes[0]


def test_the_likelihoods_can_be_left_out(spec):
    whole, short = plan_reproduction(spec), plan_reproduction(spec, likelihood=False)
    left = {stage.name for stage in whole.stages} - {stage.name for stage in short.stages}
    assert left == {stage.name for stage in whole.stages if stage.kind in {"likelihood", "calibrate"}}
    assert short.notes == ("the likelihoods of the networks and their plateaus are left out",)


def test_every_stage_reads_what_an_earlier_one_makes(spec):
    made = set()
    for stage in plan_reproduction(spec, b"weights").stages:
        assert set(stage.inputs) <= made, stage.name
        assert made.isdisjoint(stage.outputs)
        made.update(stage.outputs)
