"""Replayable streams on Rx, asyncio and pydantic; nothing here knows that messages exist.

From the bottom up, each importing only what stands before it::

    errors      what can go wrong
    frozen      immutable models with a hash
    producer    the tree of who makes what, and how it stops
    scope       what all that is made in one context shares
    failure     the end of a stream that failed, seen by somebody or not yet
    trampoline  notifications without recursion
    stream      pieces and an end, with those who wait for more
    cursor      a consumer's place in a stream, and those who follow one
    replay      the replayable observable
    pump        from user code into a stream, fairly
    promise     a value, and a stream with a whole
    appender    a stream fed by plain calls
    walk        one reader's way through streams of streams
    flatten     streams of streams, read as one
    bridge      the one door between asyncio and Rx
    unobserved  errors that nobody has seen, and what becomes of them
    waitgraph   what depends on what, and what nothing can move
    waits       the detector of deadlocks
    promising   the context that all of it lives in
"""

from miniagents.core.appender import StreamAppender
from miniagents.core.frozen import Frozen
from miniagents.core.promise import Promise, StreamedPromise
from miniagents.core.promising import Promising

__all__ = ["Frozen", "Promise", "Promising", "StreamAppender", "StreamedPromise"]
