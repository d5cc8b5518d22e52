"""A pretended GPU, for machines that have none: mistakes with devices show up on a CPU.

    import pretend_gpu
    pretend_gpu.install("T4")               # or "H100"; once a process, before any other use of torch.cuda
    x = torch.ones(3, device="cuda")        # holds real numbers, computed by the CPU, and says cuda:0
    x + torch.ones(3)                       # RuntimeError: Expected all tensors to be on the same device …
    with pretend_gpu.waits() as seen:       # where does the program wait for the GPU, and how often?
        step()
    print(seen)                             # Counter({("train.py:12", "item"): 1, …})

tests/gpu/conftest.py installs it when PRETEND_GPU names a card; nothing takes it off again, so what needs it
has a process of its own.

How it works. `Pretend` is a subclass of Tensor below autograd and autocast: it has the dispatch keys of a
CUDA tensor, so that autocast("cuda") casts as on a GPU, and a tensor of the CPU inside. Every operation on it
comes by `__torch_dispatch__`, which checks devices as CUDA does, computes with the tensors inside and wraps
what comes out. Factories with device="cuda" come by kernels registered for the CUDA key. Inside C++ the
device is called "lazy:0": autograd starts no streams for it, and composite operations take the plain way,
which needs no CUDA.

What it does not show: speed, memory, streams and races, kernels that differ (TF32, float16 sums, cuDNN's own
choices), operations that CUDA lacks, asserts of kernels, the weight cache of autocast (which mixes no_grad
and grad in torch before 2.11 or so), other processes, jit and `torch.compile`. Some messages of C++ say
"lazy:0" for cuda:0. `type(p) is Parameter` and `type(x) is Tensor` are false, isinstance is true. An
operation takes some 0.1 ms more. `out_of_memory_above = bytes` lets larger results raise
`torch.OutOfMemoryError`. It leans on private parts of torch: it is for the torch of requirements.txt only.
"""

import contextlib
import copy
import functools
import gc
import importlib
import sys
import warnings
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import torch

CARDS = {
    "T4": SimpleNamespace(name="Tesla T4", capability=(7, 5), memory=15 << 30, processors=40),
    "H100": SimpleNamespace(name="NVIDIA H100 80GB HBM3", capability=(9, 0), memory=80 << 30, processors=132),
}
TORCH = str(Path(torch.__file__).parent)
CUDA, INSIDE, CPU = torch.device("cuda:0"), torch.device("lazy:0"), torch.device("cpu")
MIXED = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! ({})"

card: SimpleNamespace | None = None
out_of_memory_above: int | None = None
_kept: list = []  # what must not be collected
_counters: list[Counter] = []
_generators: set[int] = set()  # those of the GPU, by their address: C++ hands them on as other objects
_plain_data = torch._C.TensorBase.data  # type: ignore[attr-defined]
_chance: torch.Generator  # the GPU's own default generator


