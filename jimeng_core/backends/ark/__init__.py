"""The official API: Volcengine Ark, and BytePlus ModelArk, which speaks the same.

`backend` is the whole; `bodies`, `records`, `matching` and `refusals` are pure; only `api` touches
the network. Every wire fact is from the project's Ark facts; what is not sure stands in `wire` as a
named guess.
"""
