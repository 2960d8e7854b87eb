"""The command line: one file a command, which reads: check, load, compute, show, write.

Commands import torch, numba and matplotlib once their input is checked, so that an error before work takes less than a second.
"""

from paper_repro.cli.process import main, program

__all__ = ["main", "program"]
