from workbench.views import studies

studies.render()