class Pretend(torch.Tensor):
    """A tensor that says it is on the GPU; its numbers are in `_real`, on the CPU."""

    __torch_function__ = torch._C._disabled_torch_function_impl
    device = property(lambda self: CUDA)
    is_cuda = property(lambda self: True)

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _dispatch(func, args, kwargs or {})

    def to(self, *args, **kwargs):
        """As ever; what is on the GPU already is not copied to the GPU again."""
        inside = [_inside(a, i) for i, a in enumerate(args)]
        return super().to(*inside, **{k: _inside(v, 0 if k == "device" else 1) for k, v in kwargs.items()})

    def cuda(self, device=None, non_blocking=False, memory_format=torch.preserve_format):
        """Itself."""
        return self

    def numpy(self, *, force=False):
        """A TypeError, as for any tensor of a GPU."""
        if force:
            return self.detach().cpu().numpy()
        hint = "Use Tensor.cpu() to copy the tensor to host memory first."
        raise TypeError(f"can't convert cuda:0 device type tensor to numpy. {hint}")

    def tolist(self):
        """Lists of numbers, by way of the CPU."""
        return self.cpu().tolist()

    def __array__(self, dtype=None, copy=None):
        return self.numpy()

    def pin_memory(self, device=None):
        raise RuntimeError("cannot pin 'torch.cuda.FloatTensor' only dense CPU tensors can be pinned")

    def data_ptr(self):
        return self._real.data_ptr()

    def untyped_storage(self):
        return self._real.untyped_storage()

    def __repr__(self, *, tensor_contents=None):
        _wait("print")
        grad = ", requires_grad=True" if self.requires_grad and self.grad_fn is None else ""
        grad = f", grad_fn=<{type(self.grad_fn).__name__}>" if self.grad_fn is not None else grad
        with torch.no_grad():
            return f"{repr(self._real.detach())[:-1]}, device='cuda:0'{grad})"

    def __format__(self, spec):
        return self.item().__format__(spec) if self.dim() == 0 else repr(self)

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            if not self.is_leaf:
                raise RuntimeError("Only Tensors created explicitly by the user support deepcopy")
            new = wrap(self._real.clone()).requires_grad_(self.requires_grad)
            rest = {k: v for k, v in self.__dict__.items() if k != "_real"}
            new.__dict__.update(copy.deepcopy(rest, memo))
            new.grad = copy.deepcopy(self.grad, memo)
            memo[id(self)] = new
        return memo[id(self)]

    def __reduce_ex__(self, protocol):
        if isinstance(self, torch.nn.Parameter):
            return torch._utils._rebuild_parameter, (wrap(self._real), self.requires_grad, {})
        call, args = self._real.detach().requires_grad_(self.requires_grad).__reduce_ex__(protocol)
        args[0]._untyped_storage.pretend = True
        return call, args


def wrap(real: torch.Tensor) -> Pretend:
    """A tensor of the CPU -> one of the pretend GPU that shares its memory."""
    if out_of_memory_above is not None and real.nbytes > out_of_memory_above:
        raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {real.nbytes / 2**20:.2f} MiB.")
    if torch.is_inference_mode_enabled() != real.is_inference():  # a view of what is older than the mode
        with torch.inference_mode(real.is_inference()):
            return _shell(real)
    return _shell(real)


def _shell(real: torch.Tensor) -> Pretend:
    size, stride, begin = real.shape, real.stride(), real.storage_offset()
    shape = torch.empty_strided(size, stride, dtype=real.dtype, device="meta")
    if begin:
        numbers = real.untyped_storage().nbytes() // real.element_size()
        shape = torch.empty(numbers, dtype=real.dtype, device="meta").as_strided(size, stride, begin)
    new = torch.Tensor._make_subclass(Pretend, shape, dispatch_device=True, device_for_backend_keys=CUDA)
    new._real = real
    return new


def on_gpu(value) -> bool:
    """True for a pretend tensor, and for a generator or a device of the GPU."""
    if isinstance(value, str | torch.device):
        return torch.device(value).type in ("cuda", "lazy")
    if isinstance(value, torch._C.Generator):
        return value._cdata in _generators
    return isinstance(value, Pretend)


def _inside(value, place):
    """The device of `Tensor.to`, as C++ calls it. `place` tells a device's index from a flag."""
    if isinstance(value, int) and not isinstance(value, bool) and place == 0:
        return INSIDE
    return INSIDE if isinstance(value, str | torch.device) and on_gpu(value) else value


@contextlib.contextmanager
def waits():
    """Count what makes the program wait for the GPU: {(file:line outside torch, what): how often}."""
    counter = Counter()
    _counters.append(counter)
    try:
        yield counter
    finally:
        _counters[:] = [other for other in _counters if other is not counter]


def _wait(what: str) -> None:
    if not _counters:
        return
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith((__file__, TORCH)):
        frame = frame.f_back
    where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    for counter in _counters:
        counter[where, what] += 1


# ---------------------------------------------------------------- what happens to an operation

SIZE_UNKNOWN = """nonzero masked_select bincount equal _unique2 unique_dim unique_consecutive
    unique_dim_consecutive _assert_async"""
