"""The choices that several pages share by design: what was chosen on one page is chosen on the next."""

from __future__ import annotations

from workbench import state

#: Names of a checkpoint, a data set and a split.
CHECKPOINT = state.Choice("shared.checkpoint")
DATA = state.Choice("shared.data")
SPLIT = state.Choice("shared.split")
#: Position in the data set of the picture that is looked at, as text.
ROW = state.Choice("shared.row")
#: Of a network trained under a protocol of its own: what that held out, all folds, or the whole split.
PICTURES = state.Choice("shared.pictures")
PROTOCOL = state.Choice("shared.protocol")

#: A preset, and the network chosen for each.
RECIPE = state.Choice("shared.recipe")
NETWORK_OF = state.Choice("shared.network of", address=False)

#: How a face is explained and its heatmap drawn.
METHOD = state.Choice("shared.method")
LAYER = state.Choice("shared.layer")
OPACITY = state.Number("shared.opacity", 50, 0, 100)

#: How a map of faces is made, and the mark that listed pictures have.
POINTS = state.Choice("shared.points")
PROJECTION = state.Choice("shared.projection")
MAP_SETTINGS = state.Kept("shared.map settings")
MARKED = state.Choice("shared.marked", address=False)
