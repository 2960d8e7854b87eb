"""The published values and the published protocol, as they come with the project."""

from collections.abc import Collection
from pathlib import Path

from paper_repro.files import input_error
from paper_repro.spec import Claim, Published, Spec, Statement, load_published, load_spec, specs_folder

PUBLISHED = "published.toml"


def published_protocol(path: Path | None = None) -> tuple[Published, Spec]:
    """Return the published values, with the rules that judge them, and the spec of the published protocol.

    Raises ``InputError`` for a file that cannot be used, and for a ``measured`` that leads to no value of the results or of the
    evidence: with the file and the path in it.
    """
    path = specs_folder() / PUBLISHED if path is None else path
    published = load_published(path).record
    protocol = load_spec(specs_folder() / published.protocol).record
    _require_paths(path, published, [term.name for term in protocol.hamiltonian.terms])
    return published, protocol


def _require_paths(path: Path, published: Published, terms: Collection[str]) -> None:
    from paper_repro.analysis.claim_tests.evidence import Evidence  # noqa: PLC0415  (so that constants load no numpy)
    from paper_repro.studies.reproduction.paths import resolve  # noqa: PLC0415
    from paper_repro.studies.reproduction.results import Results  # noqa: PLC0415

    parts: tuple[tuple[str, tuple[Claim, ...] | tuple[Statement, ...], type], ...] = (
        ("claims", published.claims, Results), ("statements", published.statements, Evidence),
    )  # fmt: skip
    for section, items, root in parts:
        for item in items:
            try:
                resolve(item.measured, root, terms)
            except ValueError as error:
                raise input_error(f"{path}: {section}.{item.name}.measured", error, "the path of a measured value") from error