WAITS = {"_local_scalar_dense": "item", **dict.fromkeys(SIZE_UNKNOWN.split(), "size unknown")}
INDEXING = ("index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index", "_unsafe_index_put")
SCALARS_WELCOME = ("fill_", "masked_fill", "masked_fill_", "index_fill", "index_fill_", "where", "copy_")


def _dispatch(func, args, kwargs):
    if func is torch.ops.prim.device.default:
        return INSIDE
    if func is torch.ops.aten._has_compatible_shallow_copy_type.default:
        return True  # `_set_data` can do it
    if torch.is_inference_mode_enabled() and (out := func.decompose(*args, **kwargs)) is not NotImplemented:
        return out  # elsewhere autograd has taken composite operations apart before
    name, mutable, seeded, _ = _facts(func)
    tensors, originals = [], {}

    def unwrap(value):
        if isinstance(value, torch.Tensor):
            tensors.append(value)
            if isinstance(value, Pretend):
                originals[id(value._real)] = value
                return value._real
            originals[id(value)] = value
        elif isinstance(value, list | tuple):
            return [unwrap(v) for v in value]
        return value

    real_args, real_kwargs = unwrap(args), {k: unwrap(v) for k, v in kwargs.items()}
    _check_devices(func, args, kwargs, tensors)
    to_cpu = "device" in kwargs and kwargs["device"] is not None and not on_gpu(kwargs["device"])
    if "device" in kwargs and not (to_cpu and kwargs["device"].type == "meta"):
        real_kwargs["device"] = CPU
    if _counters:
        _count(name, args, kwargs, to_cpu)
    with _dice(args, kwargs) if seeded else contextlib.nullcontext():
        out = _compute(func, name, real_args, real_kwargs)

    def rewrap(value):
        if isinstance(value, torch.Tensor):
            if mutable and id(value) in originals:
                return originals[id(value)]
            return value if to_cpu else wrap(value)
        return type(value)(map(rewrap, value)) if isinstance(value, list | tuple) else value

    if mutable:
        for old in filter(on_gpu, originals.values()):
            if old.shape != old._real.shape or old.stride() != old._real.stride():  # resize_, squeeze_, out=
                _plain_data.__set__(old, wrap(old._real))
    if name == "_pack_padded_sequence":  # the sizes of its batches stay on the CPU
        return rewrap(out[0]), out[1]
    return rewrap(out)


@functools.cache
def _facts(func):
    """Of an operation: its name, does it write, does it draw, and may a number on the CPU take part?"""
    name, tags = func._schema.name.removeprefix("aten::"), func.tags
    scalars = torch.Tag.pointwise in tags or name in SCALARS_WELCOME or name.startswith("_foreach")
    takes = any("Generator" in str(argument.type) for argument in func._schema.arguments)
    draws = torch.Tag.nondeterministic_seeded in tags or takes
    return name, func._schema.is_mutable, draws, scalars


def _check_devices(func, args, kwargs, tensors) -> None:
    name, _, _, scalars = _facts(func)
    if name in ("copy_", "_to_copy", "_copy_from", "_pack_padded_sequence_backward"):
        return
    if name == "_pack_padded_sequence":
        if on_gpu(args[1]):
            raise RuntimeError("'lengths' argument should be a 1D CPU int64 tensor, but got 1D cuda:0")
        return
    strangers = [t for t in tensors if not isinstance(t, Pretend)]
    if not strangers:
        return
    if name in INDEXING:
        if not on_gpu(args[0]):
            where = "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
            raise RuntimeError(where if any(map(on_gpu, args[1])) else MIXED.format(func))
        strangers = [t for t in args[2:3] if not on_gpu(t) and t.dim() > 0]  # indices may come from the CPU
    elif scalars:
        first = args[0] if args else None
        written = first if name.endswith("_") and isinstance(first, torch.Tensor) else kwargs.get("out")
        strangers = [t for t in strangers if t.dim() > 0 or t is written]
    if strangers:
        raise RuntimeError(MIXED.format(f"when checking {func}"))


