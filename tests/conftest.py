"""What every test shares: how hard Hypothesis works, where golden files lie, and the published spec."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from paper_repro.spec import Hamiltonian, Loaded, Spec, load_spec, specs_folder

os.environ.setdefault("MPLBACKEND", "Agg")

# The gate must give the same verdict twice; "thorough" looks for what the gate's examples miss.
_slow_start = [HealthCheck.too_slow]
settings.register_profile("gate", derandomize=True, deadline=None, max_examples=30, suppress_health_check=_slow_start)
settings.register_profile("thorough", deadline=None, max_examples=1000, suppress_health_check=_slow_start)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.fixture(scope="module")
def original_datadir(request: pytest.FixtureRequest) -> Path:
    """Golden files lie in golden/<test module>/, not beside the tests (overrides pytest-datadir)."""
    return request.config.rootpath / "golden" / request.path.stem


@pytest.fixture(scope="session")
def paper() -> Loaded[Spec]:
    return load_spec(specs_folder() / "paper.toml")


@pytest.fixture(scope="session")
def hamiltonian(paper: Loaded[Spec]) -> Hamiltonian:
    return paper.record.hamiltonian
