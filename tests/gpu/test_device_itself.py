"""What a GPU refuses, and that it reckons as the CPU does; of a pretended one, that it is as strict."""

import copy

import pretend_gpu
import pytest
import torch

pretended = pytest.mark.skipif(not pretend_gpu.card, reason="only a pretended GPU counts waits")


def both(gpu):
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(4, 3, generator=generator), torch.randn(4, 3, generator=generator)
    return x, y.to(gpu)


def test_it_says_where_a_tensor_is(gpu):
    x, there = both(gpu)
    assert there.device.type == gpu.type and x.device.type == "cpu" and there.to(gpu) is there
    assert torch.equal(there.cpu().to(gpu), there)
    assert torch.zeros(2, device=gpu).device == torch.zeros_like(there).device == there.device


@pytest.mark.parametrize(
    "mixing",
    [
        lambda x, there: x + there,
        lambda x, there: torch.cat([there, x]),
        lambda x, there: there @ x.T,
        lambda x, there: there.gather(1, torch.zeros(4, 1, dtype=torch.long)),
        lambda x, there: x[torch.zeros(1, dtype=torch.long, device=there.device)],
        lambda x, there: there.numpy(),
        lambda x, there: torch.nn.Linear(3, 2)(there),
    ],
)
def test_devices_do_not_mix(gpu, mixing):
    with pytest.raises((RuntimeError, TypeError)):
        mixing(*both(gpu))


def test_two_mixtures_are_allowed(gpu):
    _, there = both(gpu)
    assert torch.equal(there[torch.tensor([1])], there[1:2])  # indices may come from the CPU
    assert torch.equal(there * torch.tensor(2.0), there * 2)  # and so may a single number


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="Apple's GPU takes generators of the CPU")
def test_chance_has_a_device(gpu):
    for device, generator in ((gpu, "cpu"), ("cpu", gpu)):
        with pytest.raises(RuntimeError):
            torch.rand(2, device=device, generator=torch.Generator(generator))
    seeded = [torch.rand(2, device=gpu, generator=torch.Generator(gpu).manual_seed(3)) for _ in range(2)]
    assert torch.equal(*seeded)


def test_a_network_learns_there_as_on_the_cpu(gpu):
    torch.manual_seed(0)
    layers = torch.nn.Linear(3, 8), torch.nn.LSTM(8, 8, batch_first=True), torch.nn.LayerNorm(8)
    model, x, losses = torch.nn.ModuleList(layers), torch.randn(4, 3), []
    for device in (torch.device("cpu"), gpu):
        first, lstm, last = same = copy.deepcopy(model).to(device)
        optimizer = torch.optim.AdamW(same.parameters())
        for _ in range(3):
            loss = last(lstm(first(x.to(device)).unsqueeze(1))[0]).pow(2)[:, :, 2].sum()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(same.parameters(), 1.0)
            optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1], abs=1e-3 if not pretend_gpu.card else 1e-5)


def test_autocast_casts(gpu):
    _, there = both(gpu)
    layer = torch.nn.Linear(3, 2).to(gpu)
    with torch.autocast(gpu.type, dtype=torch.float16):
        assert layer(there).dtype == torch.float16 and layer(there).float().softmax(-1).dtype == torch.float32


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="of cuDNN alone")
def test_an_lstm_takes_float16_whatever_autocast_says(gpu):
    lstm = torch.nn.LSTM(3, 2).to(gpu)
    with torch.autocast(gpu.type, dtype=torch.bfloat16):
        assert lstm(both(gpu)[1])[0].dtype == torch.float16


def test_a_file_remembers_the_device(gpu, tmp_path):
    _, there = both(gpu)
    torch.save(there, tmp_path / "there.pt")
    assert torch.equal(torch.load(tmp_path / "there.pt"), there)
    assert torch.equal(torch.load(tmp_path / "there.pt", map_location="cpu"), there.cpu())


@pretended
def test_waits_are_counted_with_their_place(gpu):
    x, there = both(gpu)
    with pretend_gpu.waits() as seen:
        there.sum().item(), there[there > 0], there.cpu(), x.to(gpu)
        there * 2 + 1, there.max(1).values, x.pin_memory().to(gpu, non_blocking=True)  # nobody waits
    assert sorted(what for _, what in seen) == ["item", "size unknown", "to the CPU", "to the GPU"]
    assert all(where.startswith(f"{__file__}:") and times == 1 for (where, _), times in seen.items())
    with pretend_gpu.waits() as none:
        there.exp_()
    assert not none


@pretended
@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad, torch.inference_mode])
def test_waits_are_counted_whatever_the_mode(gpu, mode):
    x, there = both(gpu)
    with mode(), pretend_gpu.waits() as seen:
        there.sum().item(), there.tolist(), x.to(gpu, non_blocking=True), there.repeat_interleave(2, 0)
    assert [what for _, what in seen] == ["item", "to the CPU", "to the GPU, since it is not pinned"]


@pretended
def test_memory_can_run_out(gpu, monkeypatch):
    monkeypatch.setattr(pretend_gpu, "out_of_memory_above", 1000)
    torch.zeros(200, device=gpu)
    with pytest.raises(torch.OutOfMemoryError):
        torch.zeros(300, device=gpu)


@pretended
def test_a_process_has_one_card(gpu):
    major, minor = torch.cuda.get_device_capability()
    assert {"Tesla T4": (7, 5), "NVIDIA H100 80GB HBM3": (9, 0)}[pretend_gpu.card.name] == (major, minor)
    other = "H100" if pretend_gpu.card is pretend_gpu.CARDS["T4"] else "T4"
    with pytest.raises(RuntimeError, match="already"):
        pretend_gpu.install(other)
