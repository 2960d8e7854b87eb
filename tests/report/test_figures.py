"""Figures of 1 to 20 terms: everything that is written in them lies inside, and no two labels of an axis overlap."""

import itertools
import json
import os
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.text import Text

from paper_repro.report import colours
from paper_repro.report.figures import (
    argument,
    compared,
    curves,
    ensemble,
    interaction,
    intervals,
    mean_energy,
    plateau,
    ratios,
    sampling,
    scaling,
    style,
)
from paper_repro.report.figures.ratios import Estimates
from paper_repro.report.figures.spins import Chain

RNG = np.random.default_rng(7)


def spins(sites):
    vectors = RNG.normal(size=(sites, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def names(count):
    return [f"J_{'ABCDEFGHIJ'[k % 10]}{'ABCDEFGHIJ'[k // 10]}" for k in range(count)]


def networks_with(terms):
    """The names of three trainings and the authors' network; with twelve terms, of ten trainings."""
    return [*(f"seed {k}" for k in range(10 if terms == 12 else 3)), "authors' weights"]


def estimates(count):
    named = networks_with(count)
    return [Estimates(name, RNG.normal(size=count), np.full(count, 0.1), reference=name is named[-1]) for name in named]


def chain(sites, species):
    return Chain("".join(species[k % len(species)] for k in range(sites)), spins(sites))


def of_argument(terms, sites, species):
    w = RNG.normal(size=(2, sites, sites))
    force = RNG.normal(size=(2, sites, 3))
    data = (w[0], w[1], force[0], force[1], names(terms), RNG.normal(size=terms) * 20, estimates(terms))
    return lambda: argument.draw(argument.Argument(chain(sites, species), species, "seed 0", *data))


def of_ensemble(terms, sites, species):
    edges = np.linspace(-1, 1, 41)
    lengths = np.arange(max(2, sites - 5), sites + 1, dtype=float)
    sets = [ensemble.Lengths(name, lengths, RNG.integers(1, 50, len(lengths)).astype(float)) for name in ("training", "test")]
    bonds = [ensemble.Histogram(name, edges, RNG.integers(1, 50, 40).astype(float)) for name in names(terms)]
    forces = [ensemble.Histogram("exact", np.linspace(0, 9, 41), RNG.integers(1, 50, 40).astype(float), truth=True)]
    chains = [chain(length, species) for length in (2, sites // 2 + 1, sites)]
    return lambda: ensemble.draw(ensemble.Ensemble(sets, bonds, forces, chains, species))


def of_ratios(terms, *_):
    published = np.full(terms, np.nan)
    data = ratios.Ratios(names(terms), RNG.normal(size=terms), published, estimates(terms), "coupling / J_AA")
    return lambda: ratios.draw(data)


def of_interaction(terms, sites, _):
    separations = np.arange(1.0, sites)
    decays = [interaction.Decay(name, separations, RNG.uniform(0.01, 9, (sites - 1, 3))) for name in networks_with(terms)]
    data = interaction.Interaction(decays, np.arange(terms) % 4 + 1.0, RNG.uniform(0, 20, terms))
    return lambda: interaction.draw(data)


def of_plateau(count, *_):
    groups = [plateau.Group(f"T = {t:g}", RNG.uniform(-9, -2, 20), RNG.normal(size=20)) for t in (0.05, 0.1, 0.2, 0.4)]
    networks = [plateau.Plateau(f"{name}, α = 0.650", groups, -1.2, 0.3, -5.0) for name in networks_with(count)[-count:]]
    return lambda: plateau.draw(networks)


def of_sampling(*_):
    swaps = [sampling.SwapRates(name, np.geomspace(0.05, 5, 9), RNG.uniform(0.2, 1, 9)) for name in ("training set", "test set")]
    correlation = sampling.Correlation("energy", np.arange(30.0) * 10, np.exp(-np.arange(30.0)), np.full(30, 0.01))
    edges = np.linspace(-6, 6, 61)
    scores = sampling.Scores(edges, np.round(900 * np.exp(-(edges[1:] ** 2) / 2)))
    return lambda: sampling.draw(sampling.Sampling(swaps, [correlation], 100.0, scores))


def of_curves(count, *_):
    data = [curves.Curve(f"seed {k}", np.geomspace(1, 0.4, 2 + 10 * k)) for k in range(min(count, 6))]
    return lambda: curves.draw(curves.Curves(data, "epoch", "loss"))


def of_mean_energy(*_):
    betas = np.linspace(0, 20, 11)
    return lambda: mean_energy.draw(mean_energy.MeanEnergy(betas, -betas, np.full(11, 0.1), -betas + 0.1))


def of_intervals(terms, *_):
    values, kinds = RNG.normal(size=terms), [("present", "undecided", "absent")[k % 3] for k in range(terms)]
    of_kinds = {"present": colours.GREEN, "undecided": colours.ORANGE, "absent": colours.GREY}
    labels = [f"dzyaloshinskii_moriya {k} Fe-Co z" for k in range(terms)]
    return lambda: intervals.draw(intervals.Intervals(labels, values, values - 0.1, values + 0.2, kinds, of_kinds, "β × coupling"))


def of_compared(classes, *_):
    values = RNG.uniform(-1, 1, classes)
    data = compared.Compared(np.arange(1.0, classes + 1), values, np.full(classes, 0.02), values + 0.03, "separation", "⟨S·S⟩")
    return lambda: compared.draw(data)


def of_scaling(terms, *_):
    sizes = np.array([1.0, 2.0, 5.0, 10.0]) * terms**3
    widths = RNG.uniform(0.5, 2, terms) * 0.3 / np.sqrt(sizes)[:, None]
    return lambda: scaling.draw(scaling.Scaling(sizes, widths, 0.01, "snapshots", "half-width / largest coupling"))


#: Terms, sites and species of a law.
CASES = {1: (1, 4, "A"), 2: (2, 2, "AB"), 6: (6, 50, "AB"), 12: (12, 9, "ABC"), 20: (20, 200, "ABCD")}
#: Each figure with the numbers of terms, or of networks, for which it is drawn.
FIGURES = {
    "argument": (of_argument, CASES), "ensemble": (of_ensemble, CASES), "ratios": (of_ratios, CASES),
    "interaction": (of_interaction, CASES), "plateau": (of_plateau, (1, 2, 6, 12)), "curves": (of_curves, (1, 6)),
    "sampling": (of_sampling, (6,)), "mean_energy": (of_mean_energy, (6,)),
    "intervals": (of_intervals, CASES), "compared": (of_compared, (1, 2, 6)), "scaling": (of_scaling, (1, 6, 20)),
}  # fmt: skip


def tick_labels(axis):
    """The labels of the ticks of an axis, and those of ticks within its limits, which are drawn."""
    low, high = sorted(axis.get_view_interval())
    room = 1e-9 * (high - low)
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    drawn = [tick.label1 for tick in ticks if low - room <= tick.get_loc() <= high + room and tick.label1.get_visible()]
    return [label for tick in ticks for label in (tick.label1, tick.label2)], drawn


def faults(figure):
    """What is written outside of a figure, labels of one axis that overlap, and titles of one panel."""
    figure.canvas.draw()
    renderer, edge = figure.canvas.get_renderer(), figure.bbox.padded(1)
    axes = list(itertools.chain.from_iterable((panel.xaxis, panel.yaxis) for panel in figure.axes))
    labels = [tick_labels(axis) for axis in axes]
    hidden = {label for every, drawn in labels for label in every if label not in drawn}
    found = []
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and text not in hidden:
            box = text.get_window_extent(renderer)
            if box.width and not (edge.x0 <= box.x0 and box.x1 <= edge.x1 and edge.y0 <= box.y0 and box.y1 <= edge.y1):
                found.append(f"{text.get_text()!r} reaches over the edge")
    titles = [(panel._left_title, panel.title, panel._right_title) for panel in figure.axes]
    for drawn in (*(drawn for _, drawn in labels), *titles):
        for one, other in itertools.pairwise(label for label in drawn if label.get_text()):
            if one.get_window_extent(renderer).overlaps(other.get_window_extent(renderer)):
                found.append(f"{one.get_text()!r} overlaps {other.get_text()!r}")
    return found


def checked(draw):
    """Draw a figure, and look at it."""
    with style.settings("check"):
        figure = draw()
        style.FigureCanvasAgg(figure)
        return faults(figure)


@pytest.mark.parametrize(("name", "case"), [(name, case) for name, (_, cases) in FIGURES.items() for case in cases])
def test_everything_that_is_written_fits(name, case):
    assert checked(FIGURES[name][0](*CASES[case])) == []


def test_what_does_not_fit_is_seen():
    """The broken twin: a legend beyond the edge, tick labels upon each other, a letter upon a title."""

    def draw():
        figure = style.figure(2.0)
        figure.set_layout_engine("none")
        axes = figure.subplots()
        axes.plot([0, 1], label="a long name of a term")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        axes.set_xticks(np.linspace(0, 1, 60))
        axes.set_title("(a)", loc="left")
        axes.set_title("a title as long as its panel is wide, " * 3)
        return figure

    found = checked(draw)
    assert any(line.startswith("'(a)' overlaps") for line in found)
    assert any("reaches over" in line for line in found)
    assert any("overlaps" in line for line in found)


def test_each_of_many_things_has_its_own_look():
    looks = [style.look(index) for index in range(12)]
    assert len({(look.colour, look.mark) for look in looks}) == 12  # points have no dash
    assert len({(look.colour, look.dash) for look in looks}) == 12


def test_panels_without_data_are_left_out():
    swaps = [sampling.SwapRates("training set", np.geomspace(0.05, 5, 9), np.full(9, 0.5))]
    assert len(sampling.draw(sampling.Sampling(swaps, [], 100.0, None)).axes) == 1
    betas = np.linspace(0, 20, 11)
    assert len(mean_energy.draw(mean_energy.MeanEnergy(betas, -betas, np.full(11, 0.1), None)).axes) == 1


def test_a_figure_is_the_same_bytes_twice_and_changes_no_setting_of_the_process():
    before = dict(mpl.rcParams)
    first, second = (style.images("ratios", of_ratios_fixed) for _ in range(2))
    assert first == second
    assert first["ratios.png"].startswith(b"\x89PNG")
    assert "<svg" in first["ratios.svg"].decode()
    assert dict(mpl.rcParams) == before


def of_ratios_fixed():
    values = np.linspace(-1, 1, 6)
    networks = [Estimates(f"seed {k}", values + 0.1 * k, np.full(6, 0.05)) for k in range(2)]
    return ratios.draw(ratios.Ratios(names(6), values, np.full(6, np.nan), networks, "coupling / J_AA"))


_DIGEST = """
import hashlib, json
from paper_repro.report import colours
from paper_repro.report.figures import style
from tests.report.test_figures import of_ratios_fixed
files = style.images("ratios", of_ratios_fixed)
print(json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in files.items()}))
"""


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize(
    ("settings", "environment"),
    [
        ("", {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}),
        ("", {"MPLBACKEND": "no such backend"}),
        ("text.usetex: True\nfont.size: 30\naxes.facecolor: black\nsavefig.bbox: tight\nsvg.fonttype: path", {}),
        ("backend: no such backend\nno such setting: 1", {}),
    ],
)
def test_no_backend_style_or_setting_of_the_user_changes_a_figure(settings, environment, tmp_path):
    (tmp_path / "matplotlibrc").write_text(settings)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MPL")}
    ours = plain | environment | {"MATPLOTLIBRC": str(tmp_path)}
    found = [
        json.loads(subprocess.run([sys.executable, "-c", _DIGEST], env=env, capture_output=True, text=True, check=True).stdout)  # noqa: S603
        for env in (plain, ours)
    ]
    assert found[0] == found[1]
