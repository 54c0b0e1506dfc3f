from workbench.views import datasets

datasets.render()
