from workbench.views import train

train.render()
