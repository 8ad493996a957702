"""``retry``: another attempt where one fails. The only module that knows tenacity."""

from __future__ import annotations

from asyncio import get_running_loop, sleep
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

from miniagents.messages import Message
from miniagents.operators.composition import Composable
from miniagents.operators.policy import Call, Policy

if TYPE_CHECKING:  # tenacity is optional; agents stand above operators, and this is the name of a type
    from tenacity import RetryCallState
    from tenacity.asyncio import AsyncRetrying

    from miniagents.agents.agent import MiniAgent

    Hook = Callable[[RetryCallState], Awaitable[None] | None]

In = TypeVar("In", bound=Message)
Out = TypeVar("Out", bound=Message)


def retry(
    agent: MiniAgent[In, Out],
    *,
    stop: Callable[[RetryCallState], bool] | None = None,
    wait: Callable[[RetryCallState], float] | None = None,
    retry: Callable[[RetryCallState], bool | Awaitable[bool]] | None = None,
    before: Hook | None = None,
    after: Hook | None = None,
    before_sleep: Hook | None = None,
) -> MiniAgent[In, Out]:
    """The same agent, asked again when it fails before anything of its reply has gone out. ::

        attempt 1            --X
        attempt 2            ------1--2--|
        retry(wait of 4 s)   ----------1--2--|

    Nothing is streamed twice: an attempt may be repeated as long as not one token or whole message of it has gone out;
    from the first token on its reply is the reply, an error that comes later included. To repeat an attempt that breaks
    off in the middle, hold it back until it is whole: ``ops.retry(agent | AWAIT)``. To judge what it says, raise an
    error: ``ops.retry(agent | ops.map_messages(check) | AWAIT)``.

    An attempt that has failed is stopped, its error counts as handled. The reply of the last one is the reply, whatever
    it is: there is no ``RetryError``. ``timeout(retry(agent), …)`` limits all attempts, ``retry(timeout(agent, …))``
    each.

    :param stop: when to give up, tenacity's ``stop_after_delay(60)``, say; by default after three attempts.
    :param wait: seconds before the next attempt, tenacity's ``wait_fixed(1)``, say; by default about 1, 2, 4 …
        up to 60.
    :param retry: whether to try again after an error, tenacity's ``retry_if_exception_type(…)``, say; by default after
        any ``Exception``.
    :param before: called before each attempt, as ``after`` after one that failed and ``before_sleep`` before a wait.
    :raises ImportError: where tenacity is not installed.
    :raises TypeError: when ``agent`` is no agent, or a policy none of tenacity's.
    :raises ValueError: when ``retry`` judges results.

    >>> from miniagents import InteractionContext, MiniAgents, miniagent
    >>> from tenacity import wait_none
    >>> answers = iter([ConnectionError("try later"), "here you are"])
    >>> @miniagent
    ... async def busy(ctx: InteractionContext) -> None:
    ...     ctx.reply(next(answers))
    >>> async def main() -> None:
    ...     print(*await retry(busy, wait=wait_none()).inquire("Hello?"))
    >>> MiniAgents().run(main())
    here you are
    """
    given: dict[str, object] = {
        "stop": stop,
        "wait": wait,
        "retry": retry,
        "before": before,
        "after": after,
        "before_sleep": before_sleep,
    }
    how = _Retry(agent, _retrying({name: policy for name, policy in given.items() if policy is not None}))
    return agent.composed(how)


def _check_is_policy(name: str, policy: object) -> None:
    if not callable(policy) or isinstance(policy, type):
        raise TypeError(f"retry({name}={policy!r}): it is one of tenacity's, like stop=stop_after_attempt(3)")


def _retrying(policies: dict[str, Any]) -> AsyncRetrying:
    try:
        from tenacity import stop_after_attempt, wait_exponential_jitter
        from tenacity.asyncio import AsyncRetrying
    except ModuleNotFoundError as error:
        if error.name != "tenacity":
            raise
        raise ImportError(
            "ops.retry needs the package 'tenacity', which is not installed. Install it with: "
            "pip install 'miniagents-rx[retry]'",
            name="tenacity",
        ) from error
    for name, policy in policies.items():
        _check_is_policy(name, policy)
    _check_judges_errors(policies.get("retry"))
    defaults: dict[str, Any] = {"stop": stop_after_attempt(3), "wait": wait_exponential_jitter(max=60)}
    return AsyncRetrying(reraise=True, **{**defaults, **policies})


def _check_judges_errors(retry: Any) -> None:
    from tenacity import retry_if_not_result, retry_if_result
    from tenacity.asyncio import retry_if_result as retry_if_async_result

    if isinstance(retry, retry_if_result | retry_if_not_result | retry_if_async_result):
        raise ValueError(
            "retry(retry=...): a reply is not judged by its result, for it is on its way before it is whole; raise an "
            "error instead: ops.retry(agent | ops.map_messages(check) | AWAIT)"
        )
    for part in getattr(retry, "retries", ()):
        _check_judges_errors(part)


class _Retry(Policy):
    __slots__ = ("_agent", "_retrying")

    name = "retry"

    def __init__(self, agent: Composable, retrying: AsyncRetrying) -> None:
        super().__init__(agent)
        self._agent = agent
        self._retrying = retrying

    @override
    async def serve(self, call: Call) -> None:
        attempts = _Attempts(self._retrying)
        while True:
            await attempts.begin()
            one = call.ask(self._agent)
            error = await one.opening()
            pause = None if error is None else await attempts.pause_after(error)
            if pause is None:
                call.reply_as(one)
                return
            await call.drop(one)
            await sleep(pause)


class _Attempts:
    """What tenacity knows about the attempts of one call."""

    def __init__(self, retrying: AsyncRetrying) -> None:
        from tenacity import RetryCallState

        self._retrying = retrying.copy()  # one keeps the state of one call at a time
        self._retrying.begin()
        self._state = RetryCallState(self._retrying, fn=None, args=(), kwargs={})
        self._loop = get_running_loop()
        self._began = self._loop.time()

    async def begin(self) -> None:
        """Another attempt begins."""
        await self._retrying.iter(self._state)

    async def pause_after(self, error: BaseException) -> float | None:
        """The seconds to wait until the next attempt; None if there is to be none."""
        state = self._state
        state.set_exception((type(error), error, error.__traceback__))
        state.outcome_timestamp = state.start_time + self._loop.time() - self._began  # by the clock of the loop
        try:
            pause: Any = await self._retrying.iter(state)
        except BaseException as raised:
            if raised is error:
                return None
            raise
        state.prepare_for_next_attempt()
        return float(pause)
