"""The results of another run: whether they are of the law, the chain and the networks that they are read for."""

from collections.abc import Collection
from pathlib import Path

from paper_repro.files import InputError, sha256
from paper_repro.pipeline.manifest import NAME, Manifest, read_manifest
from paper_repro.spec import Spec, canonical, differences, digest
from paper_repro.studies.reproduction.recorded_spec import recorded_spec
from paper_repro.studies.reproduction.results import Results
from paper_repro.studies.reproduction.results_file import read_results

#: What a plateau depends on besides its network: the law, its temperature, the chain and which of its energies are low.
_SAME = ("hamiltonian", "target", "likelihood.chain", "likelihood.higher_temperatures", "likelihood.low_energy")


def run_beside(path: Path, results: Results) -> tuple[Manifest, Spec] | None:
    """Return the manifest of the run whose results.json is at ``path``, and its spec; None if its folder has no manifest.

    Raises ``InputError`` for a manifest that cannot be read, or of another run.
    """
    if not (path.parent / NAME).exists():
        return None
    manifest = read_manifest(path.parent)
    if manifest.spec_sha256 != results.spec_sha256:
        raise InputError(
            path, f"results of spec {results.spec_sha256[:12]}", f"those of the run in its folder, {manifest.spec_sha256[:12]}"
        )
    return manifest, recorded_spec(manifest, path.parent)


def results_of_same_law(path: Path, spec: Spec, weights: Collection[Path] = ()) -> Results:
    """Read the results of another run of the law of ``spec`` on the same chain, of the networks in ``weights`` if there are any.

    Raises ``InputError`` for results of another law or of other networks, and for results of which neither their digest nor a
    manifest in their folder identify the run that made them.
    """
    results = read_results(path)
    beside = run_beside(path, results)
    if beside is None:
        if results.spec_sha256 != digest(spec):
            found = f"results of spec {results.spec!r}, {results.spec_sha256[:12]}, without the {NAME} of their run"
            raise InputError(
                path, found, f"the results.json in its run directory, or one of spec {spec.name!r}, {digest(spec)[:12]}"
            )
        return results
    manifest, theirs = beside
    changed = [line for line in differences(canonical(theirs), canonical(spec)) if line.startswith(_SAME)]
    if changed:
        raise InputError(
            path, f"results of another law or chain: {'; '.join(changed[:3])}", f"those of the law of spec {spec.name!r}"
        )
    for file in weights:
        if sha256(file) not in manifest.outputs.values():
            raise InputError(path, f"results of a run that has not made {file}", "those of the run of these weights")
    return results
