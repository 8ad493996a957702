"""A model provider on this machine that speaks both wire formats, and misbehaves when a test asks for it.

    provider.script(Reply(("one ", gate, "two"), Fault.CUT))     # the fixture `provider` of `fixture.py`
    AsyncOpenAI(base_url=provider.openai_url, ...)               # then: provider.requests[0].closed_early

    script.py    what a test says: Reply, Fault, Gate; Request, what it is told
    plan.py      the steps of an answer, and what each fault makes of them
    *_wire.py    the two formats, as bytes
    exchange.py  one answer on its way;  server.py  the application in its thread
    sdk.py       the clients as tests use them;  reading.py  an answer read through them

What the SDKs make of each fault (openai 3.54, anthropic 2.12, no retries; test_faults.py holds it). `tokens` is what
comes out before the error, of four; without `stream`, nothing comes out before it.

    fault                tokens  openai, stream       anthropic, stream              both, without `stream`
    400, 401, 404, 429   0       BadRequestError, AuthenticationError, NotFoundError, RateLimitError
    500                  0       InternalServerError  InternalServerError            InternalServerError
    529                  0       InternalServerError  OverloadedError                as with `stream`
    SLOW_HEADERS         0       APITimeoutError      APITimeoutError                APITimeoutError
    SLOW_BODY            4       no error             no error                       no error
    STALL                2       APITimeoutError      httpx2.ReadTimeout             APITimeoutError
    CUT                  2       APIConnectionError   httpx2.RemoteProtocolError     APIConnectionError
    RESET                2       APIConnectionError   httpx2.ReadError               APIConnectionError
    SHORT                2       NO ERROR             NO ERROR                       json.JSONDecodeError
    MALFORMED_SSE        4       no error             no error                       json.JSONDecodeError
    MALFORMED_JSON       2       json.JSONDecodeError json.JSONDecodeError           json.JSONDecodeError
    WRONG_ENCODING       2       UnicodeDecodeError   UnicodeDecodeError             UnicodeDecodeError
    ERROR_IN_STREAM      2       APIError             APIStatusError (status 200)    json.JSONDecodeError
    ENDLESS              all     goes on              goes on                        never returns
    ENDLESS_EVENT        2       never returns        never returns                  never returns
    ENDLESS_PINGS        2       never returns        never returns                  never returns
    ENDLESS_REFUSAL      0       never returns        never returns                  never returns
    HUGE_TOKEN           1       no error             no error                       no error
    EMPTY                0       NO ERROR             NO ERROR                       json.JSONDecodeError
    SILENCE              4       APITimeoutError      httpx2.ReadTimeout             APITimeoutError

The SDKs' own timeout counts the time between two pieces, 600 s unless set: nothing but the reader ends an endless
answer. In capitals is what a reader must find out for itself, by an answer that lacks its final events.

What our agents make of it (tests/ext/llms/test_faults.py) is an error wherever the reply is not whole, and an end of
what has none: ENDLESS, ENDLESS_EVENT, ENDLESS_PINGS and a HUGE_TOKEN give the tokens that fit into `max_reply_chars`,
then a ReplyTooLongError, and an ENDLESS_REFUSAL is a refusal. The connection is closed each time.
"""
