"""One place decides where networks predict."""

import pytest
import torch

from fer_models.device import full_float32, inference_device
from fer_models.errors import UserError


@pytest.mark.parametrize(("value", "expected"), [(None, "cpu"), ("", "cpu"), ("auto", "cpu"), ("cpu", "cpu")])
def test_without_a_gpu_networks_predict_on_the_cpu(value, expected, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.delenv("FER_DEVICE", raising=False)
    if value is not None:
        monkeypatch.setenv("FER_DEVICE", value)
    assert inference_device() == torch.device(expected)


def test_a_gpu_is_used_where_there_is_one_unless_the_cpu_is_asked_for(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.delenv("FER_DEVICE", raising=False)
    assert inference_device() == torch.device("cuda")
    monkeypatch.setenv("FER_DEVICE", "cuda:1")
    assert inference_device() == torch.device("cuda:1")
    monkeypatch.setenv("FER_DEVICE", "cpu")
    assert inference_device() == torch.device("cpu")


@pytest.mark.parametrize("value", ["gpu", "cuda:x", "cpu:0", "cuda:2"])
def test_a_device_that_is_not_there_is_a_sentence(value, monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("FER_DEVICE", value)
    with pytest.raises(UserError, match="FER_DEVICE"):
        inference_device()


def test_float32_on_a_cpu_is_left_as_it_is():
    before = torch.get_float32_matmul_precision()
    with full_float32(torch.device("cpu")):
        assert torch.get_float32_matmul_precision() == before