def _count(name, args, kwargs, to_cpu: bool) -> None:
    if name in WAITS:
        _wait(WAITS[name])
    elif name == "copy_":
        blocking = not kwargs.get("non_blocking", args[2] if len(args) > 2 else False)
        if not on_gpu(args[1]) and (blocking or not args[1].is_pinned()):
            _wait("to the GPU" if blocking else "to the GPU, since it is not pinned")
        elif blocking and not on_gpu(args[0]):
            _wait("to the CPU")
    elif name == "_to_copy" and to_cpu:
        unwaited = ", unwaited: read it only after synchronize()" * bool(kwargs.get("non_blocking"))
        _wait(f"to the CPU{unwaited}")
    elif name in INDEXING:
        indices = [i for i in args[1] if i is not None]
        if any(on_gpu(i) and i.dtype in (torch.bool, torch.uint8) for i in indices):
            _wait("size unknown")
        elif any(not on_gpu(i) for i in indices):
            _wait("index to the GPU")
    elif name == "repeat_interleave" and isinstance(args[0], Pretend) and kwargs.get("output_size") is None:
        _wait("size unknown")


@contextlib.contextmanager
def _dice(args, kwargs):
    """Let the operation draw from the GPU's generator, and refuse one of the CPU."""
    generator = next((v for v in (*args, *kwargs.values()) if isinstance(v, torch._C.Generator)), None)
    if generator is not None:
        if not on_gpu(generator):
            raise RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'")
        yield
    else:
        before = torch.get_rng_state()
        torch.default_generator.set_state(_chance.get_state())
        try:
            yield
        finally:
            _chance.set_state(torch.default_generator.get_state())
            torch.default_generator.set_state(before)


def _compute(func, name, args, kwargs):
    if name in ("_softmax", "_log_softmax") and args[2]:  # from float16 to float32 at once: only CUDA can
        return func(args[0].float(), args[1], False)
    try:
        return func(*args, **kwargs)
    except (RuntimeError, NotImplementedError) as error:  # what the CPU cannot do in half precision
        small = next((t for t in ("Half", "BFloat16") if f"not implemented for '{t}'" in str(error)), None)
        if small is None or func._schema.is_mutable:
            raise
        dtype = {"Half": torch.float16, "BFloat16": torch.bfloat16}[small]
    out = func(*_cast(args, [dtype], torch.float32), **_cast(kwargs, [dtype], torch.float32))
    return _cast(out, [torch.float32], dtype)


def _cast(value, old, new):
    """All tensors of the dtypes `old`, however deep in lists, in dtype `new`."""
    if isinstance(value, dict):
        return {k: _cast(v, old, new) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_cast(v, old, new) for v in value)
    return value.to(new) if isinstance(value, torch.Tensor) and value.dtype in old else value


# ---------------------------------------------------------------- making it known to torch


def _kernels() -> None:
    """What C++ calls to make a tensor on the GPU."""
    library = torch.library.Library("aten", "IMPL")
    _kept.append(library)

    def empty(size, *, dtype=None, layout=None, device=None, pin_memory=None, memory_format=None):
        return wrap(torch.empty(size, dtype=dtype, memory_format=memory_format or torch.contiguous_format))

    def empty_strided(size, stride, *, dtype=None, layout=None, device=None, pin_memory=None):
        return wrap(torch.empty_strided(size, stride, dtype=dtype))

    def copy_(self, other, non_blocking=False):  # torch.tensor(…, device="cuda") comes here, without dispatch
        _wait("to the GPU")
        self._real.copy_(other._real if on_gpu(other) else other)
        return self

    def triangle(name):
        make = getattr(torch, name)
        return lambda *args, dtype=None, **_: wrap(make(*args[:3], dtype=dtype or torch.long))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for key in ("CUDA", "Lazy"):
            library.impl("empty.memory_format", empty, key)
            library.impl("empty_strided", empty_strided, key)
            library.impl("copy_", copy_, key)
            library.impl("tril_indices", triangle("tril_indices"), key)
            library.impl("triu_indices", triangle("triu_indices"), key)


