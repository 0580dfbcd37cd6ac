"""Fault injection for the demo backend: network faults, altered records, `#fail:` prompts."""
