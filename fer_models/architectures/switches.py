"""Switches that several networks have, with their ranges and words. A network says where its default comes from."""

from typing import Annotated

from fer_models.attention.gates import GateName
from fer_models.settings import about, ours

Gate = Annotated[GateName, about("The attention gate.")]
#: Reduction of gates that are not the network's own.
Ratio = Annotated[int, about("Reduction of the gates.", ours("for comparison with other gates; CBAM uses 16"), ge=1)]
Dropout = Annotated[float, about("Before the last layer.", ge=0, le=0.95)]
#: Of a gate that the network's paper does not have.
ADDED = ours("none in the paper; for comparison with other gates")
