from workbench.views import compare

compare.render()