AUTOCAST_LOW = """_convolution convolution conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d
    conv_transpose3d cudnn_convolution cudnn_convolution_transpose prelu addmm addmv addr matmul einsum mm mv
    linear linalg_vecdot addbmm baddbmm bmm chain_matmul linalg_multi_dot _thnn_fused_lstm_cell
    _thnn_fused_gru_cell lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell scaled_dot_product_attention
    _scaled_dot_product_flash_attention"""
AUTOCAST_WIDEST = """addcdiv addcmul atan2 bilinear cross dot grid_sampler index_put tensordot scatter_add
    cat stack"""


def _autocast() -> None:
    """autocast("cuda") casts what is_cuda() in C++, which these tensors are not: so it is done here."""
    library = torch.library.Library("aten", "IMPL")
    _kept.append(library)
    key = torch._C.DispatchKey.AutocastCUDA
    floats = torch.float16, torch.bfloat16, torch.float32
    low, widest = AUTOCAST_LOW.split(), AUTOCAST_WIDEST.split()

    def kernel(op, name):
        def call(*args, **kwargs):
            dtype = torch.get_autocast_dtype("cuda") if name in low else torch.float32
            if name in widest:
                some = [*args, *(args[0] if args and isinstance(args[0], list | tuple) else [])]
                used = {t.dtype for t in some if isinstance(t, torch.Tensor)}
                dtype = next((d for d in reversed(floats) if d in used), dtype)
            with torch._C._ExcludeDispatchKeyGuard(torch._C.DispatchKeySet(key)):
                return op(*_cast(args, floats, dtype), **_cast(kwargs, floats, dtype))

        return call

    for full in torch._C._dispatch_get_all_op_names():
        space, _, name = full.partition("::")
        name, _, overload = name.partition(".")
        if space != "aten" or name in ("binary_cross_entropy", "_cudnn_rnn"):
            continue
        if torch._C._dispatch_has_kernel_for_dispatch_key(full, "AutocastCUDA"):
            op = getattr(getattr(torch.ops.aten, name), overload or "default")
            library.impl(f"{name}.{overload}" if overload else name, kernel(op, name), "AutocastCUDA")


def _set_data(self, new) -> None:
    """`parameter.data = …` may change its device; it stays the same object."""
    if on_gpu(self) != on_gpu(new):
        grad, self.grad = self.grad, None
        with torch.inference_mode(False):
            fresh = _shell(new._real) if on_gpu(new) else torch.empty(0, dtype=new.dtype)
            if isinstance(self, torch.nn.Parameter):
                fresh = torch.nn.Parameter(fresh) if type(fresh) is torch.Tensor else fresh
                fresh._is_param = True  # what isinstance looks at
        fresh.requires_grad_(self.requires_grad)
        self.__class__, fresh.__class__ = fresh.__class__, self.__class__
        self.__dict__, fresh.__dict__ = fresh.__dict__, self.__dict__
        torch._C._swap_tensor_impl(self, fresh)  # as swap_tensors, which refuses where a graph lives
        if grad is not None:
            _set_data(self, new)
            self.grad = grad.to(new.device)
    if on_gpu(self):
        self._real = new._real
    _plain_data.__set__(self, new)


class Generator(torch._C.Generator):
    """A generator of the CPU that may say it is the GPU's."""

    def __new__(cls, device="cpu"):
        new = super().__new__(cls, "cpu" if on_gpu(device) else device)
        (_generators.add if on_gpu(device) else _generators.discard)(new._cdata)
        return new

    def __init__(self, device="cpu"):
        pass

    def __del__(self):
        _generators.discard(self._cdata)

    device = property(lambda self: CUDA if on_gpu(self) else CPU)


