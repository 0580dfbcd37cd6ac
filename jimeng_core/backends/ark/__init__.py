"""The official API: Volcengine Ark, and BytePlus ModelArk, which has the same protocol.

`backend` is the entry point; only `api` uses the network. Facts of the protocol cite a section of
`docs/protocol/ark.md`; each guess is one named constant of `wire`.
"""
