from workbench.views import webcam

webcam.render()
