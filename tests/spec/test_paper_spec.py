"""The published run and its small copy: values, round trip, hash."""

import copy
import json
import math
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import cattrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_repro.spec import (
    AdamW,
    Hamiltonian,
    HamiltonianTerm,
    Loaded,
    LogTime,
    MuonAdamW,
    RawTime,
    ShiftedLogTime,
    Spec,
    Target,
    canonical,
    converter,
    differences,
    digest,
    load_spec,
    specs_folder,
)


@pytest.fixture(scope="module")
def smoke() -> Loaded[Spec]:
    return load_spec(specs_folder() / "smoke.toml")


# Values


def test_the_published_values(paper: Loaded[Spec]) -> None:
    spec = paper.record
    assert {term.name: (term.separation, term.pair, term.coupling) for term in spec.hamiltonian.terms} == {
        "J_AA": (1, "AA", 1.0), "J_AB": (1, "AB", 0.8), "J_BB": (1, "BB", 0.5),
        "K_AA": (2, "AA", -0.45), "K_AB": (2, "AB", -0.35), "K_BB": (2, "BB", -0.25),
    }  # fmt: skip
    sampler = spec.sampler
    assert (spec.temperature, spec.ladder.replicas, sampler.swap_interval, sampler.over_relaxation_probability) == (
        0.05,
        40,
        10,
        0.5,
    )
    assert spec.likelihood_temperatures == (0.05, 0.1, 0.2, 0.4)
    assert (spec.training_set.sequences, spec.training_set.snapshots) == (40_000, 10)
    assert (spec.test_set.sequences, spec.test_set.snapshots) == (2_000, 5)
    steps = math.ceil(spec.training_set.sequences / spec.training.batch) * spec.training.epochs
    assert steps == 3_140  # released
    assert spec.hamiltonian.range == 2


def frustration(hamiltonian: Hamiltonian) -> dict[str, float]:
    """-4 J2/J1 of each pair of species: a uniform chain of that pair is helical where it exceeds 1, with cos q = -J1/(4 J2)."""
    j1, j2 = ({"".join(sorted(t.pair)): t.coupling for t in hamiltonian.terms if t.separation == r} for r in (1, 2))
    return {pair: -4.0 * j2[pair] / j1[pair] for pair in j1 if pair in j2}


def unfrustrated(hamiltonian: Hamiltonian) -> list[str]:
    """The identity pairs whose uniform chain is not helical, or that have no next-nearest neighbour term at all."""
    strength = frustration(hamiltonian)
    pairs = {"".join(sorted(term.pair)) for term in hamiltonian.terms}
    return sorted(pair for pair in pairs if not strength.get(pair, 0.0) > 1)


def test_the_chain_is_frustrated_for_every_identity_pair(hamiltonian: Hamiltonian) -> None:
    assert unfrustrated(hamiltonian) == []
    assert frustration(hamiltonian) == pytest.approx({"AA": 1.8, "AB": 1.75, "BB": 2.0}, rel=1e-15)
    weak = [attrs.evolve(term, coupling=-0.2) if term.name == "K_AB" else term for term in hamiltonian.terms]
    wrong_sign = [attrs.evolve(term, coupling=0.45) if term.name == "K_AA" else term for term in hamiltonian.terms]
    assert unfrustrated(attrs.evolve(hamiltonian, terms=tuple(weak))) == ["AB"]
    assert unfrustrated(attrs.evolve(hamiltonian, terms=tuple(wrong_sign))) == ["AA"]
    assert unfrustrated(attrs.evolve(hamiltonian, terms=hamiltonian.terms[:5])) == ["BB"]


def unexplained(base: Loaded[Spec], small: Loaded[Spec]) -> list[str]:
    """The values in which a small spec differs from its base though their origin does not say that it is smaller on purpose."""
    changed = [line.split(":")[0] for line in differences(canonical(base.record), canonical(small.record))]
    reasons = {path: small.origins[path].why for path in changed if path != "name"}
    return [path for path, why in reasons.items() if "smoke" not in why and "of this file" not in why]


def test_smoke_differs_only_where_it_says_so(paper: Loaded[Spec], smoke: Loaded[Spec]) -> None:
    assert unexplained(paper, smoke) == []
    changed = {line.split(":")[0] for line in differences(canonical(paper.record), canonical(smoke.record))}
    listed = {path for path, origin in smoke.origins.items() if origin != paper.origins[path]}
    assert changed == listed | {"name"}  # nothing is listed that changes nothing
    assert not {path for path in changed if path.startswith(("hamiltonian", "architecture", "diffusion"))}
    silent = attrs.evolve(
        smoke, record=attrs.evolve(smoke.record, hamiltonian=attrs.evolve(paper.record.hamiltonian, species="BA"))
    )
    assert unexplained(paper, silent) == ["hamiltonian.species"]


