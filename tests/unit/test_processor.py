"""What a run uses on this machine: device, number format, threads, and whose matrix products."""

from __future__ import annotations

import pytest
import torch

from lab import encoders, finetune, processor
from lab.processor import OneDnnLinear
from lab.settings import Settings, SettingsError

needs_onednn = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch has no oneDNN here")


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Which GPUs there are; none, until a test adds one."""
    there = {"cuda": False, "mps": False}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there["cuda"])
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: there["mps"])
    return there


def test_auto_takes_a_gpu_where_there_is_one(gpus: dict[str, bool]) -> None:
    assert processor.device(Settings()) == "cpu"
    gpus["mps"] = True
    assert processor.device(Settings()) == "mps"
    gpus["cuda"] = True
    assert processor.device(Settings()) == "cuda"
    assert processor.device(Settings(device="cpu")) == "cpu"


def test_a_device_that_is_not_there_is_refused(gpus: dict[str, bool]) -> None:
    with pytest.raises(
        SettingsError, match=r"^device is 'cuda', which is not here; allowed are auto, cpu\.$"
    ):
        processor.device(Settings(device="cuda"))
    gpus["cuda"] = True
    with pytest.raises(SettingsError, match=r"allowed are auto, cuda, cpu\.$"):
        processor.device(Settings(device="mps"))


@pytest.mark.parametrize(("fast", "found"), [(True, "bfloat16"), (False, "float32")])
def test_on_the_cpu_auto_follows_the_probe(fast: bool, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "bfloat16_is_fast", lambda: fast)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: not fast)
    assert processor.dtype(Settings(), "cpu") == found
    assert processor.dtype(Settings(), "cuda") == ("float32" if fast else "bfloat16")
    assert processor.dtype(Settings(), "mps") == "float32"
    for asked in ("float32", "bfloat16"):
        assert processor.dtype(Settings(dtype=asked), "cpu") == asked


@pytest.mark.parametrize(("bfloat16", "wins"), [(1.2e9, False), (1.4e9, True)])
def test_bfloat16_must_win_clearly(bfloat16: float, wins: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    speeds = {torch.float32: 1e9, torch.bfloat16: bfloat16}
    monkeypatch.setattr(processor, "flops", speeds.__getitem__)
    assert processor.bfloat16_is_fast.__wrapped__() is wins


def test_the_probe_takes_no_longer_than_it_may() -> None:
    assert 1e6 < processor.flops(torch.float32, rows=8, seconds=0.01) < 1e13


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    with processor.threads(before + 1) as inside:
        assert inside == torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
    with processor.threads(None) as inside:
        assert inside == before
    with pytest.raises(ZeroDivisionError), processor.threads(before + 1):
        _ = 1 / 0
    assert torch.get_num_threads() == before


@needs_onednn
@pytest.mark.parametrize("bias", [True, False])
def test_onednns_layer_gives_the_same_numbers_and_gradients(bias: bool) -> None:
    torch.manual_seed(0)
    plain, quick = torch.nn.Linear(48, 32, bias=bias), torch.nn.Linear(48, 32, bias=bias)
    quick.load_state_dict(plain.state_dict())
    processor.quicken(quick)
    assert type(quick) is OneDnnLinear
    numbers = torch.randn(4, 7, 48)
    found = []
    for layer in (plain, quick):
        given = numbers.clone().requires_grad_()
        output = layer(given)
        output.square().sum().backward()
        found.append([output.detach(), given.grad, *(weight.grad for weight in layer.parameters())])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


@needs_onednn
def test_only_float32_on_the_cpu_is_quickened() -> None:
    def layers(**dials: str) -> set[type]:
        settings = Settings(**{"dtype": "float32", "device": "cpu"} | dials)
        model = finetune.build(settings, encoders.minilm())
        return {type(module) for module in model.modules() if isinstance(module, torch.nn.Linear)}

    assert layers() == {OneDnnLinear}
    assert layers(dtype="bfloat16") == layers(device="cuda") == {torch.nn.Linear}
    assert torch.nn.Linear not in layers(method="lora")


def test_without_onednn_the_layers_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    layer = torch.nn.Linear(2, 2)
    processor.quicken(layer)
    assert type(layer) is torch.nn.Linear
