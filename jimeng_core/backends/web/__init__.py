"""The JiMeng site (CN), asked as its own page asks it, with a session token.

`backend` is the whole; `signing`, `drafts`, `records`, `echo` and `refusals` are pure; only `site`
and `upload` touch the network. Every wire fact is from the project's wire facts; what is not sure
stands in `wire` as a named guess.
"""
