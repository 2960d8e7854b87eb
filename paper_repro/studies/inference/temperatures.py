"""The temperatures of the records of an inference: the couplings are common, β × coupling is not."""

from collections.abc import Sequence

import attrs

from paper_repro.files import InputError
from paper_repro.sampling.snapshots import Snapshots, checked_temperature, same_temperature


def temperatures_of(records: Sequence[Snapshots], given: float | None) -> tuple[float, ...]:
    """Return the temperatures of the data in units of energy / k_B, each once, rising; none where no temperature is known.

    Raises ``InputError`` for records of which some state one and some do not, and for one that is given in place of several.
    """
    stated: dict[float | None, str] = {}
    for part in records:
        stated.setdefault(same_temperature(part.temperature, stated), part.origin)
    shown = ", ".join(f"{'none' if value is None else f'{value:g}'} ({origin})" for value, origin in list(stated.items())[:3])
    if given is not None:
        if len(stated) > 1:
            raise InputError("temperature", f"{given:g}, and {shown}", "none where the records state different ones")
        one = checked_temperature(given, "temperature")
        return () if one is None else (one,)
    if None in stated and len(stated) > 1:
        raise InputError("temperature", shown, "a temperature of each record, or of none")
    return tuple(sorted(value for value in stated if value is not None))


def at_one_scale(records: Sequence[Snapshots], temperatures: tuple[float, ...]) -> tuple[Snapshots, ...]:
    """Return the records with their inverse temperatures over that of the coldest: θ is then β × coupling there."""
    if len(temperatures) < 2:
        return tuple(records)
    return tuple(
        part if stated is None else attrs.evolve(part, scale=temperatures[0] / stated)
        for part, stated in ((part, same_temperature(part.temperature, temperatures)) for part in records)
    )
