from workbench.views import confusion

confusion.render()
