"""The app: the web page, named endpoints, MCP, HTTP in Ark's dialect, and the command line."""

import os

# Gradio reads it on import; without it, Gradio sends analytics to other hosts.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
