"""results.json and results/*.json: how the records of a run are written, and read again.

In results.json a section of each network is a list over the training seeds; that of the authors' network is in ``authors``.
Files without a format number are of the first format, and are read too.
"""

from pathlib import Path
from typing import Any, get_args, get_origin

import attrs
import cattrs

from paper_repro.files import InputError, require_format
from paper_repro.pipeline import codec
from paper_repro.spec import Constant
from paper_repro.studies.reproduction.results import ByNetwork, Calibration, FailedCalibration, Results

FORMAT = "paper_repro results 3"
#: Without the last epochs of trainings, and the second rule.
_OLD_FORMATS = ("paper_repro results 2",)
_EXPECTED = "an output of 'paper-repro reproduce'"


def _is_by_network(kind: Any) -> bool:
    return get_origin(kind) is ByNetwork


_SECTIONS = tuple(field.name for field in attrs.fields(Results) if _is_by_network(field.type))
#: Of a judgement of the first format, which has the name of its claim alone: the path of the value.
_MEASURED = {
    "cosine": "inversion.cosine", "r2": "inversion.r2", "equations": "inversion.equations", "plateau_gap": "calibration.gap",
    "alpha": "calibration.alpha", "thermodynamic_integration": "thermodynamic_integration.error",
}  # fmt: skip
#: Rules that the first format named otherwise.
_RULES = {"same-law": "same-distribution"}


def _make_converter() -> cattrs.Converter:
    converter = codec.make_converter()
    converter.register_structure_hook(Constant, lambda row, _: _constant(row))
    converter.register_unstructure_hook(Constant, attrs.astuple)

    def calibration(data: Any, _: Any) -> Calibration | FailedCalibration:
        if isinstance(data, dict) and "failed" in data:
            return converter.structure(data, FailedCalibration)
        return converter.structure(data, Calibration)

    converter.register_structure_hook_func(lambda kind: set(get_args(kind)) == {Calibration, FailedCalibration}, calibration)

    def by_network(data: Any, kind: Any) -> ByNetwork[Any]:
        section = get_args(kind)[0]
        every: Any = tuple[section, ...]  # type: ignore[valid-type]
        theirs: Any = dict[str, section]  # type: ignore[valid-type]
        named = converter.structure({"authors": data["authors"]} if data["authors"] is not None else {}, theirs)
        return ByNetwork(converter.structure(data["trained"], every), named.get("authors"))

    converter.register_structure_hook_func(_is_by_network, by_network)
    write, read = converter.get_unstructure_hook(Results), converter.get_structure_hook(Results)
    converter.register_unstructure_hook(Results, lambda results: _with_authors_apart(write(results)))
    converter.register_structure_hook(Results, lambda data, kind: read(_by_network(data), kind))
    return converter


def _constant(row: Any) -> Constant:
    names = [field.name for field in attrs.fields(Constant)]
    if not isinstance(row, list) or len(row) != len(names) or not all(isinstance(cell, str) for cell in row):
        raise ValueError(f"{codec.shown(row)}; expected {len(names)} strings: {', '.join(names)}")
    return Constant(*row)


def _with_authors_apart(data: dict[str, Any]) -> dict[str, Any]:
    """Give plain data of ``Results`` the form of the file; sections that were not made are left out."""
    authors = {name: data[name]["authors"] for name in _SECTIONS if "authors" in data[name]}
    result: dict[str, Any] = {"format": FORMAT}
    for name, value in data.items():
        if name == "constants":
            result["authors"] = authors
        part = value["trained"] if name in _SECTIONS else value
        if part or name not in {*_SECTIONS, "constants"}:
            result[name] = part
    return result


def _by_network(data: Any) -> dict[str, Any]:
    """Give the plain data of a file the form of ``Results``."""
    if not isinstance(data, dict) or not isinstance(data.get("authors", {}), dict):
        raise ValueError(f"{codec.shown(data)}; expected an object, with an object 'authors'")
    result: dict[str, Any] = {name: value for name, value in data.items() if name not in {"format", "authors"}}
    authors = dict(data.get("authors", {}))
    for name in _SECTIONS:
        result[name] = {"trained": data.get(name, []), "authors": authors.pop(name, None)}
    return result | {f"authors.{name}": part for name, part in authors.items()}  # unknown keys, which are refused by name


def _upgraded(data: Any) -> Any:
    """Return plain data of the first format as those of the present one."""
    if not isinstance(data, dict) or not isinstance(data.get("authors", {}), dict):
        return data
    data = dict(data)
    if "reservations" in data:
        data["caveats"] = data.pop("reservations")
    for item in data.get("verdicts", []):
        item["measured"] = _MEASURED.get(item["claim"]) or f"inversion.ratios.{item['claim'].removeprefix('ratio_')}"
        item["rule"] = _RULES.get(item["rule"], item["rule"])
    for part in [*data.get("calibration", []), *filter(None, [data.get("authors", {}).get("calibration")])]:
        above = [part.pop(name) for name in sorted(part) if name.startswith("above_")]
        if "failed" not in part:
            part["above"] = above
    if "sampling" in data:
        bonds = data["sampling"]["bond_cosines"]
        data["sampling"]["bond_cosines"] = {"edges": bonds.pop("edges"), "counts": bonds}
    return data


#: The converter of results.json and of the files of stages.
CONVERTER = _make_converter()


def as_json(record: Any) -> bytes:
    """Return a record of a run as its file holds it."""
    return codec.as_json(record, CONVERTER)


def read_part(path: Path, kind: type[codec.T]) -> codec.T:
    """Read the record that a stage made; raises ``InputError`` for a file that is missing, damaged or of something else."""
    return codec.build(_part_upgraded(codec.parse_json(path, _EXPECTED)), kind, path, CONVERTER)


#: Of a calibration by a run before format 3, whose file does not have the shape of the plateau: the report worked it out.
_WITHOUT_SHAPE = {"above": [], "flat_until": {"value": None, "standard_error": None}}


def _part_upgraded(data: Any) -> Any:
    """Return the plain data of a stage's file, in which a run before format 3 had less of a calibration and other histograms."""
    if isinstance(data, dict) and {"alpha", "gap"} <= data.keys():
        return _WITHOUT_SHAPE | data
    bonds = data.get("bond_cosines") if isinstance(data, dict) else None
    if isinstance(bonds, dict) and "edges" in bonds and "counts" not in bonds:
        counts = {name: row for name, row in bonds.items() if name != "edges"}
        return data | {"bond_cosines": {"edges": bonds["edges"], "counts": counts}}
    return data


def write_results(results: Results) -> bytes:
    """Return results.json: everything but the configurations of the likelihood, which are in files of their own."""
    return as_json(attrs.evolve(results, likelihood=ByNetwork()))


def read_results(path: Path) -> Results:
    """Read results.json; raises ``InputError`` for a file that is missing, damaged, or not the results of a run."""
    data = codec.parse_json(path, _EXPECTED)
    if isinstance(data, dict) and "format" not in data:
        try:
            data = _upgraded(data)
        except (LookupError, TypeError, AttributeError) as error:
            raise InputError(path, f"not the results of a run ({error})", _EXPECTED) from error
    elif isinstance(data, dict):
        require_format(f"{path}: format", data["format"], FORMAT, *_OLD_FORMATS)
    return codec.build(data, Results, path, CONVERTER)
