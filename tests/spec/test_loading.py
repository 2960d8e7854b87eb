"""A malformed file gives one line with the file and the path in it, whatever is wrong with it."""

import json
import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import cattrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_repro.files import InputError
from paper_repro.spec import (
    Dataset,
    Fact,
    Loaded,
    MuonAdamW,
    Origin,
    Published,
    Sampler,
    Spec,
    converter,
    differences,
    digest,
    load_published,
    load_spec,
    specs_folder,
)
from paper_repro.spec.quantity import is_optional, quantity_of
from tests.support.malformed import MALFORMED, MUON, PAPER, SMALL, assumed, document, mutated, put, replacing, small, tagged

# Origins


def leaves(record: Any, prefix: str = "") -> Iterator[str]:
    """The dotted paths of the constants of a record, found by its fields and not by the loader."""
    for field in attrs.fields(attrs.resolve_types(type(record), include_extras=True)):
        value, path = getattr(record, field.name), f"{prefix}{field.name}"
        if quantity_of(field.type) is not None:
            if not is_optional(field) or value != field.default:
                yield path
        elif attrs.has(type(value)):
            yield from leaves(value, f"{path}.")
        elif isinstance(value, tuple):
            for item in value:
                yield from leaves(item, f"{path}.{item.name}.")


@pytest.mark.parametrize(
    ("name", "load", "least"),
    [("paper", load_spec, 80), ("smoke", load_spec, 80), ("refined", load_spec, 80), ("published", load_published, 20)],
)
def test_every_constant_has_an_origin(name: str, load: Callable[[Path], Loaded[Any]], least: int) -> None:
    loaded = load(specs_folder() / f"{name}.toml")
    paths = list(leaves(loaded.record))
    assert len(paths) >= least
    assert sorted(loaded.origins) == sorted(paths)
    for origin in loaded.origins.values():
        needed = {"stated": origin.where, "released": origin.where, "inferred": origin.where and origin.why, "assumed": origin.why}
        assert needed[origin.status].strip()


# One line for every mistake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("paper.toml", "smoke.toml"):
        shutil.copy(specs_folder() / name, tmp_path)
    (tmp_path / "circle.toml").write_text('extends = "mine.toml"\nname = "circle"\n')
    return tmp_path


def assert_one_line(message: str, path: Path, where: str) -> None:
    assert message.splitlines() == [message]
    assert message.startswith(f"{path}: {where}")
    assert message.count("; expected ") >= 1
    assert all(part.strip() for part in message.split("; expected "))


@pytest.mark.faults("malformed")
@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_is_one_line_with_file_and_path(folder: Path, case: str) -> None:
    content, where = MALFORMED[case]
    path = folder / "mine.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        load_spec(path)
    assert_one_line(str(caught.value), path, where)


@pytest.mark.parametrize(
    ("message", "where"),
    [
        ("f.toml: ladder.replicas: 1;\nexpected more", "ladder"),
        ("f.toml: replicas: 1; expected more", "ladder.replicas"),
        ("f.toml: ladder.replicas: 1", "ladder.replicas"),
        ("g.toml: ladder.replicas: 1; expected more", "ladder.replicas"),
    ],
)
def test_the_check_of_a_line_rejects_a_bad_one(message: str, where: str) -> None:
    with pytest.raises(AssertionError):
        assert_one_line(message, Path("f.toml"), where)


def test_a_line_does_not_speak_of_the_code(folder: Path) -> None:
    path = folder / "mine.toml"
    for case in ("huge integer in a list", "half a term in a change", "no term"):
        path.write_text(str(MALFORMED[case][0]), encoding="utf-8")
        with pytest.raises(InputError) as caught:
            load_spec(path)
        assert "<class" not in str(caught.value)
        assert "Ellipsis" not in str(caught.value)
        assert "the fields of Spec" not in str(caught.value)


