"""The figures of a run, as PNG and as SVG, from its results alone."""

import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, couplings_of, exchange_force, reference_coupling
from paper_repro.physics.species import as_species
from paper_repro.report.html import DOTS_PER_INCH
from paper_repro.spec import Published, Spec

# Okabe and Ito's colours, which colour-blind readers can tell apart
_BLACK, _ORANGE, _SKY, _GREEN, _BLUE, _RED, _PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
_CYCLE = (_BLUE, _RED, _GREEN, _PURPLE, _ORANGE, _SKY)
_DASHES = ("-", "--", ":", "-.", (0, (5, 1)), (0, (1, 1)))


def _new(width: float = 6.4, panels: int = 1, rows: int = 1) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, 3.8 * rows), layout="constrained")
    axes = figure.subplots(rows, panels)
    for axis in np.atleast_1d(axes).flat:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _plain(text: str) -> str:
    """Return a name out of a spec as a label shows it: a dollar sign begins no formula."""
    return text.replace("$", r"\$")


def _letter(axis: Any, letter: str) -> None:
    axis.text(-0.14, 1.04, f"({letter})", transform=axis.transAxes, fontsize="large")


def _networks(results: dict[str, Any], section: str) -> list[tuple[str, str, Any, Any]]:
    """Return (name, colour, line style, results) of each training seed, and of the authors' weights where they were asked."""
    found: list[tuple[str, str, Any, Any]] = [
        (f"seed {seed}", _CYCLE[index % 6], _DASHES[index % 6], part)
        for index, (seed, part) in enumerate(zip(results["seeds"], results[section], strict=True))
    ]
    if section in results["authors"]:
        found.append(("authors' weights", _BLACK, (0, (4, 1, 1, 1)), results["authors"][section]))
    return found


def _draw_chain(axis: Any, sequence: str, spins: Floats, identities: str, at: float = 0.0) -> None:
    """Draw the spins of a chain as arrows along it, in the plane in which they spread most; a mark and a colour for each letter."""
    _, _, axes = np.linalg.svd(spins - spins.mean(0), full_matrices=False)
    flat = spins @ axes[:2].T
    sites = np.arange(len(spins))
    arrows = axis.quiver(
        sites, np.full(len(spins), at), flat[:, 0], flat[:, 1],
        angles="uv", scale_units="inches", scale=2.6, units="inches", width=0.012, headwidth=4, color="#444444", zorder=3,
        clip_on=False,
    )  # fmt: skip
    arrows.set_in_layout(False)  # they may reach over the edge
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    for letter, colour, mark in zip(identities, _CYCLE * len(identities), "os^Dv*" * len(identities), strict=False):
        here = [site for site in sites if sequence[site] == letter]
        axis.plot(here, np.full(len(here), at), mark, ms=3, color=colour, zorder=2, label=_plain(letter))


