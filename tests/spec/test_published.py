"""The published values and the rules by which a run is judged."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest

from paper_repro.files import InputError
from paper_repro.spec import Claim, Hamiltonian, Loaded, Published, converter, digest, load_published, load_spec, specs_folder
from paper_repro.spec.published import Lost, PredictionInterval, Rule, StandardErrors

TEXT = (specs_folder() / "published.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def published() -> Loaded[Published]:
    return load_published(specs_folder() / "published.toml")


@pytest.fixture(scope="module")
def claims(published: Loaded[Published]) -> dict[str, Claim]:
    return {claim.name: claim for claim in published.record.claims}


def test_round_trip(published: Loaded[Published]) -> None:
    assert converter.structure(converter.unstructure(published.record), Published) == published.record


def test_the_protocol_is_a_spec_that_comes_with_the_project(published: Loaded[Published]) -> None:
    assert load_spec(specs_folder() / published.record.protocol).record.name == "paper"


def test_there_is_one_claim_for_every_ratio_that_is_not_one(claims: dict[str, Claim], hamiltonian: Hamiltonian) -> None:
    ratios = {name.removeprefix("ratio_") for name in claims if name.startswith("ratio_")}
    assert ratios == {term.name for term in hamiltonian.terms} - {"J_AA"}
    assert all(claims[f"ratio_{name}"].measured == f"inversion.ratios.{name}" for name in ratios)


def test_every_rule_is_used_and_judges_what_it_can(claims: dict[str, Claim]) -> None:
    assert {type(claim.rule) for claim in claims.values()} == set(get_args(Rule))
    for claim in claims.values():
        if isinstance(claim.rule, PredictionInterval):
            assert claim.rule.rounding > 0
            assert claim.rule.distance > 0
        assert math.isnan(claim.published) == isinstance(claim.rule, Lost | StandardErrors)


def test_the_truth_of_each_claim_is_that_of_the_hamiltonian(claims: dict[str, Claim], hamiltonian: Hamiltonian) -> None:
    true = {f"ratio_{term.name}": term.coupling / hamiltonian.terms[0].coupling for term in hamiltonian.terms}
    rules = {name: claim.rule for name, claim in claims.items()}
    stated = {name: rule.truth for name, rule in rules.items() if isinstance(rule, PredictionInterval)}
    assert stated == {"cosine": 1.0, "r2": 1.0} | {name: value for name, value in true.items() if name != "ratio_J_AA"}


def cosine(first: Sequence[float], second: Sequence[float]) -> float:
    dot = sum(a * b for a, b in zip(first, second, strict=True))
    return dot / math.hypot(*first) / math.hypot(*second)


def test_the_published_cosine_is_that_of_the_published_ratios(claims: dict[str, Claim], hamiltonian: Hamiltonian) -> None:
    truth = [term.coupling for term in hamiltonian.terms]
    table = [1.0, *(claims[f"ratio_{term.name}"].published for term in hamiltonian.terms if term.name != "J_AA")]
    stated = claims["cosine"].rule
    assert isinstance(stated, PredictionInterval)
    assert abs(cosine(truth, table) - stated.published) <= stated.rounding + 1e-5
    for index in range(1, 6):  # a flipped sign in the table does not give the published cosine
        flipped = [-value if i == index else value for i, value in enumerate(table)]
        assert abs(cosine(truth, flipped) - stated.published) > 0.01


def test_every_measured_path_is_dotted_and_used_once(claims: dict[str, Claim]) -> None:
    paths = [claim.measured for claim in claims.values()]
    assert len(set(paths)) == len(paths)
    assert all(re.fullmatch(r"[a-z_]+(\.[A-Za-z_0-9]+)+", path) for path in paths)


KIND = 'kind = { value = "prediction-interval", status = "assumed", why = "the published value is one more draw of the recipe" }'
ROUNDING = 'rounding = { value = 0.00005, status = "inferred", where = "b39e928", why = "four digits" }'


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (KIND, KIND.replace("prediction-interval", "looks-good"), "claims.cosine.rule.kind"),
        (KIND, "kind = 3", "claims.cosine.rule.kind"),
        (KIND, "", "claims.cosine.rule.kind"),
        (KIND, KIND.replace("prediction-interval", "lost"), "claims.cosine.rule.published"),
        ("[claims.cosine.rule]", "[claims.cosine.rules]", "claims.cosine.rules"),
        ('measured = "inversion.cosine"', 'measure = "inversion.cosine"', "claims.cosine.measure"),
        ('measured = "inversion.cosine"', "measured = 1", "claims.cosine.measured"),
        (ROUNDING, "rounding = 0.00005", "claims.cosine.rule.rounding"),
        (ROUNDING, ROUNDING.replace("0.00005", "-0.1"), "claims.cosine.rule.rounding"),
        (ROUNDING, ROUNDING.replace("0.00005", "nan"), "claims.cosine.rule.rounding"),
        (ROUNDING, ROUNDING.replace(', why = "four digits"', ""), "claims.cosine.rule.rounding"),
        ("confidence = { value = 0.95", "confidence = { value = 95", "confidence"),
        ('protocol = "paper.toml"', "protocol = true", "protocol"),
        ("trainings = { value = 10", "trainings = { value = 1", "draw_of_the_recipe.trainings"),
        ("level = { value = 0.05", "level = { value = 0", "draw_of_the_recipe.level"),
        ("[claims.cosine]", "[claim.cosine]", "claim"),
    ],
)
def test_a_malformed_claim_is_one_line(tmp_path: Path, old: str, new: str, where: str) -> None:
    assert old in TEXT
    path = tmp_path / "published.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_published(path)
    message = str(caught.value)
    assert message.splitlines() == [message]
    assert message.startswith(f"{path}: {where}: ")


def test_the_digest_sees_a_moved_goalpost(tmp_path: Path, published: Loaded[Published]) -> None:
    path = tmp_path / "published.toml"
    for old, new in [("0.9974", "0.9973"), ("value = 3.0", "value = 4.0"), ("value = 0.95", "value = 0.99")]:
        path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
        assert digest(load_published(path).record) != digest(published.record)
