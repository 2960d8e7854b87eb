"""Run the command line: python -m paper_repro."""

from paper_repro.cli import program

program()
