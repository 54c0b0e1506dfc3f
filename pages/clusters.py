from workbench.views import clusters

clusters.render()
