"""Several processes train one model: each has its share of every batch, and they add up what they found.

`accelerate launch` starts them, one for each GPU, and `torch.distributed` carries the numbers. A program that
was started alone is its own first process, and nothing here costs it anything.
"""

import atexit
import os
import socket
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Thread

import torch
from torch import distributed

from helpers.base.device import best_device
from helpers.base.errors import UserError, require
from helpers.base.gpus import require_gpu_each

PATIENCE = timedelta(hours=6)  # so long the others wait while the first one prepares pictures


def join() -> torch.device:
    """Meet the processes that `accelerate launch` started, or `torchrun`; the device of this one.

    When the first of them ends, however it does, so do the others. Raises UserError where accelerate is
    missing, or a GPU for each of several processes.
    """
    if not distributed.is_torchelastic_launched() and not distributed.is_initialized():
        return best_device()
    require_gpu_each(int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    require("accelerate", extra="scale")
    from accelerate import PartialState

    device = PartialState(timeout=PATIENCE).device
    _end_with_the_first()
    return device


def _end_with_the_first() -> None:
    """Hold a line to the first process, on which nothing is ever said: the system cuts it when that one ends.

    Without it the others would wait out their PATIENCE, on a GPU even deaf to Ctrl-C. They lose nothing: what
    is kept the first one has written.
    """
    one_machine = int(os.environ.get("LOCAL_WORLD_SIZE", world())) == world()
    if rank() == 0:
        server = socket.create_server(("127.0.0.1" if one_machine else "", 0), backlog=world())
        atexit.register(server.close)  # before anything else comes to its end
    port = from_first(lambda: server.getsockname()[1])
    if rank() > 0:
        host = "127.0.0.1" if one_machine else os.environ["MASTER_ADDR"]
        with suppress(OSError):  # a firewall
            line = socket.create_connection((host, port), timeout=10)
            line.settimeout(None)
            Thread(target=_follow, args=(line,), daemon=True).start()
    distributed.barrier()  # until all lines stand


def _follow(line: socket.socket) -> None:
    with suppress(OSError):
        line.recv(1)
    os._exit(0)  # whether all went well is for the first one to say


def world() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def rank() -> int:
    """Which of them this one is: 0 for the first, which alone writes files and draws progress bars."""
    return distributed.get_rank() if world() > 1 else 0


def share(rows: torch.Tensor) -> torch.Tensor:
    """Of the rows of a batch (B, …) every `world()`-th: those of this process, maybe none."""
    return rows[rank() :: world()]


def total(values: torch.Tensor) -> torch.Tensor:
    """The sum over all processes, in each of them the same."""
    values = values.clone()
    if world() > 1:
        distributed.all_reduce(values)
    return values


def add_gradients(model: torch.nn.Module) -> None:
    """Give every process the sum of all gradients: what one process would have found in the whole batch."""
    if world() == 1:
        return
    for parameter in model.parameters():
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        distributed.all_reduce(parameter.grad)


def from_first(make):
    """What `make()` gives in the first process, in all of them."""
    box = [make() if rank() == 0 else None]
    if world() > 1:
        distributed.broadcast_object_list(box)
    return box[0]


@contextmanager
def first_goes_ahead():
    """The first process does what follows while the others wait; then they do it, and find it done."""
    if world() > 1 and rank() > 0:
        distributed.barrier()
    yield
    if world() > 1 and rank() == 0:
        distributed.barrier()


def require_alone(what: str) -> None:
    """Raise UserError in one of several processes: `what` would add up wrongly there."""
    if world() > 1:
        raise UserError(f"{what} runs in one process. Start it without accelerate launch.")
