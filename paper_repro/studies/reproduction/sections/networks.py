"""What each network gives: the inversion of its force, and the reading of W."""

import functools
from collections.abc import Callable

from paper_repro.report.document import Figure, Section, Text
from paper_repro.report.numbers import NONE, fixed, percent
from paper_repro.studies.reproduction.results import Inversion
from paper_repro.studies.reproduction.sections import conclusions
from paper_repro.studies.reproduction.sections.tables import UNRESOLVED, by_network, determinism_of_networks, is_resolved, shown
from paper_repro.studies.reproduction.subject import Subject


def _ratio(term: str, reference: str, part: Inversion) -> str:
    return shown(part.ratios[term]) if is_resolved(part, reference) else NONE


def inversion(subject: Subject) -> Section | None:
    """Build the figures of merit of each inversion; the cosine of one coupling, 1 for any, is left out."""
    results = subject.results
    if not results.inversion:
        return None
    reference = subject.terms[subject.reference]
    others = [term for term in subject.terms if term != reference] if subject.ratios is not None else []
    ratios = [(f"{term} / {reference}", functools.partial(_ratio, term, reference)) for term in others]
    lines: list[tuple[str, Callable[[Inversion], str]]] = [
        *ratios,
        ("cosine similarity", lambda part: shown(part.cosine)),
        ("R²", lambda part: shown(part.r2)),
        ("R² about zero", lambda part: shown(part.r2_about_zero)),
        (f"scale c·g/g·g (exact score: {subject.spec.beta:g})", lambda part: shown(part.scale)),
        ("relative RMS error of the force", lambda part: shown(part.force_error)),
        ("equations", lambda part: shown(part.equations)),
    ]
    if not ratios:
        lines = lines[1:]
    text = "± is one standard error from resampling the test sequences."
    if ratios and not all(is_resolved(part, reference) for part in results.inversion.all):
        text += UNRESOLVED
    return Section("Inversion", (Text(text), by_network(results.named(results.inversion), lines)), determinism_of_networks(results))


def interaction(subject: Subject) -> Section | None:
    """Build what W itself is like."""
    results, reach = subject.results, subject.spec.hamiltonian.range
    if not results.readout:
        return None
    lines = [
        (f"share of Σ|W| within r ≤ {reach}", lambda part: percent(part.within_range)),
        ("Pearson(W, J) there", lambda part: fixed(part.pearson, 4)),
        ("slope W/J there", lambda part: fixed(part.slope, 2)),
    ]
    text = "W is not unique: these numbers characterise the network. The couplings are determined from the force."
    table = by_network(results.named(results.readout), lines)
    if len(table.rows) < len(lines):
        text += " Couplings that are all equal have no correlation coefficient."
    caption = (
        "|W_ij| against the separation of the sites: median (line) and quartiles (band) for each network. Horizontal marks: true"
        f" β|J|; it is zero beyond r = {reach}."
    )
    alt = "Curves on a logarithmic axis: |W| is largest at the smallest separations and decreases; marks show the true couplings."
    figure = Figure("interaction", conclusions.of_interaction(subject), caption, alt)
    return Section("Interaction matrix", (Text(text), table, figure), determinism_of_networks(results))