def concept(results: dict[str, Any], spec: Spec, _: Published) -> Figure:
    """Draw the argument of the paper on one test chain: snapshot, W, force, couplings (paper, Fig. 1; from the run's data)."""
    figure, ((chain_axis, w_axis), (force_axis, c_axis)) = _new(9.6, 2, 2)
    seed, example = results["seeds"][0], results["readout"][0]["example"]
    sequence, spins, w = example["sequence"], np.array(example["spins"]), np.array(example["interaction"])
    codes, beta = as_species(sequence, spec.hamiltonian.species), spec.beta
    matrix = coupling_matrix(codes, spec.hamiltonian)
    shown = min(len(sequence), 24)
    _draw_chain(chain_axis, sequence[:shown], spins[:shown], spec.hamiltonian.species)
    chain_axis.set(ylim=(-1.8, 1.8), xlim=(-1.5, shown + 0.5), yticks=[], xlabel="site", title="snapshot in, identities known")
    chain_axis.legend(frameon=False, loc="lower right", ncols=2)
    both = np.where(np.tri(len(w), dtype=bool), w, beta * matrix)
    limit = beta * float(np.abs(matrix).max())
    image = w_axis.imshow(both, cmap="PuOr_r", vmin=-limit, vmax=limit)
    w_axis.set(xlabel="site j", ylabel="site i", title="below: W of the network; above: βJ")
    w_axis.spines[["top", "right"]].set_visible(True)
    w_axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    w_axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    figure.colorbar(image, ax=w_axis, shrink=0.85)
    exact, inferred = exchange_force(spins, matrix, beta).ravel(), np.array(example["force"]).ravel()
    edge = 1.05 * max(np.abs(exact).max(), np.abs(inferred).max())
    force_axis.plot([-edge, edge], [-edge, edge], color=_BLACK, lw=0.8, label="equal")
    force_axis.plot(exact, inferred, "o", ms=3, mfc="none", color=_BLUE, label=f"components, seed {seed}")
    force_axis.set(xlabel="exact force, β(I - SSᵀ)h", ylabel="score of the network at t → 0", title="the score is the force")
    force_axis.legend(frameon=False)
    names = [term.name for term in spec.hamiltonian.terms]
    rows = np.arange(len(names))
    true = beta * couplings_of(spec.hamiltonian)
    c_axis.bar(rows, true, 0.75, color="#DDDDDD", label="true βJ")
    for index, (name, colour, _dash, part) in enumerate(_networks(results, "inversion")):
        values = [part["couplings"][term]["value"] for term in names]
        c_axis.plot(rows + 0.12 * (index - 1.5), values, "os^D*v"[index % 6], ms=5, mfc="none", color=colour, label=name)
    c_axis.axhline(0, color=_BLACK, lw=0.6)
    c_axis.set_xticks(rows, map(_plain, names))
    c_axis.set(ylabel="coupling (dimensionless)", title="least squares: the couplings")
    c_axis.legend(frameon=False, fontsize="small")
    for axis, letter in zip((chain_axis, w_axis, force_axis, c_axis), "abcd", strict=True):
        _letter(axis, letter)
    return figure


