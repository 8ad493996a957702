"""The pipeline of four agents: one drafts, one passes on, one rewords token by token, one signs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from random import Random
from typing import Any

from benchmarks.soak.plans import Plan
from miniagents import InteractionContext, Message, MessagePromise, MessageSequencePromise, miniagent

SIGNATURE = "signed"


@miniagent
async def drafting(ctx: InteractionContext, plan: Plan) -> None:
    """Streams the messages of the plan, with pauses between the tokens."""
    plan.running += 1
    random = Random(plan.number)
    try:
        await asyncio.sleep(plan.begins_after)
        for index, tokens in enumerate(plan.texts):
            if plan.fault == "an exception is replied" and index == plan.at:
                ctx.reply(plan.error)
                return
            promise = Message.promise(message_token_streamer=partial(_drafted, plan, index, tokens, random))
            ctx.reply(promise)
            await promise.settled()
    finally:
        await _clean_up(plan)


async def _drafted(
    plan: Plan, index: int, tokens: tuple[str, ...], random: Random, _: dict[str, Any]
) -> AsyncIterator[str]:
    plan.running += 1
    try:
        for position, token in enumerate(tokens):
            await asyncio.sleep(plan.pause * random.uniform(0.0, 2.0))
            yield token
            if plan.fault == "a token stream breaks" and index == plan.at and position == 0:
                raise plan.error
    finally:
        await _clean_up(plan)


async def _clean_up(plan: Plan) -> None:
    try:
        await asyncio.sleep(0)
    finally:
        plan.running -= 1


@miniagent
async def passing(ctx: InteractionContext) -> None:
    """Passes its messages on."""
    ctx.reply(ctx.message_promises)


@miniagent
async def rewording(ctx: InteractionContext, plan: Plan) -> None:
    """Streams every message anew, as it comes."""
    plan.running += 1
    try:
        index = 0
        async for promise in ctx.message_promises:
            if plan.fault == "an agent raises" and index == plan.at:
                raise plan.error
            ctx.reply(Message.promise(message_token_streamer=partial(_reworded, promise)))
            index += 1
    finally:
        plan.running -= 1


async def _reworded(promise: MessagePromise, _: dict[str, Any]) -> AsyncIterator[str]:
    async for token in promise:
        yield token


@miniagent
async def signing(ctx: InteractionContext) -> None:
    """Passes its messages on and signs."""
    ctx.reply([ctx.message_promises, SIGNATURE])


def call(plan: Plan) -> MessageSequencePromise:
    """Calls the pipeline."""
    return (drafting.fork(plan=plan) | passing | rewording.fork(plan=plan) | signing).inquire("draft")
