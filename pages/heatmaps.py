from workbench.views import heatmaps

heatmaps.render()
