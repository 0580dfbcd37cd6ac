"""The doors: how a person (the page) or a program (named endpoints, MCP) gets in."""

import os

# Gradio reads it when it is imported, and then asks no other host.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
