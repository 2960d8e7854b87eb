"""Every number has its class, and a machine with another processor gives what the class says."""

import json
import os
import platform
import subprocess
import sys

import pytest

from paper_repro.pipeline import codec
from paper_repro.studies.reproduction.determinism import CLOSE, EXACT, STATISTICAL, class_of
from paper_repro.studies.reproduction.paths import resolve
from paper_repro.studies.reproduction.results import Results
from paper_repro.studies.reproduction.results_file import CONVERTER
from tests.support.commands import command

#: A processor without what this one has beyond the first of its kind, for each library that looks.
_OLD_PROCESSOR = {
    "NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": "", "OPENBLAS_CORETYPE": "Prescott", "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
}  # fmt: skip


def usable_features() -> str:
    """What numpy chooses by the processor, all of it."""
    from numpy._core._multiarray_umath import __cpu_dispatch__  # noqa: PLC0415

    return " ".join(__cpu_dispatch__)


_PROGRAM = """
import sys
from paper_repro import cli
from paper_repro.studies.reproduction.figures import draw
draw.FIGURES = ()
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def runs(tiny, golden, tmp_path_factory):
    """The tiny run on this processor, and on one of another kind; a given network stands for the authors'; no figures."""
    folder = tmp_path_factory.mktemp("elsewhere")
    here, there = folder / "here", folder / "there"
    arguments = ["reproduce", str(tiny), "--authors-weights", str(golden / "weights/smoke-seed-0.safetensors"), "--out"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("paper_repro.studies.reproduction.figures.draw.FIGURES", ())
        assert command(*arguments, here)[0] == 0
    old = {**_OLD_PROCESSOR, "NPY_DISABLE_CPU_FEATURES": usable_features(), "NUMBA_CACHE_DIR": str(folder / "cache")}
    program = [sys.executable, "-c", _PROGRAM, *arguments, str(there)]
    done = subprocess.run(program, env={**os.environ, **old}, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return here, there


@pytest.fixture(scope="module")
def elsewhere(runs):
    """The results of both runs."""
    return [json.loads((run / "results.json").read_text()) for run in runs]


def numbers(results, path=""):
    """Yield each number of the results with its path."""
    if isinstance(results, dict):
        for key, value in results.items():
            yield from numbers(value, f"{path}.{key}" if path else key)
    elif isinstance(results, list):
        for index, value in enumerate(results):
            yield from numbers(value, f"{path}[{index}]")
    elif isinstance(results, int | float) and not isinstance(results, bool):
        yield path, results


def difference(first, second):
    return abs(first - second) / max(abs(first), abs(second)) if first != second else 0.0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the settings that leave out parts of a processor are those of x86-64")
def test_another_processor_gives_what_the_class_says(elsewhere):
    here, there = (dict(numbers(results)) for results in elsewhere)
    assert here.keys() == there.keys()
    assert len(here) > 2000
    wrong = {}
    seen = dict.fromkeys(map(str, (EXACT, CLOSE, class_of("authors.x"), STATISTICAL)), 0)
    for path, value in here.items():
        kind = class_of(path)
        seen[str(kind)] += 1
        if kind.tolerance is not None and difference(value, there[path]) > kind.tolerance:
            wrong[path] = value, there[path]
    assert wrong == {}
    assert min(seen.values()) > 10
    assert any(value != there[path] for path, value in here.items())  # it is another processor


def test_what_is_statistical_is_another_draw_within_its_error(elsewhere):
    here, there = (codec.build(results, Results, "results.json", CONVERTER) for results in elsewhere)
    for path in ("inversion.cosine", "inversion.r2", "inversion.scale", "inversion.ratios.J_AB"):
        measured = resolve(path, Results, ["J_AB"])
        ours = measured.of_trained(here)
        for one, other in zip(ours, measured.of_trained(there), strict=True):
            assert abs(one.value - other.value) < one.standard_error
        assert len({one.value for one in ours}) == len(ours)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("inversion[2].equations.value", EXACT),
        ("inversion[0].cosine.value", STATISTICAL),
        ("sampling.test.swap_rates[3]", CLOSE),
        ("sampling.test.lengths[3]", EXACT),
        ("verdicts[1].value", STATISTICAL),
    ],
)
def test_classes_by_path(path, kind):
    assert class_of(path) == kind


def test_the_report_names_a_class_for_every_section_with_numbers(runs):
    page = (runs[0] / "report.html").read_text()
    parts = page.split("<h2 ")[1:]
    assert len(parts) == 14
    for part in parts:
        title = part.partition("</h2>")[0].partition(">")[2]
        assert title == "Assumptions" or '<p class="note">Determinism: ' in part
    assert "on one machine, all numbers are bit-identical" in page
    assert json.loads((runs[0] / "results.json").read_text())["determinism"]["sampling.*"] == "to 1e-09 elsewhere"
