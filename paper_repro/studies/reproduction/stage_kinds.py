"""The kinds of stages: what the parts of a run are counted by."""

import re


def kind_of(stage: str) -> str:
    """Return the name of a stage without the network, the temperature or the number of the part that it is of."""
    return re.sub(r"( of)? (seed \d+|authors|\d+/\d+)(, .*)?$", "", stage)
