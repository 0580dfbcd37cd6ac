"""HTTP in Ark's dialect: the official SDK works against this server once its base URL is changed.

`request_models` defines the bodies that are accepted, `request_parsing` builds our requests from
them, `response_models` and `errors` build the responses, `routes` is the router, and `openapi` and
`docs_page` describe it.
"""