def _patched_functions() -> None:
    """Functions of tensors of the CPU that take a generator or pinned memory."""

    def checked(function):
        def call(*args, **kwargs):
            pinned, generator = kwargs.pop("pin_memory", False), kwargs.get("generator")
            gpu = on_gpu(kwargs.get("device") or "cpu") or any(map(on_gpu, args))
            if on_gpu(generator) and not gpu and not on_gpu(torch.get_default_device()):
                raise RuntimeError("Expected a 'cpu' device type for generator but found 'cuda'")
            out = function(*args, **kwargs)
            if pinned:
                out.pinned = True
            return out

        return call

    for name in ("empty", "zeros", "ones", "full", "tensor", "rand", "randn", "randint", "randperm"):
        setattr(torch, name, checked(getattr(torch, name)))
    for name in ("empty_like", "zeros_like", "multinomial", "bernoulli", "normal", "arange"):
        setattr(torch, name, checked(getattr(torch, name)))
    for name in ("multinomial", "bernoulli", "bernoulli_", "normal_", "uniform_", "random_", "exponential_"):
        setattr(torch.Tensor, name, checked(getattr(torch.Tensor, name)))

    def pin_memory(self, device=None):
        self = self.clone()
        self.pinned = True
        return self

    torch.Tensor.pin_memory = pin_memory
    torch.Tensor.is_pinned = lambda self, device=None: getattr(self, "pinned", False)
    torch.Tensor.data = property(lambda self: _plain_data.__get__(self), _set_data)
    torch.Generator = Generator


def _patched_rnn() -> None:
    """What cuDNN insists on: contiguous states, training mode for gradients, float16 under autocast."""

    def like_cudnn(function):
        def call(*args):  # input, hx, weights, …, or of a PackedSequence data, batch_sizes, hx, weights, …
            if not on_gpu(args[0]):
                return function(*args)
            packed = isinstance(args[3], list | tuple)
            hx, training = args[1 + packed], args[6 + packed]
            for state, letter in zip(hx if isinstance(hx, list | tuple) else [hx], "hc", strict=False):
                if not state.is_contiguous():
                    raise RuntimeError(f"rnn: {letter}x is not contiguous")
            if torch.is_autocast_enabled("cuda"):
                args = _cast(args, [torch.float32, torch.bfloat16], torch.float16)  # whatever is asked for
            with torch.autocast("cuda", enabled=False):
                out = function(*args)
            if not training and out[0].requires_grad:
                out[0].register_hook(refuse)
            return out

        return call

    def refuse(grad):
        raise RuntimeError("cudnn RNN backward can only be called in training mode")

    torch._use_cudnn_rnn_flatten_weight = lambda: False
    for name in ("lstm", "gru", "rnn_tanh", "rnn_relu"):
        setattr(torch._VF, name, like_cudnn(getattr(torch._VF, name)))


def _patched_saving() -> None:
    """Files say cuda:0, as if a GPU had written them; `map_location` decides where they are read to."""
    rebuild = torch._utils._rebuild_tensor

    def rebuilt(storage, *where):
        real = rebuild(storage, *where)
        return wrap(real) if getattr(storage._untyped_storage, "pretend", False) else real

    def read(storage, location):
        if location.startswith("cuda"):
            storage.pretend = True
            return storage
        return None

    def tag(storage):
        return "cuda:0" if getattr(storage, "pretend", False) else None

    torch._utils._rebuild_tensor = rebuilt
    torch.serialization.register_package(5, tag, read)


def _patched_optimizers() -> None:
    """Fused and foreach optimizers take pretend tensors for what they say they are."""
    grouping = torch.utils._foreach_utils
    grouping._foreach_supported_types.append(Pretend)
    group = torch._C._group_tensors_by_device_and_dtype

    def grouped(*args, **kwargs):
        return {(CUDA if on_gpu(d) else d, t): v for (d, t), v in group(*args, **kwargs).items()}

    torch._C._group_tensors_by_device_and_dtype = grouped


class _Moment:
    """A stream, an event or a device to work on: here everything has happened already."""

    device, device_index, cuda_stream, stream_id, priority = CUDA, 0, 0, 0, 0

    def __init__(self, *args, **kwargs):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def query(self):
        return True

    def is_capturing(self):
        return False

    def elapsed_time(self, other):
        return 1.0

    def record_event(self, event=None):
        return event or _Moment()

    def synchronize(self):
        _wait("synchronize")

    def __getattr__(self, name):  # record, wait, wait_event, wait_stream
        return lambda *args, **kwargs: None


