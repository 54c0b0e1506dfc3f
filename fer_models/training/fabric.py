"""Lightning's Fabric from its own package, or from the whole of Lightning where only that is installed.

Its own package needs neither torchmetrics nor Lightning's trainer: a run starts in two thirds of the time.
"""

from __future__ import annotations

try:
    from lightning_fabric import Fabric
    from lightning_fabric.strategies import DDPStrategy
except ImportError:
    from lightning.fabric import Fabric  # type: ignore[no-redef]
    from lightning.fabric.strategies import DDPStrategy  # type: ignore[no-redef]

__all__ = ["DDPStrategy", "Fabric"]
