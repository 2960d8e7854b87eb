"""``export``: a law on one system as input of a program of spin dynamics."""

from collections.abc import Iterable
from types import ModuleType

import attrs

from paper_repro.files import input_error
from paper_repro.numerics.arguments import checked_arguments
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.truth import Truth
from paper_repro.sampling.exports import spirit, uppasd, vampire
from paper_repro.sampling.exports.exported import Exported
from paper_repro.sampling.exports.interactions import interactions
from paper_repro.sampling.exports.units import Code, EnergyUnit, in_unit

_CODES: dict[Code, ModuleType] = {"spirit": spirit, "vampire": vampire, "uppasd": uppasd}


@checked_arguments
def export(law: Truth, geometry: Geometry, species: str | Iterable[str], code: Code, energy_unit: EnergyUnit) -> Exported:
    """Return the input files of a program, with the signs, factors and units of that program, and what was chosen in them.

    Args:
        law: terms and couplings; those of coupling 0 are left out, and the temperature is not used.
        geometry: of the system, all of whose sites make one cell.
        species: names of the species (site,), or a word of letters.
        code: "spirit", "vampire" or "uppasd".
        energy_unit: what one unit of the couplings is: "K" (k_B × 1 K), "meV", "eV", "mRy" or "J".

    Raises ``InputError``, one line, for another program or unit, and for terms that the program's files cannot hold, by name.

    >>> import paper_repro as pr
    >>> chain = pr.Geometry.open_chain(3)
    >>> law = pr.Truth(pr.library(range=1, biquadratic=False).terms("A", chain), [2.0], beta=1.0)
    >>> made = pr.export(law, chain, "AAA", "uppasd", "mRy")
    >>> print(made.files["jfile"], end="")
    1 2 0 0 0 1
    2 1 0 0 0 1
    2 3 0 0 0 1
    3 2 0 0 0 1
    """
    program = _CODES[code]
    factor = in_unit(energy_unit, program.UNIT)
    try:
        made: Exported = program.write(interactions(law, geometry, tuple(species), factor, program.HELD))
    except ValueError as error:
        raise input_error(f"export to {code}", error, "a law that the program's files can hold") from error
    one = "k_B × 1 K" if energy_unit == "K" else f"1 {energy_unit}"
    unit = f"one unit of energy of the couplings is {one} = {factor:.10g} {program.UNIT}"
    return attrs.evolve(made, choices=(unit, *made.choices))
