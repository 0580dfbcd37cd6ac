"""HTTP in Ark's dialect: what a program written for the official SDK finds behind our address.

It changes its base URL, and nothing else. `bodies` says what may be sent, `building` makes our
requests of it, `records` and `errors` say in Ark's words what happened, `routes` puts them on their
paths, `openapi` and `docs` describe them.
"""
