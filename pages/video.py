from workbench.views import video

video.render()
