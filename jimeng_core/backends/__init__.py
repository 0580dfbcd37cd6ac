"""Backends: where tasks run. One package each, behind the protocol of `base`."""
