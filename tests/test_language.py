"""The documents, help texts, docstrings, comments and messages are free of idioms that are not those of a physics journal."""

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: What to write instead of each idiom.
IDIOMS = {
    r"\b(?:is|are|was|were|be|been) (?:told|asked)\b(?! apart)": "know, is given, takes",
    r"\b(?:had|made) again\b": "reproduced, recomputed",
    r"\bwhat (?:\w+ ){1,4}leaves\b(?! out)": "the remaining …, persists",
    r"\bbeside\b": "compared with, next to, and",
    r"\bgo(?:es)? on (?:where|with|from)\b": "continues",
    r"\b(?:of|with) one's own\b": "your own, user-defined",
    r"\bwhat (?:is|are) none\b": "invalid content",
    r"\bsays\b": "states, reports, gives, names, means",
    r"\b(?:is|are) said\b": "is stated, is reported",
    r"\bin the place of\b": "instead of",
    r"\bat hand\b": "available",
}


def prose_of(path):
    """The text of a file that people read: all of a document, of code its comments and strings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text.splitlines()
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    kinds = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)}
    return [line for token in tokens if token.type in kinds for line in token.string.splitlines()]


def found_in(lines):
    return [(line.strip(), instead) for line in lines for idiom, instead in IDIOMS.items() if re.search(idiom, line)]


def texts():
    documents = [path for folder in (".", "docs", "golden", "benchmarks") for path in (ROOT / folder).glob("*.md")]
    code = [path for folder in ("paper_repro", "tools", "benchmarks", "examples") for path in (ROOT / folder).rglob("*.py")]
    return sorted({*documents, *code, *(ROOT / "specs").rglob("*.toml")} - {ROOT / "NOTE-FROM-THE-FOUNDER.md"})


def test_no_text_has_an_idiom_of_ours():
    paths = texts()
    assert len(paths) > 300
    found = [f"{path.relative_to(ROOT)}: {line} → {instead}" for path in paths for line, instead in found_in(prose_of(path))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "estimators that are told the six terms",
        "every number says how far it can be had again",
        "damaged files are made again",
        "what a better training leaves of the deviation",
        "the value stands beside the truth",
        "it goes on where it stopped",
        "a term of one's own",
        "raises InputError for what is none",
        "where it differs, the report says so",
        "the last column says how many there are",
        "that is said once",
        "in the place of a letter",
        "with the weights at hand",
    ],
)
def test_each_idiom_is_found(line):
    """The broken twins."""
    assert found_in([line])
