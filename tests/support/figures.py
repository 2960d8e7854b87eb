"""Reports with one figure of eight, the others of which take four seconds; those of the same results are drawn once."""

from collections.abc import Callable

import pytest

from paper_repro.pipeline.manifest import key_of
from paper_repro.spec import digest
from paper_repro.studies.reproduction import results_file
from paper_repro.studies.reproduction.figures import draw
from paper_repro.studies.reproduction.subject import Subject

ALL_FIGURES = draw.FIGURES
DRAWN = ALL_FIGURES[-1:]
_KEPT: dict[str, dict[str, bytes]] = {}


def _drawn_once(draw_all: Callable[[Subject], dict[str, bytes]]) -> Callable[[Subject], dict[str, bytes]]:
    def drawn(subject: Subject) -> dict[str, bytes]:
        key = key_of(results_file.as_json(subject.results).decode(), digest(subject.spec), len(draw.FIGURES))
        if key not in _KEPT:
            _KEPT[key] = draw_all(subject)
        return _KEPT[key]

    return drawn


def draw_one(patch: pytest.MonkeyPatch) -> None:
    """Let reports have one figure until the end of the patch."""
    patch.setattr(draw, "FIGURES", DRAWN)
    patch.setattr(draw, "draw_all", _drawn_once(draw.draw_all))