def _memory(device=None) -> int:
    tensors = (t._real for t in gc.get_objects() if type(t) is Pretend and hasattr(t, "_real"))
    return sum({s.data_ptr(): s.nbytes() for s in map(torch.Tensor.untyped_storage, tensors)}.values())


NOTHING = """init _lazy_init empty_cache set_device set_device_index set_device_idx set_stream ipc_collect
    reset_peak_memory_stats reset_accumulated_memory_stats set_sync_debug_mode"""
MOMENTS = "Stream Event device device_of StreamContext current_stream default_stream"
MEMORY = "memory_allocated max_memory_allocated memory_reserved max_memory_reserved"


def _patched_cuda() -> None:
    major, minor = card.capability
    properties = SimpleNamespace(name=card.name, total_memory=card.memory, major=major, minor=minor)
    properties.multi_processor_count = card.processors
    properties.is_integrated = properties.is_multi_gpu_board = 0

    def seed(value=None):
        _chance.seed() if value is None else _chance.manual_seed(int(value))

    def write(state, device=None):
        _chance.set_state(state.cpu())

    new = {
        **dict.fromkeys(NOTHING.split(), lambda *args, **kwargs: None),
        **dict.fromkeys(MOMENTS.split(), _Moment),
        **dict.fromkeys(MEMORY.split(), _memory),
        **dict.fromkeys(("is_available", "is_initialized"), lambda: True),
        **dict.fromkeys(("is_current_stream_capturing", "_is_in_bad_fork"), lambda: False),
        **dict.fromkeys(("current_device", "current_device_index"), lambda: 0),
        **dict.fromkeys(("manual_seed", "manual_seed_all", "seed", "seed_all"), seed),
        "device_count": lambda: 1,
        "current_accelerator": lambda check_available=False: torch.device("cuda"),
        "stream": lambda stream: stream or _Moment(),
        "synchronize": lambda device=None: _wait("synchronize"),
        "get_device_name": lambda device=None: card.name,
        "get_device_capability": lambda device=None: card.capability,
        "get_device_properties": lambda device=None: properties,
        "is_bf16_supported": lambda including_emulation=True: major >= 8 or including_emulation,
        "is_tf32_supported": lambda: major >= 8,
        "mem_get_info": lambda device=None: (card.memory - _memory(), card.memory),
        "memory_stats": lambda device=None: {},
        "initial_seed": lambda: _chance.initial_seed(),
        "get_rng_state": lambda device=None: _chance.get_state(),
        "get_rng_state_all": lambda: [_chance.get_state()],
        "set_rng_state": write,
        "set_rng_state_all": lambda states: write(states[0]),
        "default_generators": (_chance,),
    }
    for module in (torch.cuda, torch.cuda.memory, torch.cuda.random, getattr(torch, "accelerator", None)):
        for name, value in new.items():
            if module is torch.cuda or hasattr(module, name):
                setattr(module, name, value)


def install(name: str = "T4") -> None:
    """From now on this process has a CUDA device. There is no way back: use a process of its own."""
    global card, _chance
    if card is not None:
        if card is not CARDS[name]:
            raise RuntimeError(f"This process pretends to have a {card.name} already.")
        return
    if torch.cuda.is_available():
        raise RuntimeError("This machine has a GPU: there is nothing to pretend.")
    importlib.import_module("torch._dynamo")  # optimizers import it, and it wants torch as it was

    card, _chance = CARDS[name], Generator("cuda")
    _chance.manual_seed(torch.initial_seed())
    _patched_cuda()
    torch._C._ensureCUDADeviceGuardSet()
    _kernels()
    _autocast()
    torch.utils._device._device_constructors()  # remembers torch's own functions
    _patched_functions()
    _patched_rnn()
    _patched_saving()
    _patched_optimizers()
