"""Fault injection for the demo backend: network faults, record faults, `#fail:` in prompts."""
