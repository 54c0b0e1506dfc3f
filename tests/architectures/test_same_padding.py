"""TensorFlow's "same" padding against values worked out by hand."""

import torch

from fer_models.architectures.same_padding import SameAvgPool, SamePad, pad_same


def test_the_extra_cell_goes_to_the_end():
    x = torch.ones(1, 1, 4, 4)
    padded = pad_same(x, 3, 2)  # 2 windows of 3 with step 2 cover 5 cells: one is missing
    assert padded.shape == (1, 1, 5, 5)
    assert padded[0, 0, 4].sum() == 0
    assert padded[0, 0, 0].sum() == 4
    assert SamePad(7, 2)(torch.ones(1, 1, 100, 100)).shape == (1, 1, 105, 105)  # 2 before, 3 after


def test_average_counts_no_padding_on_an_even_side():
    x = torch.arange(1.0, 5.0).expand(1, 1, 4, 4)  # columns 1 2 3 4, padded at the end only
    assert torch.allclose(SameAvgPool(3, 2)(x)[0, 0, 0], torch.tensor([2.0, 3.5]))  # (1+2+3)/3, (3+4)/2


def test_average_counts_no_padding_on_an_odd_side():
    x = torch.arange(1.0, 6.0).expand(1, 1, 5, 5)  # padded by one on both ends
    assert torch.allclose(SameAvgPool(3, 2)(x)[0, 0, 0], torch.tensor([1.5, 3.0, 4.5]))  # (1+2)/2, (2+3+4)/3, (4+5)/2
