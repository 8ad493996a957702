"""The part of xllamacpp that we use: the package carries no types."""

class _Model:
    path: str

class _Cpu:
    n_threads: int

class _Sampling:
    temp: float
    top_p: float

class CommonParams:
    model: _Model
    cpuparams: _Cpu
    cpuparams_batch: _Cpu
    sampling: _Sampling
    model_alias: set[str]
    n_parallel: int
    n_ctx: int
    n_predict: int
    n_gpu_layers: int
    cache_ram_mib: int
    warmup: bool
    fit_params: bool
    endpoint_metrics: bool
    verbosity: int
    hostnames: list[str]
    port: int
    ui: bool
    cors_origins: str

class Server:
    """Blocks, with the interpreter lock held, until the model is loaded; stops and joins its threads when freed."""

    def __init__(self, common_params: CommonParams) -> None: ...
    @property
    def listening_address(self) -> str: ...
    def handle_metrics(self) -> str: ...
