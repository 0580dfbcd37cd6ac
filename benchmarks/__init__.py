"""How fast the library is, against what it costs to do without it: `make bench`.

`upstream` imitates the site on this machine, in a process of its own. `rows`, `memory` and `door`
measure each row of the table against its yardstick, in turns (`measure`). `report` prints and keeps
what was measured. `profiles` shows where the time goes.
"""
