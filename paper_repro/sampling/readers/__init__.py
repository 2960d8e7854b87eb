"""Snapshots from files: one file a format (npz, extended xyz, OVF), and ``read``, which distinguishes them and stacks them."""
