"""A malformed file gives one line with the file and the path in it, whatever is wrong with it."""

import json
import re
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
from paper_repro.spec.quantity import quantity_of

PAPER = (specs_folder() / "paper.toml").read_text(encoding="utf-8")
REPLICAS = next(line for line in PAPER.splitlines() if line.startswith("replicas = "))
SMALL = 'extends = "paper.toml"\nname = "small"\n'
TERMS = re.compile(r"\[hamiltonian\.terms\.J_AA\].*?(?=\[target\])", re.DOTALL)


# Origins


def leaves(record: Any, prefix: str = "") -> Iterator[str]:
    """The dotted paths of the constants of a record, found by its fields and not by the loader."""
    for field in attrs.fields(attrs.resolve_types(type(record), include_extras=True)):
        value, path = getattr(record, field.name), f"{prefix}{field.name}"
        if quantity_of(field.type) is not None:
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


def put(line: str, old: str = REPLICAS) -> str:
    """The published spec with one text, which must occur, replaced."""
    assert PAPER.count(old) >= 1, old
    return PAPER.replace(old, line, 1)


def replicas(value: str) -> str:
    return put(f'replicas = {{ value = {value}, status = "assumed", why = "a test" }}')


def constant(name: str, value: str) -> str:
    """The published spec with another value of the first constant of that name."""
    text, count = re.subn(rf"(?m)^{name} = \{{ value = .*?(?=, status)", f"{name} = {{ value = {value}", PAPER, count=1)
    assert count == 1, name
    return text


def small(section: str, line: str) -> str:
    """A spec that extends the published one by one line."""
    return f"{SMALL}[{section}]\n{line}\n"


def assumed(name: str, value: object) -> str:
    return f'{name} = {{ value = {value}, status = "assumed", why = "a test" }}'


def tagged(path: str, kind: str, **values: object) -> str:
    """A spec that extends the published one by a tagged table."""
    return small(path, "\n".join(assumed(name, value) for name, value in ({"kind": f'"{kind}"'} | values).items()))


MUON = {"learning_rate": 1e-3, "weight_decay": 1e-4, "muon_learning_rate": 0.01}


def replacing(**couplings: object) -> str:
    """A spec with other terms of its own, all between nearest neighbours."""
    lines = []
    for name, value in couplings.items():
        lines += [f"[hamiltonian.terms.{name}]", assumed("separation", 1), assumed("pair", f'"{name}"'), assumed("coupling", value)]
    return SMALL + 'replace = ["hamiltonian.terms"]\n' + "\n".join(lines) + "\n"