def test_the_refined_recipe_changes_training_and_no_physics_within_the_budget_of_the_paper(paper: Loaded[Spec]) -> None:
    loaded = load_spec(specs_folder() / "refined.toml")
    refined = loaded.record
    lines = differences(canonical(paper.record), canonical(refined))
    changed = {line.split(":")[0] for line in lines}
    listed = {path for path, origin in loaded.origins.items() if origin != paper.origins.get(path)}
    assert changed - {"name"} == listed - {"training.optimiser.weight_decay"}  # stated again with the kind, unchanged
    assert {path.split(".")[0] for path in changed} == {
        "name", "sampler", "diffusion", "architecture", "training", "inversion", "likelihood",
    }  # fmt: skip
    sizes = ("species", "positions", "single_width", "pair_width", "pair_hidden", "heads", "blocks", "activation")
    assert not {f"architecture.{name}" for name in sizes} & changed
    assert {path for path in changed if path.startswith("sampler")} == {"sampler.method"}
    assert all(loaded.origins[path].status == "assumed" for path in listed)
    assert refined.training.noise == "antithetic"
    budget = 3_140 * 256
    assert budget == 803_840
    assert 2 * refined.training.epochs * refined.training_set.sequences <= budget


# Round trip


def survives(spec: Spec, unstructure: Callable[[Spec], Any]) -> bool:
    """Whether plain data, written as JSON and read again, give the same spec."""
    return bool(converter.structure(json.loads(json.dumps(unstructure(spec))), Spec) == spec)


def rounded(spec: Spec) -> Any:
    return json.loads(json.dumps(canonical(spec)), parse_float=lambda number: round(float(number), 6))


@pytest.mark.parametrize("name", ["paper", "smoke", "refined"])
def test_round_trip(name: str) -> None:
    spec = load_spec(specs_folder() / f"{name}.toml").record
    assert converter.structure(converter.unstructure(spec), Spec) == spec
    assert survives(spec, canonical)


finite = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=5e-324, allow_infinity=False)
rate = st.floats(min_value=5e-324, max_value=1)
time = st.floats(min_value=5e-324, max_value=1e3)
count = st.integers(2, 10**12)


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """A valid spec far from the published one."""
    base = load_spec(specs_folder() / "paper.toml").record
    letters = draw(st.lists(st.characters().filter(str.isprintable), min_size=2, max_size=4, unique=True))
    bonds = draw(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(letters), st.sampled_from(letters)), min_size=1, max_size=7,
                          unique_by=lambda bond: (bond[0], "".join(sorted(bond[1:])))))  # fmt: skip
    terms = [HamiltonianTerm(f"term {i}", bond[0], bond[1] + bond[2], coupling=draw(finite)) for i, bond in enumerate(bonds)]
    interval = draw(st.integers(1, 1000))
    cold, hot = sorted(draw(st.lists(positive, min_size=2, max_size=2, unique=True)))
    start, end = sorted(draw(st.lists(time, min_size=2, max_size=2, unique=True)))
    return attrs.evolve(
        base,
        name=draw(st.text(st.characters().filter(str.isprintable)).filter(str.strip)),
        hamiltonian=attrs.evolve(base.hamiltonian, species="".join(letters), terms=tuple(terms)),
        target=Target(cold),
        ladder=attrs.evolve(base.ladder, hottest=hot, replicas=draw(count), spacing=draw(st.sampled_from(["geometric", "linear"]))),
        sampler=attrs.evolve(
            base.sampler, swap_interval=interval, burn_in=interval * draw(st.integers(0, 99)), thinning=interval * draw(count),
            over_relaxation_probability=draw(st.floats(0, 1)), method=draw(st.sampled_from(["exact", "replica-exchange"])),
        ),
        diffusion=attrs.evolve(base.diffusion, shortest_time=start, longest_time=end),
        architecture=attrs.evolve(base.architecture, species=draw(st.integers(4, 99)), blocks=draw(st.integers(1, 9)),
            time_feature=draw(st.sampled_from([RawTime(), LogTime()]) | st.builds(ShiftedLogTime, positive)),),
        training=attrs.evolve(
            base.training,
            optimiser=draw(st.builds(AdamW, rate, positive) | st.builds(MuonAdamW, rate, positive, rate)),
            seeds=tuple(draw(st.lists(st.integers(0, 2**63 - 1), min_size=1, unique=True))),
        ),
        likelihood=attrs.evolve(
            base.likelihood, chain="".join(draw(st.lists(st.sampled_from(letters), min_size=2, max_size=100))),
            higher_temperatures=tuple(draw(st.lists(positive.filter(lambda value: value > cold), max_size=3, unique=True))),
        ),
    )  # fmt: skip


@given(spec=specs())
def test_round_trip_of_any_spec(spec: Spec) -> None:
    assert converter.structure(converter.unstructure(spec), Spec) == spec
    assert survives(spec, canonical)
    assert digest(converter.structure(canonical(spec), Spec)) == digest(spec)