def ensemble(results: dict[str, Any], spec: Spec, _: Published) -> Figure:
    """Draw lengths, bond cosines of each term, sizes of the force, and a few conformations (paper, Fig. 4)."""
    figure, ((left, right), (force_axis, shape_axis)) = _new(9.6, 2, 2)
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
            right.stairs(
                density, edges, color=_CYCLE[index % 6], ls=_DASHES[(index + index // 6) % 6], lw=1.6, label=_plain(term.name)
            )
    right.set(xlabel="S_i · S_j of the bond", ylabel="density", title=f"bonds of the test snapshots, T = {spec.temperature:g}")
    right.legend(frameon=False)
    if "readout" in results:
        for name, colour, dash, part in _networks(results, "readout"):
            edges = np.array(part["force_magnitudes"]["edges"])
            counts = np.array(part["force_magnitudes"]["inferred"])
            force_axis.stairs(counts / counts.sum() / np.diff(edges), edges, color=colour, ls=dash, lw=1.3, label=name)
        counts = np.array(results["readout"][0]["force_magnitudes"]["exact"])
        force_axis.stairs(counts / counts.sum() / np.diff(edges), edges, color="#BBBBBB", fill=True, zorder=0, label="exact")
        force_axis.set_xlim(0, edges[1:][np.cumsum(counts) <= 0.9995 * counts.sum()].max(initial=edges[2]))
        force_axis.legend(frameon=False)
    force_axis.set(xlabel="size of the force on a spin, β|(I - SSᵀ)h|", ylabel="density", title="forces of the test snapshots")
    for row, item in enumerate(results["sampling"]["conformations"]):
        _draw_chain(shape_axis, item["sequence"], np.array(item["spins"]), spec.hamiltonian.species, at=-4.0 * row)
        if row == 0:
            shape_axis.legend(frameon=False, loc="upper right", ncols=2)
        shape_axis.text(-1.5, -4.0 * row + 1.8, f"N = {len(item['sequence'])}", fontsize="small")
    shape_axis.set(
        xlabel="site", yticks=[], xlim=(-2, None), ylim=(-10.5, 3.2), title="snapshots: shortest, middle, longest test chain"
    )
    for axis, letter in zip((left, right, force_axis, shape_axis), "abcd", strict=True):
        _letter(axis, letter)
    return figure


def sampling(results: dict[str, Any], spec: Spec, _: Published) -> Figure:
    """Draw the evidence on the sampler: swap rates, autocorrelation, z of the energies, likeness of successive snapshots."""
    figure, ((rates, decay), (z_axis, overlap_axis)) = _new(9.6, 2, 2)
    part = results["sampling"]
    for which, colour, mark in (("training", _BLUE, "o"), ("test", _RED, "s")):
        ladder = np.array(part[which]["temperatures"], dtype=float)
        values = np.array(part[which]["swap_rates"], dtype=float)
        rates.plot(np.sqrt(ladder[1:] * ladder[:-1]), values, mark, ms=4, mfc="none", color=colour, label=f"{which} set")
    rates.set(
        xscale="log", ylim=(0, 1), xlabel="temperature (J_AA)", ylabel="accepted swaps", title="exchange of neighbouring replicas"
    )
    rates.legend(frameon=False)
    lines = (("energy", "energy", _BLUE, "-"), ("ends", "S_1 · S_N", _RED, "--"))
    for key, label, colour, dash in lines:
        found = part["training"].get(f"autocorrelation_of_{key}")
        if found is None:
            continue
        lags, values, errors = (np.array(found[name], dtype=float) for name in ("lags", "values", "errors"))
        upto = lags <= max(4 * found["window"], 2 * spec.sampler.thinning)
        decay.errorbar(lags[upto], values[upto], yerr=errors[upto], fmt="o" + dash, ms=3, color=colour, label=label)
    if spec.sampler.method == "exact":
        decay.text(0.5, 0.5, "independent samples", ha="center", transform=decay.transAxes)
    else:
        decay.axvline(spec.sampler.thinning, color=_BLACK, lw=0.8, ls=":", label="thinning")
    decay.axhline(0, color=_BLACK, lw=0.6)
    decay.set(xlabel="sweeps", ylabel="autocorrelation", title="at T₀, about the exact mean, training set")
    if decay.get_legend_handles_labels()[0]:
        decay.legend(frameon=False)
    counts = np.sum([part[which]["z_histogram"]["counts"] for which in ("training", "test")], axis=0)
    edges = np.array(part["test"]["z_histogram"]["edges"])
    centres = (edges[1:] + edges[:-1]) / 2
    z_axis.stairs(counts, edges, color=_BLUE, fill=True, alpha=0.4, label=f"{int(counts.sum()):,} sequences")
    normal = counts.sum() * np.diff(edges) * np.exp(-(centres**2) / 2) / np.sqrt(2 * np.pi)
    z_axis.plot(centres, normal, color=_BLACK, lw=1.2, label="standard normal")
    z_axis.set(xlabel="z = (mean energy - exact) / standard error", ylabel="sequences", title="mean energies", xlim=(-6, 6))
    z_axis.legend(frameon=False, fontsize="small")
    apart = "successive" if spec.sampler.method == "exact" else f"{spec.sampler.thinning} sweeps apart"
    for row, (key, label) in enumerate((("successive", apart), ("independent", "independent"))):
        found = part["test"].get(f"overlap_{key}")
        if found is not None:
            overlap_axis.errorbar([found["value"]], [row], xerr=[found["standard_error"]], fmt="os"[row], color=(_BLUE, _RED)[row])
            overlap_axis.text(found["value"], row + 0.12, label, ha="center")
    overlap_axis.xaxis.set_major_locator(MaxNLocator(5))
    overlap_axis.set(
        ylim=(-0.5, 1.6), yticks=[], xlabel="overlap after the best rotation or reflection", title="pairs of snapshots, test set"
    )
    for axis, letter in zip((rates, decay, z_axis, overlap_axis), "abcd", strict=True):
        _letter(axis, letter)
    return figure


def training(results: dict[str, Any], _: Spec, __: Published) -> Figure:
    """Draw the loss of each training seed, averaged over epochs."""
    figure, axis = _new()
    for index, (seed, part) in enumerate(zip(results["seeds"], results["training"], strict=True)):
        losses = part["epoch_losses"]
        axis.plot(range(1, len(losses) + 1), losses, color=_CYCLE[index % 6], ls=_DASHES[index % 6], label=f"seed {seed}")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set(xlabel="epoch", ylabel="loss, mean over components of t (s - target)²", title="training")
    axis.legend(frameon=False)
    return figure


def table_1(results: dict[str, Any], spec: Spec, published: Published) -> Figure:
    """Draw the six ratios: truth, published, ours over the seeds."""
    figure, axis = _new()
    names = [term.name for term in spec.hamiltonian.terms]
    true = couplings_of(spec.hamiltonian)
    anchor = reference_coupling(true)
    rows = np.arange(len(names))
    axis.plot(true / true[anchor], rows, "|", ms=22, mew=2, color=_BLACK, label="truth")
    claims = {claim.measured: claim.published for claim in published.claims}
    known = [
        (claims[f"inversion.ratios.{name}"], row)
        for name, row in zip(names, rows, strict=True)
        if f"inversion.ratios.{name}" in claims
    ]
    if known:
        axis.plot(*zip(*known, strict=True), "D", ms=7, mfc="none", mew=1.5, color=_PURPLE, label="published")
    networks = _networks(results, "inversion")
    for index, (name, colour, _dash, part) in enumerate(networks):
        found = [part["ratios"][term] for term in names]
        shift = 0.1 * (index - (len(networks) - 1) / 2)
        values, errors = [item["value"] for item in found], [item["standard_error"] or 0.0 for item in found]
        axis.errorbar(values, rows + shift, xerr=errors, fmt="os^v*D"[index % 6], ms=4, color=colour, label=name)
    axis.axvline(0, color=_BLACK, lw=0.6)
    axis.set_yticks(rows, map(_plain, names))
    axis.invert_yaxis()
    axis.set(xlabel=f"coupling over {_plain(names[anchor])}", title="Table 1")
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def interaction(results: dict[str, Any], spec: Spec, _: Published) -> Figure:
    """Draw |W_ij| against the separation: median and quartiles, with a logarithmic inset (paper, Fig. 2)."""
    figure, axis = _new(7.6)
    inset = axis.inset_axes((0.36, 0.34, 0.62, 0.62))
    for where in (axis, inset):
        for name, colour, dash, part in _networks(results, "readout"):
            r, quartiles = np.array(part["separations"]), np.array(part["quartiles"])
            where.fill_between(r, quartiles[:, 0], quartiles[:, 2], color=colour, alpha=0.15, lw=0)
            where.plot(r, quartiles[:, 1], marker="o", ms=3, color=colour, ls=dash, label=f"median, {name}")
        where.axvline(spec.hamiltonian.range + 0.5, color=_BLACK, lw=0.8, ls=":", label="range of H")
    inset.set_yscale("log")
    inset.spines[["top", "right"]].set_visible(False)
    inset.tick_params(labelsize="small")
    inset.legend(frameon=False, fontsize="small")
    axis.set(
        xlabel="separation |i-j| (sites)",
        ylabel="|W_ij|",
        ylim=(0, None),
        title="interaction matrix; quartiles shaded, inset logarithmic",
    )
    return figure


def plateau(results: dict[str, Any], _: Spec, __: Published) -> Figure:
    """Draw αβE + ln p against the energy, with the exact -ln Z(αβ) (paper, Fig. 3)."""
    networks = _networks(results, "calibration")
    columns = min(2, len(networks))
    rows = -(-len(networks) // columns)
    figure, axes = _new(4.8 * columns, columns, rows)
    flows_of = [*results["likelihood"], *([results["authors"]["likelihood"]] if len(networks) > len(results["seeds"]) else [])]
    flat = list(np.atleast_1d(axes).flat)
    for axis in flat[len(networks) :]:
        axis.set_axis_off()
    for axis, (name, _colour, _dash, part), flows in zip(flat, networks, flows_of, strict=False):
        if "failed" in part:
            axis.text(0.5, 0.5, part["failed"], ha="center", va="center", wrap=True, transform=axis.transAxes)
            axis.set(title=f"{name}: no plateau")
            continue
        beta = part["beta_effective"]["value"]
        for index, flow in enumerate(flows):
            energies = np.array(flow["energies"])
            invariant = beta * energies + np.array(flow["log_likelihoods"], dtype=float)
            axis.plot(
                energies, invariant, "os^Dv*"[index % 6], ms=3.5, mfc="none", mew=0.8, color=_CYCLE[index % 6],
                label=f"T = {flow['temperature']:g}",
            )  # fmt: skip
        axis.axhline(-part["ln_z"]["value"], color=_BLACK, lw=1.2, label="plateau")
        axis.axhline(-part["exact_ln_z"]["value"], color=_RED, lw=1.2, ls="--", label="exact -ln Z(αβ)")
        axis.axvline(part["threshold"], color=_BLACK, lw=0.6, ls=":", label="low-energy set")
        axis.set(xlabel="energy E (J_AA)", ylabel="αβE + ln p", title=f"{name}, α = {part['alpha']['value']:.3f}")
    handles = {label: handle for axis in flat for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, frameon=False, fontsize="small")
    return figure


def thermodynamic_integration(results: dict[str, Any], spec: Spec, _: Published) -> Figure:
    """Draw the mean energy against β, by Monte Carlo and exactly, and the difference in standard errors."""
    figure, (axis, below) = _new(9.6, 2)
    part = results["thermodynamic_integration"]
    betas, means, errors = (np.array(part[name], dtype=float) for name in ("betas", "mean_energies", "standard_errors"))
    matrix = coupling_matrix(as_species(spec.likelihood.chain, spec.hamiltonian.species), spec.hamiltonian)
    axis.errorbar(betas, means, yerr=errors, fmt="o", ms=3, color=_BLUE, label="Monte Carlo")
    axis.set(xlabel="β (1/J_AA)", ylabel="⟨H⟩ (J_AA)", title="mean energy")
    if spec.hamiltonian.range <= 2:
        exact = np.array([ExactChain(matrix, beta).mean_energy for beta in betas])
        axis.plot(betas, exact, color=_BLACK, lw=1, label="exact")
        below.plot(betas, (means - exact) / np.where(errors > 0, errors, np.nan), "o", ms=3, color=_BLUE)
        below.axhspan(-2, 2, color="#DDDDDD", zorder=0)
    below.set(xlabel="β (1/J_AA)", ylabel="(Monte Carlo - exact) / standard error", title="difference; ±2 shaded")
    axis.legend(frameon=False)
    return figure


#: Each figure: its name, what it needs of the results, and how it is drawn.
FIGURES: tuple[tuple[str, tuple[str, ...], Callable[[dict[str, Any], Spec, Published], Figure]], ...] = (
    ("concept", ("inversion", "readout"), concept),
    ("ensemble", ("sampling",), ensemble),
    ("sampling", ("sampling",), sampling),
    ("training", ("training",), training),
    ("table_1", ("inversion",), table_1),
    ("interaction", ("readout",), interaction),
    ("plateau", ("calibration", "likelihood"), plateau),
    ("thermodynamic_integration", ("thermodynamic_integration",), thermodynamic_integration),
)


def draw_all(results: dict[str, Any], spec: Spec, published: Published) -> dict[str, bytes]:
    """Draw every figure that the results allow, as PNG and as SVG; return the files by name, such as "plateau.png"."""
    drawn = {}
    for name, needs, draw in FIGURES:
        if all(need in results for need in needs):
            figure = draw(results, spec, published)
            figure.text(0.002, 0.004, _plain(f"spec {spec.name!r}"), ha="left", va="bottom", fontsize=6)
            for kind in ("png", "svg"):
                stream = io.BytesIO()
                metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {}
                with rc_context({"svg.hashsalt": name}), warnings.catch_warnings():  # the same bytes for the same figure
                    warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a letter of a spec: a box stands for it
                    figure.savefig(stream, format=kind, dpi=DOTS_PER_INCH, metadata=metadata)
                drawn[f"{name}.{kind}"] = stream.getvalue()
    return drawn