NINES = "9" * 400
MALFORMED: dict[str, tuple[str | bytes, str]] = {
    # the wrong key
    "unknown key at the top": (put("\nmane = 1\n", 'name = "paper"'), "mane"),
    "unknown section": (PAPER + "\n[chain]\n", "chain"),
    "unknown constant": (put(REPLICAS.replace("replicas", "replica")), "ladder.replica"),
    "unknown key in a constant": (put('replicas = { value = 40, status = "stated", were = "S1" }'), "ladder.replicas.were"),
    "unknown key in a term": (put('[hamiltonian.terms.J_AA]\nname = 1', "[hamiltonian.terms.J_AA]"), "hamiltonian.terms.J_AA.name"),
    "unknown key in a change": (small("chains", assumed("lenght", 8)), "chains.lenght"),
    "missing constant": (put(""), "ladder.replicas"),
    "missing section": (PAPER[: PAPER.index("[seeds]")], "seeds"),
    "missing name": (put("", 'name = "paper"'), "name"),
    "missing value": (put('replicas = { status = "stated", where = "S1" }'), "ladder.replicas.value"),
    "no term": (TERMS.sub("[hamiltonian.terms]\n", PAPER), "hamiltonian.terms"),
    "half a term in a change": (small("hamiltonian.terms.J_new", assumed("separation", 3)), "hamiltonian.terms.J_new"),
    "empty file": ("", "name"),
    # the wrong type
    "bare value": (put("replicas = 40"), "ladder.replicas"),
    "bare value in a change": (small("chains", "shortest = 8"), "chains.shortest"),
    "section is a number": (f"{SMALL}chains = 3\n", "chains"),
    "terms are a list": (TERMS.sub("[[hamiltonian.terms]]\n", PAPER), "hamiltonian.terms"),
    "true for an integer": (replicas("true"), "ladder.replicas"),
    "3.7 for an integer": (replicas("3.7"), "ladder.replicas"),
    "40.0 for an integer": (replicas("40.0"), "ladder.replicas"),
    "a string for an integer": (replicas('"40"'), "ladder.replicas"),
    "a date for an integer": (replicas("2026-04-23"), "ladder.replicas"),
    "a list for an integer": (replicas("[40]"), "ladder.replicas"),
    "true for a number": (constant("hottest", "true"), "ladder.hottest"),
    "a string for a number": (constant("hottest", '"5.0"'), "ladder.hottest"),
    "false for a string": (constant("species", "false"), "hamiltonian.species"),
    "false for a label": (put("name = false", 'name = "paper"'), "name"),
    "a constant for a label": (put('name = { value = "paper" }', 'name = "paper"'), "name"),
    "a string for a list": (constant("seeds", '"012"'), "training.seeds"),
    "a number in a list of integers": (constant("seeds", "[0, 3.7]"), "training.seeds"),
    "true in a list of integers": (constant("seeds", "[0, true]"), "training.seeds"),
    "true in a list of numbers": (constant("higher_temperatures", "[0.1, true]"), "likelihood.higher_temperatures"),
    "another choice": (constant("spacing", '"harmonic"'), "ladder.spacing"),
    "a number for a choice": (constant("spacing", "1"), "ladder.spacing"),
    "a list for a choice": (constant("spacing", '["linear"]'), "ladder.spacing"),
    "a number for true or false": (constant("repeats", "0"), "chains.repeats"),
    # out of range
    "not a number": (constant("coupling", "nan"), "hamiltonian.terms.J_AA.coupling"),
    "infinite": (constant("hottest", "inf"), "ladder.hottest"),
    "minus infinite": (constant("coupling", "-inf"), "hamiltonian.terms.J_AA.coupling"),
    "infinite in a list": (constant("higher_temperatures", "[0.1, inf]"), "likelihood.higher_temperatures"),
    "overflowing literal": (constant("hottest", "1e999"), "ladder.hottest"),
    "too small": (replicas("1"), "ladder.replicas"),
    "too large": (constant("over_relaxation_probability", "1.5"), "sampler.over_relaxation_probability"),
    "zero temperature": (constant("temperature", "0"), "target.temperature"),
    "huge integer": (replicas(NINES), "ladder.replicas"),
    "huge integer for a number": (constant("hottest", NINES), "ladder.hottest"),
    "huge integer in a list": (constant("seeds", f"[{NINES}]"), "training.seeds"),
    "huger integer": (replicas("9" * 5000), ""),
    "huger hexadecimal integer": (replicas("0x" + "f" * 5000), "ladder.replicas"),
    "bare huger hexadecimal integer": (put("replicas = 0x" + "f" * 5000), "ladder.replicas"),
    "deeply nested list": (replicas("[" * 5000 + "]" * 5000), ""),
    "deeply nested table": (put("replicas = { value" + ".a" * 3000 + ' = 1, status = "stated", where = "S1" }'), "ladder.replicas"),
    # the wrong origin
    "missing status": (put('replicas = { value = 40, where = "S1" }'), "ladder.replicas.status"),
    "unknown status": (put('replicas = { value = 40, status = "guessed", where = "S1" }'), "ladder.replicas"),
    "status is true": (put('replicas = { value = 40, status = true, where = "S1" }'), "ladder.replicas"),
    "status is a list": (put('replicas = { value = 40, status = ["stated"], where = "S1" }'), "ladder.replicas"),
    "stated nowhere": (put('replicas = { value = 40, status = "stated", why = "x" }'), "ladder.replicas"),
    "released nowhere": (put('replicas = { value = 40, status = "released" }'), "ladder.replicas"),
    "inferred without why": (put('replicas = { value = 40, status = "inferred", where = "S1" }'), "ladder.replicas"),
    "inferred without where": (put('replicas = { value = 40, status = "inferred", why = "x" }'), "ladder.replicas"),
    "assumed without why": (put('replicas = { value = 40, status = "assumed", where = "S1" }'), "ladder.replicas"),
    "blank why": (put('replicas = { value = 40, status = "assumed", why = " \\t" }'), "ladder.replicas"),
    "where is a number": (put('replicas = { value = 40, status = "stated", where = 1 }'), "ladder.replicas"),
    # values that contradict each other
    "bond repeated": (constant("pair", '"BB"'), "hamiltonian.terms.J_BB"),
    "foreign letter in a term": (constant("pair", '"AC"'), "hamiltonian.terms.J_AA.pair"),
    "one letter in a term": (constant("pair", '"A"'), "hamiltonian.terms.J_AA.pair"),
    "repeated identity": (constant("species", '"ABA"'), "hamiltonian"),
    "foreign letter in the chain": (constant("chain", '"ABC"'), "likelihood.chain"),
    "chain of one": (constant("chain", '"A"'), "likelihood.chain"),
    "lengths out of order": (constant("shortest", "60"), "chains"),
    "temperatures out of order": (constant("temperature", "6.0"), "ladder.hottest"),
    "burn-in between swaps": (constant("burn_in", "2005"), "sampler"),
    "diffusion times out of order": (constant("shortest_time", "2.0"), "diffusion"),
    "heads do not divide": (constant("heads", "5"), "architecture"),
    "the same seed twice": (constant("seeds", "[0, 1, 0]"), "training"),
    "no seed": (constant("seeds", "[]"), "training"),
    "no block": (constant("blocks", "0"), "architecture.blocks"),
    "flow times out of order": (constant("start_time", "1.5"), "likelihood"),
    "network too short": (constant("positions", "49"), "architecture.positions"),
    "reads more than there are": (put("sequences = { value = 1999,", "sequences = { value = 2000,"), "readout.sequences"),
    "no query time": (constant("query_times", "[]"), "inversion"),
    "the same query time twice": (constant("query_times", "[0.1, 0.1]"), "inversion"),
    "half a pair in a batch": (small("training", assumed("noise", '"antithetic"') + "\n" + assumed("batch", 255)), "training"),
    "a temperature that is not higher": (constant("higher_temperatures", "[0.1, 0.05]"), "likelihood.higher_temperatures[1]"),
    # tagged tables
    "another kind": (tagged("training.optimiser", "sgd"), "training.optimiser.kind"),
    "a kind that is a number": (small("training.optimiser", assumed("kind", 3)), "training.optimiser.kind"),
    "a bare kind": (small("training.optimiser", 'kind = "adamw"'), "training.optimiser.kind"),
    "a kind without a value": (small("training.optimiser", 'kind = { status = "stated" }'), "training.optimiser.kind"),
    "a constant for a tagged table": (small("training", assumed("optimiser", '"adamw"')), "training.optimiser"),
    "a number for a tagged table": (small("training", "optimiser = 3"), "training.optimiser"),
    "half of another kind": (tagged("training.optimiser", "muon-adamw", learning_rate=1e-3), "training.optimiser.weight_decay"),
    "a key of another kind": (small("training.optimiser", assumed("muon_learning_rate", 1.0)), "training.optimiser.muon_learning"),
    "no kind": (PAPER.replace('kind = { value = "adamw", status = "stated", where = "S3" }\n', ""), "training.optimiser.kind"),
    # tables that are replaced
    "nothing in place of a table": (SMALL + 'replace = ["hamiltonian.terms"]\n', "hamiltonian.terms"),
    "no terms in place of terms": (SMALL + 'replace = ["hamiltonian.terms"]\n[hamiltonian.terms]\n', "hamiltonian"),
    "half a term in place of terms": (replacing() + "[hamiltonian.terms.AA]\n", "hamiltonian.terms.AA.separation"),
    "replacing another table": (SMALL + 'replace = ["hamiltonian"]\n', "replace"),
    "replacing what is no path": (SMALL + "replace = [3]\n", "replace"),
    "replacing with a string": (SMALL + 'replace = "hamiltonian.terms"\n', "replace"),
    "replacing without extending": (put('name = "paper"\nreplace = ["hamiltonian.terms"]', 'name = "paper"'), "replace"),
    # facts
    "facts are a number": (f"{SMALL}facts = 3\n", "facts"),
    "a bare fact": (small("facts", 'boundary = "open"'), "facts.boundary"),
    "a fact that is a number": (small("facts", assumed("boundary", 3)), "facts.boundary"),
    "contradiction in a change": (small("sampler", assumed("thinning", 15)), "sampler"),
    # the wrong file
    "not TOML": (PAPER + "\n= 3\n", ""),
    "duplicate key": (put(REPLICAS + "\n" + REPLICAS), ""),
    "duplicate section": (PAPER + "\n[chains]\n", ""),
    "not UTF-8": (PAPER.encode() + b"# \xe9\n", ""),
    "UTF-16": (PAPER.encode("utf-16"), ""),
    "zero byte": (PAPER.encode() + b"\0", ""),
    "extends of itself": ('extends = "mine.toml"\nname = "x"\n', "extends"),
    "extends of a path": ('extends = "./paper.toml"\nname = "x"\n', "extends"),
    "extends of a path above": ('extends = "../paper.toml"\nname = "x"\n', "extends"),
    "extends of a number": ('extends = 3\nname = "x"\n', "extends"),
    "extends of a list": ('extends = ["paper.toml"]\nname = "x"\n', "extends"),
    "control characters in a key": (put('"a\\nb\\u2028\\u0085c" = 1\n' + REPLICAS), "ladder.a b c"),
}  # fmt: skip


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
        "hamiltonian.terms.L_AB: None → {'name': 'L_AB', 'separation': 3, 'pair': 'BA', 'coupling': 0.125}",
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


