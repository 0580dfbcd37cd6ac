"""Benchmarks of the library against the cost of doing without it: `make bench`.

`upstream` is a local stand-in for the site, in a process of its own, and `bare` sends the same
requests without this library. `lookups`, `submissions`, `memory` and `endpoint` measure each
benchmark and its baseline in turns (`timing`), `result` is one outcome, `report` prints and stores
them. `profiles` shows where the time goes.
"""
