from workbench.views import group

group.render()
