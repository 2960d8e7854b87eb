"""Every loop that may go on for ever has a bound: the loops without a count are known here, each with what ends it."""

import ast
import math
from pathlib import Path

import numpy as np
import pytest
import torch

import paper_repro
from paper_repro.physics.sequential_sampling import draw_chains
from paper_repro.score.diffusion import brownian_step

ROOT = Path(paper_repro.__file__).parent
ROOMS = ("numerics", "physics", "sampling", "score", "analysis")
#: What ends each ``while``; those of readers end with their file.
ENDS = {
    "numerics/parallel.py": "the items are as many as were given",
    "physics/structure.py": "the radius grows by 30 % up to the farthest distance",
    "physics/three_spin_chain.py": "the nodes grow by half up to _MOST_NODES",
    "physics/three_spins.py": "the angles grow up to _MOST_ANGLES",
    "physics/sequential_sampling.py": "proposals of one spin are at most _MOST_ROUNDS",
    "analysis/end_time.py": "degrees are at most _MOST",
    "analysis/model_errors.py": "each round takes out a term",
    "analysis/run_blocks.py": "lengths of runs are halved",
}


def has_while(path):
    return any(isinstance(node, ast.While) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def test_every_loop_without_a_count_has_a_known_end():
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "readers" not in path.parts)
    found = {str(path.relative_to(ROOT)) for path in files if has_while(path)}
    assert found == ENDS.keys()


def test_a_loop_without_a_count_is_seen(tmp_path):
    (tmp_path / "new.py").write_text("while len(drawn) < count:\n    draw()\n")
    assert has_while(tmp_path / "new.py")


def test_a_brownian_step_at_no_time_ends():
    up = torch.tensor([[[0.0, 0.0, 1.0]]], dtype=torch.float64)
    with pytest.raises(FloatingPointError, match="never accepted"):
        brownian_step(up, torch.tensor([[math.nan]], dtype=torch.float64), torch.Generator().manual_seed(0))


def test_a_draw_that_is_never_kept_ends():
    spins, factors, tables = np.empty((1, 2, 3)), np.zeros((2, 2)), np.full((2, 4, 6), math.nan)
    states = np.arange(1, 5, dtype=np.uint64)[:, None]
    assert draw_chains(spins, factors, tables, states).tolist() == [-1, 0]
