from workbench.views import explain

explain.render()
