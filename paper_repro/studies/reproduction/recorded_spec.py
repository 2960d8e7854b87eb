"""The spec that a run directory was made with, also where its manifest has an earlier form."""

from pathlib import Path

from paper_repro.pipeline.manifest import NAME, OLD_FORMATS, PREVIOUS_FORMAT, Manifest
from paper_repro.spec import Spec, structure
from paper_repro.spec.migration import spec_from_old, spec_from_run_3


def recorded_spec(manifest: Manifest, folder: Path) -> Spec:
    """Return the spec in the manifest of the run in ``folder``; raises ``InputError`` for values that are no spec."""
    where = f"{folder / NAME}: spec"
    values = manifest.spec
    if manifest.format == PREVIOUS_FORMAT:
        values = spec_from_run_3(values, where)
    elif manifest.format in OLD_FORMATS:
        values = spec_from_old(values, where)
    return structure(values, Spec, where)
