from workbench.views import home

home.render()
