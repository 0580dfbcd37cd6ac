"""The JiMeng site (CN), asked as its own page asks it, with a session token.

`backend` is the whole; `signing`, `drafts`, `records`, `echo` and `refusals` are pure; only `site`
and `upload` touch the network. Every wire fact cites its section of
`docs/protocol/jimeng.md`; each guess is one named constant of `wire`.
"""
