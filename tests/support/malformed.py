"""Specs that are no specs: one for each kind of mistake, with the place that its line must name; and any others, by Hypothesis."""

import json
import re
import tomllib
from typing import Any

from hypothesis import strategies as st

from paper_repro.spec import specs_folder

PAPER = (specs_folder() / "paper.toml").read_text(encoding="utf-8")
REPLICAS = next(line for line in PAPER.splitlines() if line.startswith("replicas = "))
SMALL = 'extends = "paper.toml"\nname = "small"\n'
TERMS = re.compile(r"\[hamiltonian\.terms\.J_AA\].*?(?=\[target\])", re.DOTALL)


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
    "true for a choice": (constant("draw", "true"), "chains.draw"),
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
    "half a term in place of terms": (replacing() + "[hamiltonian.terms.AA]\n", "hamiltonian.terms.AA.coupling"),
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
