"""Snapshots from files: one file a format (npz, extended xyz, OVF), and ``read``, which tells them apart and stacks them."""