def test_the_round_trip_rejects_a_writer_that_rounds(paper: Loaded[Spec]) -> None:
    assert survives(paper.record, rounded)  # by luck: it has few digits
    training = paper.record.training
    third = attrs.evolve(paper.record, training=attrs.evolve(training, optimiser=AdamW(1e-3 / 3, 1e-4)))
    assert survives(third, canonical)
    assert not survives(third, rounded)


# Hash


def slots(record: Any, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """Every value of a record, as its path, the object that holds it, and the field."""
    for field in attrs.fields(type(record)):
        value, path = getattr(record, field.name), f"{prefix}{field.name}"
        if attrs.has(type(value)):
            yield from slots(value, f"{path}.")
        elif isinstance(value, tuple) and value and attrs.has(type(value[0])):
            for item in value:
                yield from slots(item, f"{path}.{item.name}.")
        else:
            yield path, record, field.name


def another(value: Any) -> Any:
    """A value as close to the given one as its type allows."""
    if isinstance(value, tuple):
        return (*value[:-1], another(value[-1]))
    if isinstance(value, float):
        return math.nextafter(value, math.inf)
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value or ''}x"


def blind_spots(record: Any, fingerprint: Callable[[Any], str]) -> list[str]:
    """The values whose change the fingerprint does not see."""
    before, unseen = fingerprint(record), []
    for index, (path, _, _) in enumerate(slots(record)):
        changed = copy.deepcopy(record)
        _, holder, name = list(slots(changed))[index]
        object.__setattr__(holder, name, another(getattr(holder, name)))
        if fingerprint(changed) == before:
            unseen.append(path)
    return unseen


def test_unknown_values_and_kinds_are_refused(paper: Loaded[Spec]) -> None:
    plain = canonical(paper.record)
    with pytest.raises(cattrs.errors.ForbiddenExtraKeysError):
        converter.structure(plain | {"refinement": None}, Spec)
    for wrong in ({"kind": "sgd"}, {}, [], "adamw", {"kind": ["adamw"]}):
        with pytest.raises(ValueError, match="expected one of 'adamw', 'muon-adamw'"):
            converter.structure(plain | {"training": plain["training"] | {"optimiser": wrong}}, Spec)
    with pytest.raises(ValueError, match="pair_update = 'both'; expected one of 'ordered', 'symmetric'"):
        attrs.evolve(paper.record.architecture, pair_update="both")


def test_the_digest_sees_every_value(paper: Loaded[Spec], smoke: Loaded[Spec], refined: Spec) -> None:
    assert len(list(slots(paper.record))) > 80
    assert blind_spots(paper.record, digest) == []
    assert blind_spots(smoke.record, digest) == []
    assert blind_spots(refined, digest) == []
    assert digest(paper.record) != digest(smoke.record)


def test_the_check_of_the_digest_finds_a_blind_one(paper: Loaded[Spec]) -> None:
    def blind(record: Spec) -> str:
        return json.dumps({name: value for name, value in canonical(record).items() if name != "seeds"})

    def coarse(record: Spec) -> str:
        return json.dumps(rounded(record))

    assert blind_spots(paper.record, blind) == ["seeds.data"]
    assert "ladder.hottest" in blind_spots(paper.record, coarse)


def test_the_digest_sees_the_order_of_terms(paper: Loaded[Spec], hamiltonian: Hamiltonian) -> None:
    backwards = attrs.evolve(paper.record, hamiltonian=attrs.evolve(hamiltonian, terms=hamiltonian.terms[::-1]))
    assert digest(backwards) != digest(paper.record)  # it is the order of the fitted couplings


def test_the_digest_ignores_citations(tmp_path: Path, paper: Loaded[Spec]) -> None:
    text = (specs_folder() / "paper.toml").read_text(encoding="utf-8")
    mended = re.sub(r'(where|why) = "[^"]*"', r'\1 = "mended"', text)
    mended = "# a remark\n" + mended.replace('status = "released"', 'status = "stated"')
    path = tmp_path / "mended.toml"
    path.write_text(mended, encoding="utf-8")
    loaded = load_spec(path)
    assert loaded.origins != paper.origins
    assert all(origin.where in ("", "mended") for origin in loaded.origins.values())
    assert digest(loaded.record) == digest(paper.record)


def test_the_digest_is_that_of_the_values_however_they_are_written(tmp_path: Path, smoke: Loaded[Spec]) -> None:
    for name in ("paper.toml", "smoke.toml"):
        shutil.copy(specs_folder() / name, tmp_path)
    text = (tmp_path / "smoke.toml").read_text(encoding="utf-8")
    text = text.replace("value = 1500,", "value = 1_500,").replace("[0.2]", "[2e-1]")
    (tmp_path / "smoke.toml").write_text(text, encoding="utf-8")
    assert digest(load_spec(tmp_path / "smoke.toml").record) == digest(smoke.record)
