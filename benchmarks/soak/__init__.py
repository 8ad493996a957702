"""Long load on purpose-made faults, and what is left at the end.

::

    plans       what each call is to do, what goes wrong in it, and what must come out
    agents      the pipeline of four agents
    readers     those who read a call, and what they have seen
    verdicts    what was seen against what was planned
    load        thousands of such calls at once
    deadlocks   agents that wait for each other, planted to be found
    server      a context without an end, and its memory
    gauges      tasks, handles, memory and stalls of the loop
    progress    a bar on a terminal
    page        the figures, as docs/reliability.md shows them
"""
