"""How fast `miniagents` is: against hand-written floors, against peers, and against itself at other sizes.

workloads    what is measured: names, units, sizes, token sources, the shared tree
replay       hand-written streams, messages and calls: the least that does the work
floors       the workloads on those; ours: the same on the public names of `miniagents`; peers/: on other libraries
growth       ours at many sizes; memory: bytes and objects per token, message and call
worker       one case in one process; harness: starts workers, interleaves their runs, gives rows
quick        ours against the floors in under 90 seconds; run: everything, into results.json and docs/performance.md
environments virtual environments of the peers; report: tables; pictures: charts
"""
