"""The JiMeng site (CN), used as its own page uses it, with a session token.

`backend` is the entry point; only `api` and `uploads` use the network. Facts of the protocol cite a
section of `docs/protocol/jimeng.md`; each guess is one named constant of `wire`.
"""
