"""Specs, architectures and recipes of earlier versions are those of today: what was run is what is read.

tests/formats/spec-1-*.json hold the values of paper.toml, smoke.toml and refined.toml as runs of format 2 recorded them.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from paper_repro.files import InputError
from paper_repro.score.weights import load_weights
from paper_repro.spec import (
    Spec,
    canonical,
    differences,
    digest,
    digest_of_plain,
    digests,
    load_spec,
    specs_folder,
    structure,
    training_digest,
)
from paper_repro.spec.migration import architecture_from_old, spec_from_old

FORMATS = Path(__file__).parents[1] / "formats"
NAMES = ("paper", "smoke", "refined")
pytestmark = pytest.mark.faults("format")


def old(name: str) -> Any:
    return json.loads((FORMATS / f"spec-1-{name}.json").read_text(encoding="utf-8"))


#: What a recipe has changed since, none of it part of the training.
SINCE = {"refined": ["inversion.query_times: [0.001, 0.005, 0.01] → [0.003, 0.005, 0.007]"]}


@pytest.mark.parametrize("name", NAMES)
def test_an_old_spec_is_today_s(name: str) -> None:
    today, plain = load_spec(specs_folder() / f"{name}.toml").record, spec_from_old(old(name), name)
    assert differences(plain, canonical(today)) == SINCE.get(name, [])
    before = structure(plain, Spec, name)
    assert canonical(before) == plain
    assert training_digest(before) == training_digest(today)
    assert digest(before) in digests(today)


@pytest.mark.parametrize("name", NAMES)
def test_golden_weights_are_of_the_old_form_of_the_spec_as_it_is(name: str, golden: Path) -> None:
    """The file keeps the digest that the spec had when it was trained; those of seeds 3 and more are younger."""
    found = sorted((golden / "weights").glob(f"{name}-seed-[012].safetensors"))
    assert found
    today = load_spec(specs_folder() / f"{name}.toml").record
    for path in found:
        _, info = load_weights(path)
        assert info.spec_sha256 == digest_of_plain(old(name))
        assert info.spec_sha256 in digests(today)
        assert (info.architecture, info.query_times) == (today.architecture, today.inversion.query_times)


def changes(name: str, *places: tuple[str, str, Any]) -> list[str]:
    """What today's form of an old spec has else, once values of the old one are changed."""
    changed = old(name)
    for section, key, value in places:
        changed[section][key] = value
    return differences(spec_from_old(old(name), name), spec_from_old(changed, name))


def test_every_old_value_that_was_used_is_carried_over() -> None:
    """Each value of a refined spec, changed alone, changes today's form; what nothing read is dropped."""
    unread = {
        "hamiltonian.boundary", "chains.length_law", "chains.identity_law", "training.optimiser", "inversion.query_time",
        "inversion.intercept",
    }  # fmt: skip
    other = {
        "training.learning_rate": 0.5, "refinement.matrix_rate": 0.5, "diffusion.target": "log", "diffusion.weighting": "time",
        "refinement.snapshots": "random", "refinement.embeddings": "random", "refinement.output": "plain",
        "architecture.time_input": "raw", "likelihood.temperatures": [0.05, 0.7],
    }  # fmt: skip
    for section, values in old("refined").items():
        for key, value in values.items() if isinstance(values, dict) else ():
            path = f"{section}.{key}"
            new = other.get(path, [value] if isinstance(value, list) else "x" if isinstance(value, str) else value + 1)
            assert bool(changes("refined", (section, key, new))) == (path not in unread), path


def test_the_time_scale_goes_where_it_was_used() -> None:
    assert changes("refined", ("refinement", "time_scale", 0.5)) == [
        "diffusion.weighting.time_scale: 0.03 → 0.5",
        "architecture.time_feature.time_scale: 0.03 → 0.5",
        "architecture.output_scale.time_scale: 0.03 → 0.5",
    ]
    raw = ("architecture", "time_input", "raw"), ("diffusion", "weighting", "time"), ("refinement", "output", "plain")
    assert not [line for line in changes("refined", *raw) if "→ 0.03" in line]


def test_a_recipe_without_muon_had_adamw_for_all() -> None:
    assert changes("refined", ("refinement", "matrix_rate", 0.0)) == [
        "training.optimiser.kind: muon-adamw → adamw",
        "training.optimiser.muon_learning_rate: 0.01 → None",
    ]


@pytest.mark.parametrize(
    "broken",
    [None, [], 3, {}, {"name": "x"}, old("paper") | {"ladder": []}, old("refined") | {"refinement": {"noise": "antithetic"}}],
)
def test_what_is_no_old_spec_is_one_line(broken: Any) -> None:
    with pytest.raises(InputError, match=r"^here: .*; expected the spec of a run of format 1 or 2$"):
        spec_from_old(broken, "here")
    with pytest.raises(InputError, match="; expected the architecture of weights"):
        architecture_from_old(broken, [], "here")
