"""``limit``: not more than so many calls at once."""

from __future__ import annotations

from asyncio import AbstractEventLoop, CancelledError, Future, get_running_loop
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

from typing_extensions import override

from miniagents.core.errors import DeadlockError
from miniagents.core.producer import Producer
from miniagents.messages import Message
from miniagents.operators.composition import Composable
from miniagents.operators.policy import Call, Policy, Try

if TYPE_CHECKING:  # agents stand above operators; this is the name of a type
    from miniagents.agents.agent import MiniAgent

In = TypeVar("In", bound=Message)
Out = TypeVar("Out", bound=Message)


def limit(agent: MiniAgent[In, Out], concurrency: int) -> MiniAgent[In, Out]:
    """The same agent, of which at most ``concurrency`` calls run at once; further ones wait, and start in order. ::

        call 1           --1---2---|
        call 2           ----1---2---|
        call 3           ...........--1---2---|     (of limit(agent, 2))

    All that use this very agent share its places: forks of it, and chains that it stands in. Each event loop has places
    of its own. A call takes a place when it has been sent everything, so none is held by one that waits for others, and
    gives it back when it has stopped with all that it started. One that is cancelled while it waits leaves the queue.

    A call that is made inside of the calls that hold all places would wait for ever: it gets a ``DeadlockError``.

    :raises ValueError: when ``concurrency`` is less than 1.
    :raises TypeError: when ``agent`` is no agent, or ``concurrency`` no whole number.

    >>> import asyncio
    >>> from miniagents import InteractionContext, MiniAgents, miniagent
    >>> @miniagent
    ... async def work(ctx: InteractionContext, name: str) -> None:
    ...     print("start", name)
    ...     await asyncio.sleep(0)
    ...     print("end", name)
    >>> one_by_one = limit(work, 1)
    >>> async def main() -> None:
    ...     one_by_one.inquire(name="a")
    ...     one_by_one.inquire(name="b")
    >>> MiniAgents().run(main())
    start a
    end a
    start b
    end b
    """
    _check(concurrency)
    how = _Limit(agent, concurrency)
    return agent.composed(how)


def _check(concurrency: object) -> None:
    if not isinstance(concurrency, int) or isinstance(concurrency, bool):
        raise TypeError(f"limit(concurrency={concurrency!r}): it is the number of calls that may run at once, an int")
    if concurrency < 1:
        raise ValueError(f"limit(concurrency={concurrency!r}): at least one call has to be let through, so 1 or more")


class _Limit(Policy):
    __slots__ = ("_agent", "_concurrency", "_places")

    name = "limit"

    def __init__(self, agent: Composable, concurrency: int) -> None:
        super().__init__(agent)
        self._agent = agent
        self._concurrency = concurrency
        self._places: WeakKeyDictionary[AbstractEventLoop, _Places] = WeakKeyDictionary()

    @override
    async def serve(self, call: Call) -> None:
        await call.whole_request()
        places = self._places.setdefault(get_running_loop(), _Places(self._concurrency))
        await places.take(call.producer)
        try:
            one = call.ask(self._agent)
            call.reply_as(one)
            call.producer.end_early()  # of what comes from now on, the reply knows by itself when it has ended
            await _gone(one)
        finally:
            places.give_back(call.producer)


async def _gone(one: Try) -> None:
    try:
        await one.gone()
    except CancelledError:  # so is what was asked: it may still be closing its connections
        await one.gone()
        raise


class _Places:
    """Who holds a place, and who waits for one, in the order of their coming."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._holders: set[Producer] = set()
        self._queue: dict[Producer, Future[None]] = {}

    async def take(self, who: Producer) -> None:
        """Wait for a place."""
        if len(self._holders) < self._count:  # then nobody waits: a place that is given back goes to the next one
            self._holders.add(who)
            return
        turn = self._queue[who] = get_running_loop().create_future()
        try:
            self._check_that_one_can_be_given_back(who)
            await turn
        except CancelledError:
            if turn.done() and not turn.cancelled():  # it had just come
                self.give_back(who)
            raise
        finally:
            self._queue.pop(who, None)

    def give_back(self, who: Producer) -> None:
        """Let the next one have the place."""
        self._holders.discard(who)
        for following, turn in self._queue.items():
            if not turn.done():
                self._holders.add(following)
                turn.set_result(None)
                return

    def _check_that_one_can_be_given_back(self, who: Producer) -> None:
        kept_waiting = {producer for waiting in self._queue for producer in waiting.lineage()}
        if self._holders <= kept_waiting:
            holders = [holder.trace() for holder in self._holders]
            raise DeadlockError(
                f"{who.trace()} waits for a place among the {self._count} of {who.label}, and each is held by a call "
                f"that waits for one inside of it ({'; '.join(holders)}): raise `concurrency`, or call the agent "
                "itself there",
                [who.trace(), *holders],
            )
