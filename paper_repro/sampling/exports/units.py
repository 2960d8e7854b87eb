"""The programs to which laws are exported, and units of energy, as they are converted into those of these programs."""

from typing import Literal, get_args

Code = Literal["spirit", "vampire", "uppasd"]
EnergyUnit = Literal["K", "meV", "eV", "mRy", "J"]
#: In joule. k_B and e are exact (SI, 2019); the Rydberg is 13.605693122990 eV (CODATA 2022). "K" is k_B × 1 K.
_JOULE: dict[EnergyUnit, float] = {
    "K": 1.380649e-23,
    "meV": 1.602176634e-22,
    "eV": 1.602176634e-19,
    "mRy": 13.605693122990e-3 * 1.602176634e-19,
    "J": 1.0,
}
#: The Bohr magneton over e, in V/T: meV per tesla over 1000 (CODATA 2022).
_BOHR_MAGNETON_IN_EV = 5.7883817982e-5
#: The names of the programs, and of the units.
CODES: tuple[Code, ...] = get_args(Code)
ENERGY_UNITS: tuple[EnergyUnit, ...] = get_args(EnergyUnit)


def in_unit(given: EnergyUnit, wanted: EnergyUnit) -> float:
    """Return how many of the ``wanted`` unit one of the ``given`` unit is."""
    return _JOULE[given] / _JOULE[wanted]


def tesla(unit: EnergyUnit) -> float:
    """Return the flux density, in tesla, that gives a moment of one Bohr magneton one ``unit`` of energy."""
    return in_unit(unit, "eV") / _BOHR_MAGNETON_IN_EV
