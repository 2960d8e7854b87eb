"""What would end a run after hours of work, found before it: one function a check, each raises ``InputError``.

``PRECONDITIONS`` names them by the kind of the stage that needs them: a stage that can end on a spec has its line there.
"""

from collections.abc import Callable, Mapping

import numpy as np

from paper_repro.analysis.identifiability import NotIdentifiableError, condition_number, require_independent
from paper_repro.files import InputError, input_error
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.exact import without_exact_solution
from paper_repro.physics.sphere import normalise
from paper_repro.physics.terms import Terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling.ladder import temperatures
from paper_repro.sampling.sequences import draw_sequences, require_sequences
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.spec import HamiltonianTerm, Spec
from paper_repro.studies.reproduction.capabilities import EXACT_SOLUTION, missing

Check = Callable[[Spec], None]


def check_sampler(spec: Spec) -> None:
    """Refuse exact sampling of a law that has no exact solution."""
    if spec.sampler.method == "exact" and EXACT_SOLUTION in missing(spec):
        found = f"'exact' with {', '.join(without_exact_solution(Terms.of(spec.hamiltonian)))}"
        raise InputError(f"spec {spec.name}: sampler.method", found, "'replica-exchange', for there is no exact solution")


def check_ladder(spec: Spec) -> None:
    """Refuse a ladder whose temperatures do not rise: the hottest is too near T₀ for so many."""
    found = temperatures(spec.temperature, spec.ladder)
    if not (np.diff(found) > 0).all():
        size = f"{spec.ladder.hottest!r} with {spec.ladder.replicas} replicas from T₀ = {spec.temperature!r}"
        raise InputError(f"spec {spec.name}: ladder.hottest", size, "temperatures that rise")


def check_temperatures(spec: Spec) -> None:
    """Refuse temperatures that the exact solution cannot serve."""
    if EXACT_SOLUTION in missing(spec):
        return
    named = [("target.temperature", spec.temperature)]
    named += [(f"likelihood.higher_temperatures[{k}]", value) for k, value in enumerate(spec.likelihood.higher_temperatures)]
    for path, temperature in named:
        try:
            Truth.of(spec.hamiltonian, 1 / temperature).require_served()
        except (ValueError, ZeroDivisionError) as error:
            raise input_error(f"spec {spec.name}: {path}", error, "a higher temperature") from error


def check_terms(spec: Spec) -> None:
    """Refuse test sequences from which the couplings cannot be fitted: a term acts on none, or they are too few for all terms.

    It takes as many random spins as there are snapshots, or terms: what these do not distinguish, no snapshots do.
    """
    terms, gram = Terms.of(spec.hamiltonian), np.zeros((len(spec.hamiltonian.terms),) * 2)
    generator = np.random.default_rng(0)  # no result depends on it
    systems = []
    for sequence in draw_sequences(spec)[1]:
        spins = normalise(generator.standard_normal((min(spec.test_set.snapshots, len(terms)), len(sequence), 3)))
        snapshots = Snapshots.of(spins, sequence, species_names=tuple(spec.hamiltonian.species))
        systems.append(snapshots.part(slice(1)))
        gradients = terms.on(snapshots.geometry, snapshots.species).gradients(spins).reshape(-1, len(terms))
        gram += gradients.T @ gradients
        if np.linalg.matrix_rank(gram, tol=1e-9 * np.trace(gram), hermitian=True) == len(terms):
            return
    _refuse_absent(spec, gram)
    try:
        condition_number(terms.names, gram)
    except NotIdentifiableError as error:
        require_independent(terms, systems, f"spec {spec.name}: hamiltonian.terms")
        found = f"{spec.test_set.sequences} sequences × {spec.test_set.snapshots} snapshots, too few for {len(terms)} terms"
        raise InputError(f"spec {spec.name}: test_set", found, "more sequences, snapshots or sites") from error


def _refuse_absent(spec: Spec, gram: Floats) -> None:
    """Refuse the first term that acts nowhere: its row of the Gram matrix (term, term) is 0."""
    for term, norm in zip(spec.hamiltonian.terms, np.diagonal(gram), strict=True):
        if norm == 0:
            where = f"spec {spec.name}: hamiltonian.terms.{term.name}"
            found = f"no {_place(term)} in the {spec.test_set.sequences} test sequences"
            raise InputError(where, found, f"a term that acts on chains of {spec.chains.shortest} to {spec.chains.longest} sites")


def _place(term: HamiltonianTerm) -> str:
    """Return in words where a term acts."""
    if term.pair is None:
        return "chain that is long enough"
    return f"site of {term.pair}" if term.separation is None else f"bond {term.pair} at separation {term.separation}"


#: What each kind of stage needs of the spec before it can work; what it needs of other stages is in its inputs.
PRECONDITIONS: Mapping[str, tuple[Check, ...]] = {
    "note": (),
    "sample": (check_sampler, check_ladder, check_temperatures, require_sequences),
    "diagnose": (),
    "train": (),
    "import": (),  # the command line reads the weights first
    "invert": (check_terms,),
    "read": (),
    "integrate": (),
    "end time": (check_temperatures,),
    "likelihood": (check_temperatures,),
    "calibrate": (check_temperatures,),
    "report": (),
}

#: Each check once; ``require_sequences`` before ``check_terms``, which draws the sequences.
CHECKS: tuple[Check, ...] = tuple(dict.fromkeys(check for checks in PRECONDITIONS.values() for check in checks))
