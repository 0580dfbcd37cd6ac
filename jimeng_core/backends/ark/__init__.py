"""The official API: Volcengine Ark, and BytePlus ModelArk, which speaks the same.

`backend` is the whole; `bodies`, `records`, `matching` and `refusals` are pure; only `api` touches
the network. Every wire fact cites its section of `docs/protocol/ark.md`; each guess is one named
constant of `wire`.
"""
