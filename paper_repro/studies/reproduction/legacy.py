"""Results as the nested dictionaries that sections, figures and verdicts still read; goes when they read the records."""

from typing import Any

from paper_repro.studies.reproduction.results import Results
from paper_repro.studies.reproduction.results_file import CONVERTER


def as_dictionary(results: Results) -> dict[str, Any]:
    """Return the results in the form of the first results.json."""
    data: dict[str, Any] = CONVERTER.unstructure(results)
    for part in [*data.get("calibration", []), *filter(None, [data["authors"].get("calibration")])]:
        part.update({f"above_{index}": value for index, value in enumerate(part.pop("above", []))})
    if "sampling" in data:
        bonds = data["sampling"]["bond_cosines"]
        data["sampling"]["bond_cosines"] = {"edges": bonds["edges"]} | bonds["counts"]
    return data
