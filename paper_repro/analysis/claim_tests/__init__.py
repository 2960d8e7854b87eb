"""The statements of the paper about its own results, measured on trained networks and on the sampler: one file and one record each.

Errors are one standard error, resampling sequences, with the scatter between networks where there are several.
"""
