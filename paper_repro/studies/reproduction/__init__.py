"""The reproduction of the paper: a run directory of stages, verdicts on the claims, and the report."""

import logging

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # that its cache has no folder costs only time
