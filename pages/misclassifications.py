from workbench.views import misclassifications

misclassifications.render()
