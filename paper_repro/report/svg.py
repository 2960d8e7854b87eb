"""Figures within a page: an SVG whose text can be selected, and whose colours are those of the page."""

import re
from xml.etree import ElementTree as ET

from paper_repro.report.colours import ON_DARK

_REFERENCE = re.compile(r"#([\w.-]+)")
_COLOUR = re.compile("#[0-9a-f]{6}", re.IGNORECASE)


def variable(colour: str) -> str:
    """Return the name of the CSS variable that stands for a colour, such as ``--c0072b2``."""
    return f"--c{colour[1:].lower()}"


def inline(image: bytes, name: str, alt: str) -> str:
    """Return the SVG of a figure as an element of an HTML page, with ``alt`` as its accessible name.

    Every text in it is escaped. Identifiers, which a page shares, get the ``name`` of the figure; the colours of ``colours`` become
    variables of the page.
    Raises ``ValueError`` for anything but an SVG with a view box.
    """
    root = ET.fromstring(image)  # noqa: S314  (drawn by report.figures a moment ago)
    if _local(root.tag) != "svg" or "viewBox" not in root.attrib:
        raise ValueError(f"figure {name}: {root.tag}; expected an SVG with a view box")
    for part in [*root.findall("{*}metadata"), *root.findall("{*}defs[{*}style]")]:
        root.remove(part)
    used = set(_REFERENCE.findall(" ".join(value for part in root.iter() for value in part.attrib.values())))
    for part in root.iter():
        part.tag = _local(part.tag)
        part.attrib = {_local(key): _attribute(_local(key), value, name, used) for key, value in part.attrib.items()}
        if part.attrib.get("id") == "":
            del part.attrib["id"]
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": alt}
    return ET.tostring(root, encoding="unicode")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _attribute(key: str, value: str, name: str, used: set[str]) -> str:
    """Return an attribute for the page: identifiers that nothing refers to are empty."""
    if key == "id":
        return f"{name}-{value}" if value in used else ""
    if key == "href" and value.startswith("#"):
        return f"#{name}-{value[1:]}"
    if key == "clip-path":
        return value.replace("url(#", f"url(#{name}-")
    return _COLOUR.sub(_as_variable, value) if key == "style" else value


def _as_variable(found: re.Match[str]) -> str:
    colour = found[0].upper()
    return f"var({variable(colour)})" if colour in ON_DARK else found[0]
