"""The doors: how a person (the page) or a program (named endpoints, MCP) gets in."""
