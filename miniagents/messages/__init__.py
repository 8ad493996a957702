"""Messages, and the promises of them.

::

    message     an immutable piece of a conversation
    template    text with {field} placeholders
    appender    a message that is fed by plain calls
    promise     the promise of one message: its tokens and the whole
    join        many messages as one
    convert     what can stand for messages
    sequence    the promise of a sequence: anything goes in, a flat stream comes out
"""

from miniagents.messages.appender import MessageTokenAppender
from miniagents.messages.message import Message
from miniagents.messages.promise import MessagePromise
from miniagents.messages.sequence import MessageSequencePromise, MessageType

__all__ = ["Message", "MessagePromise", "MessageSequencePromise", "MessageTokenAppender", "MessageType"]
