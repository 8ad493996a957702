"""Operators: streams of messages in, streams of messages out. One operator, one file.

Every operator is a factory and is called, as in RxPY: ``reply.pipe(ops.flatten(), ops.chain(a, b))``. They take any
observable; agents have the same shape, so agents are operators, too.

::

    stage                what operators are made of
    flatten, merge_all   streams of streams, in declared order or in the order of arrival
    chain, fan_out, loop one after the other, all at once, round and round
    sentinels            AWAIT and CLEAR
    as_single_promise    all messages as one
    tokens, map_tokens   the tokens of all messages; the same messages with other tokens
    map_messages         something else for each message
    filter_messages      some of the messages
    as_results, from_results, errors_as_messages   errors as values, and back; errors as text

Policies take agents, not streams, and give agents::

    composition, policy  what they are made of
    retry, fallback      another attempt, or another agent, where one fails
    race                 the fastest of several agents
    timeout, limit       not longer than that (watch tells how long it was); not more at once than that
"""

from miniagents.operators.as_results import as_results
from miniagents.operators.as_single_promise import as_single_promise
from miniagents.operators.chain import chain
from miniagents.operators.errors_as_messages import errors_as_messages
from miniagents.operators.fallback import fallback
from miniagents.operators.fan_out import fan_out
from miniagents.operators.filter_messages import filter_messages
from miniagents.operators.flatten import flatten
from miniagents.operators.from_results import from_results
from miniagents.operators.limit import limit
from miniagents.operators.loop import loop
from miniagents.operators.map_messages import map_messages
from miniagents.operators.map_tokens import map_tokens
from miniagents.operators.merge_all import merge_all
from miniagents.operators.race import race
from miniagents.operators.retry import retry
from miniagents.operators.sentinels import AWAIT, CLEAR
from miniagents.operators.timeout import timeout
from miniagents.operators.tokens import tokens

__all__ = [
    "AWAIT",
    "CLEAR",
    "as_results",
    "as_single_promise",
    "chain",
    "errors_as_messages",
    "fallback",
    "fan_out",
    "filter_messages",
    "flatten",
    "from_results",
    "limit",
    "loop",
    "map_messages",
    "map_tokens",
    "merge_all",
    "race",
    "retry",
    "timeout",
    "tokens",
]
