"""What the paper says of its own results, measured on trained networks and on the sampler: one file a claim, one record each.

Errors are one standard error, resampling sequences, with the scatter between networks where there are several.
"""