@pytest.mark.faults("malformed")
@pytest.mark.parametrize("name", ["missing.toml", "folder.toml"])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InputError) as caught:
        load_spec(tmp_path / name)
    assert_one_line(str(caught.value), tmp_path / name, "cannot be read")


@pytest.mark.faults("malformed")
@pytest.mark.parametrize("name", ["missing.toml", "broken.toml", "bare.toml", "..", ""])
def test_a_bad_base_is_one_line_that_names_a_file(folder: Path, name: str) -> None:
    (folder / "broken.toml").write_text("= 3\n")
    (folder / "bare.toml").write_text(put("replicas = 40"), encoding="utf-8")
    path = folder / "mine.toml"
    path.write_text(f'extends = "{name}"\nname = "x"\n')
    with pytest.raises(InputError) as caught:
        load_spec(path)
    message = str(caught.value)
    assert message.splitlines() == [message]
    assert message.startswith(str(folder))
    assert name in message


@pytest.mark.parametrize(
    "content",
    [
        PAPER.encode(), b"\xef\xbb\xbf" + PAPER.encode(), PAPER.replace("\n", "\r\n").encode(), PAPER.rstrip("\n").encode(),
        f"{SMALL}name".replace('name = "small"\nname', 'name = "paper"').encode(),
    ],
    ids=["as it is", "byte order mark", "CRLF", "no last newline", "an extension that changes nothing"],
)  # fmt: skip
def test_the_same_spec_is_read_however_it_is_written(folder: Path, paper: Loaded[Spec], content: bytes) -> None:
    path = folder / "mine.toml"
    path.write_bytes(content)
    assert load_spec(path).record == paper.record


def test_an_extension_changes_what_it_lists_and_can_add_a_term(folder: Path, paper: Loaded[Spec]) -> None:
    term = "\n".join(assumed(name, value) for name, value in [("separation", 3), ("pair", '"BA"'), ("coupling", 0.125)])
    path = folder / "mine.toml"
    path.write_text(small("hamiltonian.terms.L_AB", term) + "[ladder]\n" + assumed("hottest", 7), encoding="utf-8")
    loaded = load_spec(path)
    changed = differences(converter.unstructure(paper.record), converter.unstructure(loaded.record))
    assert changed == [
        "name: paper → small",
        "hamiltonian.terms.L_AB: None → {'name': 'L_AB', 'coupling': 0.125, 'separation': 3, 'pair': 'BA'}",
        "ladder.hottest: 5.0 → 7.0",
    ]
    assert loaded.origins["ladder.hottest"].why == "a test"
    assert loaded.origins["ladder.replicas"] == paper.origins["ladder.replicas"]


def test_another_kind_replaces_a_tagged_table_and_the_same_kind_changes_it(folder: Path, paper: Loaded[Spec]) -> None:
    path = folder / "mine.toml"
    path.write_text(tagged("training.optimiser", "muon-adamw", **MUON), encoding="utf-8")
    loaded = load_spec(path)
    assert loaded.record.training.optimiser == MuonAdamW(**MUON)
    assert loaded.origins["training.optimiser.learning_rate"].status == "assumed"
    (folder / "next.toml").write_text(
        'extends = "mine.toml"\nname = "next"\n[training.optimiser]\n' + assumed("learning_rate", 2e-3), encoding="utf-8"
    )
    again = load_spec(folder / "next.toml")
    assert again.record.training.optimiser == MuonAdamW(**MUON | {"learning_rate": 2e-3})
    (folder / "back.toml").write_text(
        tagged("training.optimiser", "adamw", learning_rate=1e-3, weight_decay=1e-4).replace("paper.toml", "next.toml"),
        encoding="utf-8",
    )
    back = load_spec(folder / "back.toml")
    assert attrs.evolve(back.record, name="paper") == paper.record
    for made in (loaded, again, back):
        assert sorted(made.origins) == sorted(leaves(made.record))  # none of a value that is gone


