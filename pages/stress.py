from workbench.views import stress

stress.render()
