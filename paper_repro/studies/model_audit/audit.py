"""The audit of any model on any snapshots: the one function of the study."""

import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from paper_repro.analysis.basis_fit import least_squares, normal_equations
from paper_repro.analysis.identifiability import NotIdentifiableError, acting, require_independent
from paper_repro.analysis.model_capabilities import OwnInteraction, own_divergence_error, own_interaction
from paper_repro.files import InputError, input_error
from paper_repro.numerics.arguments import Resamples, Seed, checked_arguments, require
from paper_repro.numerics.streams import data_key
from paper_repro.physics.terms import Terms
from paper_repro.physics.terms.library import Library
from paper_repro.physics.terms.library import library as library_of
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots, names_of
from paper_repro.sampling.spin_space import SpinSpace
from paper_repro.score.own_force import OwnForce, own_force
from paper_repro.studies.model_audit.results import ModelAudit

#: Diffusion time of a score where no other is given: that of the paper.
_NEAR_ZERO = 1e-4


@checked_arguments
def audit(
    model: object,
    data: Snapshots | Iterable[Snapshots],
    library: Library | Terms | Truth | None = None,
    *,
    query_times: Sequence[float] | None = None,
    resamples: Resamples = 200,
    seed: Seed = 0,
    name: str = "model",
    progress: Callable[[int], None] | None = None,
) -> ModelAudit:
    """Return the couplings in the force of any model, a score or a force field, and the quantities that it does not provide.

    Args:
        model: a torch module or a function. Of (species, spins, time, mask), tensors (chain, site), (chain, site, 3), (chain,) and
            (chain, site), it is a score ∇ ln p_t; of (species, spins), arrays (site,) and (snapshot, site, 3), a force field,
            β × force. Its answer has the shape of the spins and is tangent to each. What takes no argument is called, for the model
            that it returns. A method ``interaction`` or ``divergence`` of a score (``score.model``) is compared with the score.
        data: one system or several, from ``paper_repro.read``, ``exact_data``, ``simulate`` or ``Snapshots.of``.
        library: the terms to which the force is fitted; a ``Truth`` where the law of the data is known; None for the default one.
        query_times: diffusion times at which a score is taken, extrapolated to 0 where there are several; 1e-4 where none is given.
            A force field has none.
        resamples: bootstrap resamples of the independent runs, for the errors.
        seed: of the resampling.
        name: of the model, the head of every message.
        progress: called with the number of systems done.

    Raises ``InputError``, one line, for an error in the model's code, with its file and line; for an answer of another shape, of
    numbers that are not finite, with a part along the spins, or that is not the same for a snapshot alone; and for data that do not
    fix the couplings.

    >>> chain = pr.Geometry.open_chain(9)
    >>> law = pr.Truth(pr.library(range=1, biquadratic=False).terms("A", chain), [1.0], beta=2.0)
    >>> data = pr.Snapshots.of(law.exact(chain, 9 * "A").sample(50, np.random.default_rng(0)), 9 * "A", run=range(50))
    >>> found = pr.audit(lambda species, spins: law.on(chain, species).force(spins, law.beta), data, law)
    >>> found.fit.coefficients.round(6).tolist(), found.left_out[0]
    ([2.0], 'W: a force field has none')
    """
    records = (data,) if isinstance(data, Snapshots) else tuple(data)
    if not records:
        raise InputError("data", "no snapshots", "one system or more")
    require("data", records, tuple[Snapshots, ...])
    times = (_NEAR_ZERO,) if query_times is None else _times(query_times)
    truth, chosen = (library, library.terms) if isinstance(library, Truth) else (None, library)
    terms = _terms(records, chosen)
    known = [part.numbered(terms.species_names) for part in records]
    try:
        force = own_force(model, times, name)
        if force.kind == "force" and query_times is not None:
            raise InputError("query_times", f"given with {name}, a force field, which knows no diffusion time", "a score model")
        force.require_independent(known[0].species, known[0].spins)
        equations = normal_equations(force, known, terms, progress)
        fit = least_squares(equations, resamples, data_key(seed, "inversion"))
        interaction, divergence_error, left_out = _besides(force, known, terms)
    except NotIdentifiableError as error:
        require_independent(terms, records, "library")
        raise input_error(records[0].origin, error, "snapshots that fix the couplings") from error
    except ValueError as error:
        raise input_error(name, error, "a force field that can be inverted") from error
    return ModelAudit(
        name=name,
        kind=force.kind,
        query_times=force.times,
        fit=fit,
        truth=truth,
        interaction=interaction,
        divergence_error=divergence_error,
        left_out=left_out,
        notes=(*_notes(force, known[0]), *_of_other_models(known)),
        species=terms.species_names,
        systems=len(records),
        snapshots=sum(map(len, records)),
    )


def _times(given: Sequence[float]) -> tuple[float, ...]:
    times = tuple(float(time) for time in given)
    if not times or len(set(times)) != len(times) or not all(0 < time < 1e15 for time in times):
        raise InputError(
            "query_times", ", ".join(f"{time:g}" for time in times) or "none", "one or more different finite numbers > 0"
        )
    return times


def _terms(records: Sequence[Snapshots], library: Library | Terms | None) -> Terms:
    """Return the terms to which the force is fitted; of a library, those that act in the data."""
    if isinstance(library, Terms):
        return library
    chosen = library_of() if library is None else library
    try:
        return acting(chosen.terms(names_of(records), [part.geometry for part in records]), records)
    except ValueError as error:
        raise InputError(records[0].origin, "no term of the library acts on these sites", "a library of terms that do") from error


def _besides(
    force: OwnForce, data: Sequence[Snapshots], terms: Terms
) -> tuple[OwnInteraction | None, float | None, tuple[str, ...]]:
    """Return what a model answers besides its force, and a line for each thing that it does not."""
    if force.kind == "force":
        return None, None, ("W: a force field has none", "divergence and ln p: they need a score at all diffusion times")
    interaction = divergence_error = None
    left_out = []
    if callable(getattr(force.model, "interaction", None)):
        interaction = own_interaction(force, data, terms.range)
    else:
        left_out.append("W: the model has no method 'interaction'")
    if callable(getattr(force.model, "divergence", None)):
        divergence_error = own_divergence_error(force, data)
    else:
        left_out.append("divergence: the model has no method 'divergence'")
    return interaction, divergence_error, tuple(left_out)


def _notes(force: OwnForce, data: Snapshots) -> tuple[str, ...]:
    """Report where an answer carries a graph by which torch would differentiate it."""
    answer: Any = force.raw(data.species, data.spins[:1])
    if isinstance(answer, torch.Tensor) and answer.requires_grad:
        return ("the answer requires_grad; its values alone are used",)
    return ()


def _of_other_models(data: Sequence[Snapshots]) -> tuple[str, ...]:
    """Report data of XY or Ising models: a force can be fitted at any spins, but is known at these alone."""
    found = functools.reduce(operator.add, (SpinSpace.of(part.spins) for part in data)).other_model
    return () if found is None else (f"the data are {found}: the force is fitted there alone",)
