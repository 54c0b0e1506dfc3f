"""Networks as other packages have them, small: what ``module:function`` names in tests."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """A residual block as torchvision and timm write it: ReLU in place, used twice."""

    def __init__(self, c_in: int, c_out: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False), nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU(inplace=True)
        self.conv2, self.bn2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False), nn.BatchNorm2d(c_out)
        self.downsample = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class SmallResNet(nn.Module):
    """The names of ResNet-18 in torchvision and timm, few channels."""

    def __init__(self, num_classes: int, in_chans: int, width: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(in_chans, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.layer1, self.layer2 = Block(width, width, 1), Block(width, 2 * width, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2 * width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer2(self.layer1(self.relu(self.bn1(self.conv1(x)))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def small_resnet(num_classes: int = 1000, in_chans: int = 3, width: int = 8) -> nn.Module:
    return SmallResNet(num_classes, in_chans, width)


class _Functional(nn.Module):
    def __init__(self, classes: int, end: str):
        super().__init__()
        self.conv, self.fc, self.end = nn.Conv2d(3, 8, 3, 2, 1), nn.Linear(8, classes), end
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, x: Tensor) -> Tensor:
        scores = self.fc(F.relu(self.conv(x)).mean((2, 3)))
        return self.softmax(scores) if self.end == "module" else F.softmax(scores, 1) if self.end else scores


def functional(classes: int = 7) -> nn.Module:
    """ReLU as a function, LogSoftmax as a module after the last layer."""
    return _Functional(classes, "module")


def probabilities(classes: int = 7) -> nn.Module:
    return _Functional(classes, "function")


def convolutional() -> nn.Module:
    """Scores from a convolution: no linear layer."""
    return nn.Sequential(nn.Conv2d(3, 7, 3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def no_network(num_classes: int = 7) -> int:
    return num_classes
