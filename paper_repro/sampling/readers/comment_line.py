"""The comment line of extended xyz: key=value pairs, and what their values mean."""

import re

from paper_repro.files import InputError

#: A key and its value, as far as it goes: quantifiers do not go back, so that time and memory are those of the line.
_PAIR = re.compile(
    r"""\s*(?P<key>"(?:[^"\\]|\\.)*+"|[^\s="]++)
        (?:\s*+=\s*+(?P<value>"(?:[^"\\]|\\.)*+"|'[^']*+'|\{[^{}]*+\}|\[(?:[^\[\]]|\[[^\[\]]*+\])*+\]|[^\s"'{}\[\]][^\s]*+))?(?=\s|$)""",
    re.VERBOSE,
)
_TRUTH = {"T": True, "F": False, "true": True, "false": False, "True": True, "False": False, "1": True, "0": False}
_COLUMNS = re.compile(r"[^\s:]+:[RISL]:[1-9]\d{0,3}(?::[^\s:]+:[RISL]:[1-9]\d{0,3})*")


def pairs(line: str, where: str) -> dict[str, str]:
    """Return the pairs of a comment line, keys in small letters; a key without a value is "T".

    Quotes and outer brackets are taken off. Raises ``InputError`` for a line that is something else, or has a key twice.
    """
    found: dict[str, str] = {}
    text, start = line.strip(), 0
    while start < len(text):
        match = _PAIR.match(text, start)
        if match is None:
            expected = "key=value pairs, such as Properties=species:S:1:pos:R:3:spins:R:3"
            raise InputError(where, f"comment line with {text[start:].lstrip()[:40]!r}", expected)
        key, value = match["key"].strip('"').casefold(), match["value"]
        if key in found:
            raise InputError(where, f"{key} twice in the comment line", "each key once")
        found[key] = "T" if value is None else (value[1:-1] if value[0] in "\"'{[" else value)
        start = match.end()
    return found


def columns(properties: str, where: str) -> dict[str, tuple[str, int, int]]:
    """Return the type, the first column and the number of columns of each property, as ``Properties`` lists them."""
    if len(properties) > 10_000 or not _COLUMNS.fullmatch(properties):
        raise InputError(where, f"Properties={properties[:60]}", "name:type:columns, and so on, types R, I, S or L")
    words = properties.split(":")
    found: dict[str, tuple[str, int, int]] = {}
    first = 0
    for name, kind, count in zip(words[::3], words[1::3], map(int, words[2::3]), strict=True):
        if name in found:
            raise InputError(where, f"the property {name} twice", "each property once")
        found[name] = (kind, first, count)
        first += count
    return found


def numbers(text: str) -> list[float]:
    """Return the numbers of a value, separated by blanks or commas, brackets ignored; raises ``ValueError`` for something else."""
    return [number(word) for word in re.sub(r"[\[\],]", " ", text).split()]


def number(word: str) -> float:
    """Return a number as text writes it; raises ``ValueError`` for what Python alone takes for one, such as 1_000."""
    if "_" in word:
        raise ValueError(f"{word!r} is no number")
    return float(word)


def truths(text: str) -> list[bool]:
    """Return the logical values of a value; raises ``KeyError`` for something else."""
    return [_TRUTH[word] for word in re.sub(r"[\[\],]", " ", text).split()]