def toml(value: Any) -> str:
    """Write plain data as TOML; tables inline."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | str) else repr(value)


def document(data: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key, ensure_ascii=False)} = {toml(value)}\n" for key, value in data.items())


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=6)
scalars = st.booleans() | st.integers() | st.sampled_from([10**400, -(2**63)]) | st.floats() | text
junk = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=4)
known_words = st.sampled_from(
    ["value", "status", "where", "why", "name", "terms", "extends", "paper.toml", "stated", "assumed", "AB"]
)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """The published spec with up to three places deleted, replaced, renamed or filled with junk."""
    data = tomllib.loads(PAPER)
    for _ in range(draw(st.integers(1, 3))):
        table = data
        while True:
            key = draw(st.sampled_from(sorted(table)))
            if not isinstance(table[key], dict) or not table[key] or draw(st.integers(0, 3)) == 0:
                break
            table = table[key]
        match draw(st.sampled_from(["delete", "replace", "rename", "insert", "repeat"])):
            case "delete":
                del table[key]
            case "replace":
                table[key] = draw(junk | known_words)
            case "rename":
                table[draw(text | known_words)] = table.pop(key)
            case "insert":
                table[draw(text | known_words)] = draw(junk | known_words)
            case "repeat":
                table[draw(text | known_words)] = table[key]
        if not data:
            break
    return data


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