def test_a_chain_of_files_is_read_and_a_packaged_one_is_found_by_name(tmp_path: Path) -> None:
    """No copy lies beside; refined.toml extends paper.toml, which is found beside it."""
    path = tmp_path / "mine.toml"
    path.write_text('extends = "refined.toml"\nname = "mine"\n[training]\n' + assumed("epochs", 7), encoding="utf-8")
    refined, mine = load_spec(specs_folder() / "refined.toml").record, load_spec(path)
    assert attrs.evolve(mine.record, name="refined", training=refined.training) == refined
    assert mine.record.training.epochs == 7
    assert sorted(mine.facts) == ["boundary", "chain_lengths", "intercept", "species_of_a_site"]


def test_a_file_beside_is_preferred_to_a_packaged_one(folder: Path) -> None:
    (folder / "paper.toml").write_text(PAPER.replace("value = 5.0", "value = 6.0"), encoding="utf-8")
    (folder / "mine.toml").write_text(SMALL, encoding="utf-8")
    assert load_spec(folder / "mine.toml").record.ladder.hottest == 6


def test_a_circle_names_its_files(folder: Path) -> None:
    (folder / "mine.toml").write_text('extends = "circle.toml"\nname = "x"\n')
    with pytest.raises(InputError, match=r"circle\.toml: extends: a circle \(mine\.toml → circle\.toml → mine\.toml\); expected"):
        load_spec(folder / "mine.toml")


LAWS: dict[str, tuple[str, dict[str, object]]] = {
    "one species": ("A", {"AA": -1.0}),
    "three species": ("ABC", {"AA": 1.0, "AB": 0.5, "BC": -0.5}),
    "one term": ("AB", {"AB": 1.0}),
    "equal couplings": ("AB", {"AA": 1.0, "AB": 1.0, "BB": 1.0}),
    "a zero coupling": ("AB", {"AA": 1.0, "AB": 0.0}),
    "zero couplings": ("AB", {"AA": 0.0, "AB": 0.0}),
}


@pytest.mark.parametrize("law", LAWS)
def test_another_hamiltonian_replaces_the_terms(tmp_path: Path, law: str) -> None:
    species, couplings = LAWS[law]
    letters = assumed("species", f'"{species}"')
    text = replacing(**couplings).replace("[hamiltonian.terms", f"[hamiltonian]\n{letters}\n[hamiltonian.terms", 1)
    text += f"[likelihood]\n{assumed('chain', json.dumps((species * 4)[:4]))}\n[architecture]\n{assumed('species', len(species))}\n"
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    loaded = load_spec(tmp_path / "mine.toml")
    assert {term.name: term.coupling for term in loaded.record.hamiltonian.terms} == couplings
    assert sorted(loaded.origins) == sorted(leaves(loaded.record))
    assert loaded.record.beta == 20


def test_facts_are_read_with_their_origin_and_are_no_values(folder: Path, paper: Loaded[Spec]) -> None:
    path = folder / "mine.toml"
    path.write_text(small("facts", assumed("boundary", '"open, as here"')).replace('"small"', '"paper"'), encoding="utf-8")
    loaded = load_spec(path)
    assert loaded.facts["boundary"] == Fact("open, as here", Origin("assumed", why="a test"))
    assert loaded.facts["intercept"] == paper.facts["intercept"]
    assert (loaded.record, loaded.origins, digest(loaded.record)) == (paper.record, paper.origins, digest(paper.record))


# Keys of earlier versions


def old_keys() -> list[tuple[str, str]]:
    old = json.loads((Path(__file__).parents[1] / "formats" / "spec-1-refined.json").read_text())
    sections = {name: section for name, section in old.items() if isinstance(section, dict)}
    assert len(sections) == 15
    today = {*leaves(load_spec(specs_folder() / "refined.toml").record), "hamiltonian.terms", "diffusion.weighting"}
    today |= {"training.optimiser"}  # a table today: said in MALFORMED
    return [(section, name) for section, values in sections.items() for name in values if f"{section}.{name}" not in today]


