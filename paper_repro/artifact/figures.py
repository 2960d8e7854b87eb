"""The figures of a run, as PNG and as SVG, from its results alone."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from paper_repro.artifact.claims import values_at
from paper_repro.files import write_bytes
from paper_repro.physics import chain
from paper_repro.spec import Published, Spec

# Okabe and Ito's colours, which colour-blind readers can tell apart
_BLACK, _ORANGE, _SKY, _GREEN, _BLUE, _RED, _PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
_CYCLE = (_BLUE, _RED, _GREEN, _PURPLE, _ORANGE, _SKY)
_DASHES = ("-", "--", ":", "-.", (0, (5, 1)), (0, (1, 1)))


def _new(width: float = 6.4, panels: int = 1) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, 3.8), layout="constrained")
    axes = figure.subplots(1, panels)
    for axis in np.atleast_1d(axes):
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def ensemble(results: dict[str, Any], spec: Spec, _: Published) -> Figure:
    """Draw the lengths of the sequences and the bond cosines of each term (paper, Fig. 4)."""
    figure, (left, right) = _new(9.6, 2)
    for which, colour, mark in (("training", _BLUE, "o"), ("test", _RED, "s")):
        counts = np.array(results["sampling"][which]["lengths"], dtype=float)
        lengths = np.arange(len(counts))[counts > 0]
        left.plot(lengths, counts[counts > 0] / counts.sum(), mark, ms=4, color=colour, label=which)
    left.axhline(1 / (spec.chains.longest - spec.chains.shortest + 1), color=_BLACK, lw=0.8, label="uniform")
    left.set(xlabel="length N (sites)", ylabel="share of sequences", ylim=(0, None), title="sequences")
    left.legend(frameon=False)
    bonds = results["sampling"]["bond_cosines"]
    edges = np.array(bonds["edges"])
    for index, term in enumerate(spec.hamiltonian.terms):
        counts = np.array(bonds[term.name])
        if counts.sum():
            density = counts / counts.sum() / np.diff(edges)
            right.stairs(density, edges, color=_CYCLE[index % 6], ls=_DASHES[index % 6], lw=1.6, label=term.name)
    right.set(xlabel="S_i · S_j of the bond", ylabel="density", title=f"test snapshots at T = {spec.ladder.coldest:g}")
    right.legend(frameon=False)
    return figure


def training(results: dict[str, Any], _: Spec, __: Published) -> Figure:
    """Draw the loss of each training seed, averaged over epochs."""
    figure, axis = _new()
    for index, (seed, part) in enumerate(zip(results["seeds"], results["training"], strict=True)):
        losses = part["epoch_losses"]
        axis.plot(range(1, len(losses) + 1), losses, color=_CYCLE[index % 6], ls=_DASHES[index % 6], label=f"seed {seed}")
    axis.set(xlabel="epoch", ylabel="loss, mean over components of t (s - target)²", title="training")
    axis.legend(frameon=False)
    return figure


def table_1(results: dict[str, Any], spec: Spec, published: Published) -> Figure:
    """Draw the six ratios: truth, published, ours over the seeds."""
    figure, axis = _new()
    names = [term.name for term in spec.hamiltonian.terms]
    true, anchor = chain.couplings(spec.hamiltonian), chain.anchor(spec.hamiltonian)
    rows = np.arange(len(names))
    axis.plot(true / true[anchor], rows, "|", ms=22, mew=2, color=_BLACK, label="truth")
    claims = {claim.measured: claim.published for claim in published.claims}
    known = [
        (claims[f"inversion.ratios.{name}"], row)
        for name, row in zip(names, rows, strict=True)
        if f"inversion.ratios.{name}" in claims
    ]
    axis.plot(*zip(*known, strict=True), "D", ms=7, mfc="none", mew=1.5, color=_PURPLE, label="published")
    for index, seed in enumerate(results["seeds"]):
        pairs = [values_at(results, f"inversion.ratios.{name}")[index] for name in names]
        shift = 0.1 * (index - (len(results["seeds"]) - 1) / 2)
        values, errors = zip(*pairs, strict=True)
        axis.errorbar(values, rows + shift, xerr=errors, fmt="o", ms=4, color=_CYCLE[index % 6], label=f"ours, seed {seed}")
    axis.axvline(0, color=_BLACK, lw=0.6)
    axis.set_yticks(rows, names)
    axis.invert_yaxis()
    axis.set(xlabel=f"coupling over {names[anchor]}", title="Table 1")
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def interaction(results: dict[str, Any], spec: Spec, _: Published) -> Figure:
    """Draw |W_ij| against the separation: median and quartiles, linear and logarithmic (paper, Fig. 2)."""
    figure, (left, right) = _new(9.6, 2)
    for axis in (left, right):
        for index, (seed, part) in enumerate(zip(results["seeds"], results["readout"], strict=True)):
            r, quartiles = np.array(part["separations"]), np.array(part["quartiles"])
            axis.fill_between(r, quartiles[:, 0], quartiles[:, 2], color=_CYCLE[index % 6], alpha=0.2, lw=0)
            axis.plot(r, quartiles[:, 1], "o-", ms=3, color=_CYCLE[index % 6], label=f"median, seed {seed}")
        axis.axvline(spec.hamiltonian.range + 0.5, color=_BLACK, lw=0.8, ls=":")
        axis.set(xlabel="separation |i-j| (sites)", ylabel="|W_ij|")
    right.set_yscale("log")
    left.set_title("interaction matrix, quartiles shaded")
    right.set_title("the same, logarithmic")
    left.legend(frameon=False)
    return figure


def plateau(results: dict[str, Any], _: Spec, __: Published) -> Figure:
    """Draw αβE + ln p against the energy, with the exact -ln Z(αβ) (paper, Fig. 3)."""
    count = len(results["seeds"])
    figure, axes = _new(max(6.4, 4.8 * count), count)
    for axis, seed, part, flows in zip(
        np.atleast_1d(axes), results["seeds"], results["calibration"], results["likelihood"], strict=True
    ):
        if "failed" in part:
            axis.text(0.5, 0.5, part["failed"], ha="center", va="center", wrap=True, transform=axis.transAxes)
            axis.set(title=f"seed {seed}: no plateau")
            continue
        beta = part["beta_effective"]["value"]
        for index, flow in enumerate(flows):
            energies = np.array(flow["energies"])
            invariant = beta * energies + np.array(flow["log_likelihoods"], dtype=float)
            axis.plot(
                energies,
                invariant,
                "os^Dv*"[index % 6],
                ms=4,
                mfc="none",
                color=_CYCLE[index % 6],
                label=f"T = {flow['temperature']:g}",
            )
        axis.axhline(-part["ln_z"]["value"], color=_BLACK, lw=1.2, label="plateau")
        axis.axhline(-part["exact_ln_z"]["value"], color=_RED, lw=1.2, ls="--", label="exact -ln Z(αβ)")
        axis.axvline(part["threshold"], color=_BLACK, lw=0.6, ls=":", label="low-energy set")
        axis.set(xlabel="energy E (J_AA)", ylabel="αβE + ln p", title=f"seed {seed}, α = {part['alpha']['value']:.3f}")
        axis.legend(frameon=False, fontsize="small")
    return figure


def thermodynamic_integration(results: dict[str, Any], _: Spec, __: Published) -> Figure:
    """Draw the mean energy against β, by Monte Carlo."""
    figure, axis = _new()
    part = results["thermodynamic_integration"]
    axis.errorbar(
        part["betas"], part["mean_energies"], yerr=part["standard_errors"], fmt="o", ms=3, color=_BLUE, label="Monte Carlo"
    )
    axis.set(xlabel="β (1/J_AA)", ylabel="⟨H⟩ (J_AA)", title="thermodynamic integration")
    axis.legend(frameon=False)
    return figure


#: Each figure: its name, what it needs of the results, and how it is drawn.
FIGURES: tuple[tuple[str, tuple[str, ...], Callable[[dict[str, Any], Spec, Published], Figure]], ...] = (
    ("ensemble", ("sampling",), ensemble),
    ("training", ("training",), training),
    ("table_1", ("inversion",), table_1),
    ("interaction", ("readout",), interaction),
    ("plateau", ("calibration", "likelihood"), plateau),
    ("thermodynamic_integration", ("thermodynamic_integration",), thermodynamic_integration),
)


def draw_all(folder: Path, results: dict[str, Any], spec: Spec, published: Published) -> list[str]:
    """Write every figure that the results allow to ``folder``/figures, and return their names."""
    drawn = []
    for name, needs, draw in FIGURES:
        if all(need in results for need in needs):
            figure = draw(results, spec, published)
            figure.text(0.998, 0.004, f"run of spec {spec.name!r}", ha="right", va="bottom", fontsize=6)
            for kind in ("png", "svg"):
                stream = io.BytesIO()
                metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {}
                figure.savefig(stream, format=kind, dpi=150, metadata=metadata)
                write_bytes(folder / f"figures/{name}.{kind}", stream.getvalue())
            drawn.append(name)
    return drawn
