"""``paper-repro logz``: the exact solution of one chain."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from paper_repro.cli.checks import spec_at
from paper_repro.cli.console import console_beside, write_json
from paper_repro.cli.options import JsonTarget
from paper_repro.files import InputError, input_error
from paper_repro.spec import Spec

if TYPE_CHECKING:
    from paper_repro.numerics.arrays import Integers
    from paper_repro.physics.truth import Exact


def logz(sequence: str, /, *, temperature: float, spec: Path | None = None, json: JsonTarget = None) -> int:
    """Print the exact ln Z, mean energy and heat capacity of a chain.

    Parameters
    ----------
    sequence
        The species along the chain, such as ABBA.
    temperature
        Temperature, in units of the spec's couplings over k_B.
    spec
        The spec of the couplings; by default specs/paper.toml.
    """
    loaded = spec_at(spec)
    if not (math.isfinite(temperature) and temperature > 0 and math.isfinite(1 / temperature)):
        raise InputError("--temperature", str(temperature), "a finite temperature > 0")
    from paper_repro.physics.species import as_species

    try:
        species = as_species(sequence, loaded.hamiltonian.species)
    except ValueError as error:
        raise input_error("SEQUENCE", error, f"letters of {loaded.hamiltonian.species!r}") from error
    try:
        law = _exact(species, loaded, 1 / temperature)
    except ValueError as error:
        raise input_error(f"--temperature {temperature:g} of spec {loaded.name}", error, "a higher temperature") from error
    console = console_beside(json)
    console.print(Text(f"{len(sequence)} sites at T = {temperature:g}"))
    for label, value in (("ln Z", law.ln_z), ("⟨H⟩", law.mean_energy), ("heat capacity / k_B", law.heat_capacity)):
        console.print(Text(f"  {label:<20}{value:.13g}"))
    about = {"sequence": sequence, "temperature": temperature, "spec": loaded.name}
    write_json(json, {"ln_z": law.ln_z, "mean_energy": law.mean_energy, "heat_capacity": law.heat_capacity} | about)
    return 0


def _exact(species: "Integers", spec: Spec, beta: float) -> "Exact":
    """Return the exact solution of a chain, of exchange without its matrix: the chain may be long."""
    from paper_repro.physics.exact import EXACT_TERMS, ExactChain, without_exact_solution
    from paper_repro.physics.geometry import Geometry
    from paper_repro.physics.hamiltonian import coupling_band
    from paper_repro.physics.truth import Truth

    truth = Truth.of(spec.hamiltonian, beta)
    band = coupling_band(species, spec.hamiltonian) if truth.terms.is_exchange else None
    unsolved = without_exact_solution(truth.terms)
    if unsolved if band is None else band[2:].any():
        raise InputError(f"spec {spec.name}: hamiltonian", f"no exact solution with {', '.join(unsolved)}", EXACT_TERMS)
    return truth.exact(Geometry.open_chain(len(species)), species) if band is None else ExactChain.of_band(band, beta)