@pytest.mark.faults("malformed")
@pytest.mark.parametrize(("section", "name"), old_keys())
def test_a_key_of_an_earlier_version_is_one_line_that_names_the_new_one(tmp_path: Path, section: str, name: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(small(section, assumed(name, 1)), encoding="utf-8")
    with pytest.raises(InputError, match=rf"mine\.toml: {section}\.{name}: renamed; expected ") as caught:
        load_spec(path)
    new = str(caught.value).rpartition("; expected ")[2]
    refined = load_spec(specs_folder() / "refined.toml")
    known = {*leaves(refined.record), *(f"facts.{fact}" for fact in refined.facts)}
    assert new.removesuffix(", without T₀") in known or new.startswith("the time_scale of ")


LOOSE = [
    (Dataset, {"sequences": 3.7, "snapshots": 1}),
    (Dataset, {"sequences": True, "snapshots": 1}),
    (Dataset, {"sequences": "3", "snapshots": 1}),
    (Dataset, {"sequences": 3, "snapshots": 1, "snapshot": 2}),
    (Sampler, {"method": "exact", "over_relaxation_probability": "0.5", "swap_interval": 1, "burn_in": 0, "thinning": 1}),
]


@pytest.mark.faults("malformed")
@pytest.mark.parametrize(("cls", "data"), LOOSE)
def test_what_cattrs_lets_pass_by_default_is_refused(cls: type, data: dict[str, Any]) -> None:
    cattrs.Converter().structure(data, cls)  # the broken twin: it takes each of these without a word
    with pytest.raises((ValueError, cattrs.errors.ForbiddenExtraKeysError)):
        converter.structure(data, cls)


def test_false_is_no_boolean_as_a_string() -> None:
    assert cattrs.Converter().structure("false", bool) is True
    assert converter.structure(False, bool) is False
    for value in ("false", 0, 0.0):
        with pytest.raises(ValueError, match="true or false"):
            converter.structure(value, bool)


# Anything at all in the file


def assert_loads_or_says_why(path: Path, load: Callable[[Path], object]) -> None:
    try:
        load(path)
    except InputError as error:
        message = str(error)
        assert message.splitlines() == [message]
        assert message.startswith(str(path.parent))
        assert "; expected " in message


def test_the_writer_of_toml_is_right(folder: Path, paper: Loaded[Spec]) -> None:
    path = folder / "mine.toml"
    path.write_text(document(tomllib.loads(PAPER)), encoding="utf-8")
    loaded = load_spec(path)
    assert loaded.record == paper.record
    assert loaded.origins == paper.origins


@pytest.mark.faults("malformed")
@settings(max_examples=6 * settings().max_examples)
@given(data=mutated())
def test_a_mutated_file_loads_or_gives_one_line(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "mutated.toml"
    path.write_text(document(data), encoding="utf-8", newline="")
    shutil.copy(specs_folder() / "paper.toml", path.parent)
    assert_loads_or_says_why(path, load_spec)


@pytest.mark.faults("malformed")
@settings(max_examples=2 * settings().max_examples)
@given(data=st.binary(max_size=40), place=st.integers(0, len(PAPER)))
def test_any_bytes_load_or_give_one_line(tmp_path_factory: pytest.TempPathFactory, data: bytes, place: int) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    content = PAPER.encode()
    path.write_bytes(content[:place] + data + content[place + len(data) :])
    shutil.copy(specs_folder() / "paper.toml", path.parent)
    assert_loads_or_says_why(path, load_spec)


def test_the_fuzz_would_catch_a_loader_that_trusts_its_input(tmp_path: Path) -> None:
    def trusting(path: Path) -> Any:
        return cattrs.structure(tomllib.loads(path.read_text(encoding="utf-8")), Published)

    path = tmp_path / "mutated.toml"
    path.write_text('claims = "none"\n')
    with pytest.raises(Exception, match=r".") as caught:
        assert_loads_or_says_why(path, trusting)
    assert not isinstance(caught.value, InputError)
