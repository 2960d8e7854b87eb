"""What each network gives: the inversion of its force, and the reading of W."""

import functools
from collections.abc import Callable

from paper_repro.numerics.measured import Measured
from paper_repro.report.document import Figure, Section, Text
from paper_repro.report.numbers import fixed
from paper_repro.studies.reproduction.results import Inversion, Readout
from paper_repro.studies.reproduction.sections import conclusions
from paper_repro.studies.reproduction.sections.tables import (
    UNRESOLVED,
    Quantity,
    by_network,
    determinism_of_networks,
    is_resolved,
)
from paper_repro.studies.reproduction.subject import Subject


def _ratio(term: str, reference: str, part: Inversion) -> Measured | None:
    return part.ratios[term] if is_resolved(part, reference) else None


def _in_places(places: int) -> Callable[[Measured], str]:
    return lambda found: fixed(found.value, places)


def inversion(subject: Subject) -> Section | None:
    """Build the figures of merit of each inversion; the cosine of one coupling, 1 for any, is left out."""
    results = subject.results
    if not results.inversion:
        return None
    reference = subject.terms[subject.reference]
    others = [term for term in subject.terms if term != reference] if subject.ratios is not None else []
    ratios = [Quantity(f"{term} / {reference}", functools.partial(_ratio, term, reference)) for term in others]
    quantities: list[Quantity[Inversion]] = [
        *ratios,
        Quantity("cosine similarity", lambda part: part.cosine),
        Quantity("R²", lambda part: part.r2),
        Quantity("R² about zero", lambda part: part.r2_about_zero),
        Quantity(f"scale c·g/g·g (exact score: {subject.spec.beta:g})", lambda part: part.scale),
        Quantity("relative RMS error of the force", lambda part: part.force_error),
        Quantity("equations", lambda part: part.equations),
    ]
    if not ratios:
        quantities = quantities[1:]
    text = "± is one standard error from resampling the test sequences."
    if ratios and not all(is_resolved(part, reference) for part in results.inversion.all):
        text += UNRESOLVED
    tables = by_network(results, results.inversion, quantities)
    return Section("Inversion", (Text(text), *tables), determinism_of_networks(results))


def interaction(subject: Subject) -> Section | None:
    """Build what W itself is like."""
    results, reach = subject.results, subject.spec.hamiltonian.range
    if not results.readout:
        return None
    quantities: list[Quantity[Readout]] = [
        Quantity(f"share of Σ|W| within r ≤ {reach}, %", lambda part: Measured(100 * part.within_range), _in_places(1)),
        Quantity("Pearson(W, J) there", lambda part: Measured(part.pearson), _in_places(4)),
        Quantity("slope W/J there", lambda part: Measured(part.slope), _in_places(2)),
    ]
    text = "W is not unique: these numbers characterise the network. The couplings are determined from the force."
    tables = by_network(results, results.readout, quantities)
    if len(tables[0].rows) < len(quantities):
        text += " Couplings that are all equal have no correlation coefficient."
    caption = (
        "|W_ij| against the separation of the sites: median (line) and quartiles (band) for each network. Horizontal marks: true"
        f" β|J|; it is zero beyond r = {reach}."
    )
    alt = "Curves on a logarithmic axis: |W| is largest at the smallest separations and decreases; marks show the true couplings."
    figure = Figure("interaction", conclusions.of_interaction(subject), caption, alt)
    return Section("Interaction matrix", (Text(text), *tables, figure), determinism_of_networks(results))
