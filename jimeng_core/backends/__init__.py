"""Backends: where tasks run; one package each, with the protocol of `base`."""
