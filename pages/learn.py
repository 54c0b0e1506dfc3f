"""Learn: guided steps for a class, one question each, with one face kept throughout."""

from __future__ import annotations

from workbench.features.learn import frame, presenter
from workbench.widgets import heading

presenter.apply()
if not presenter.active():
    heading.show("learn")
frame.show(frame.bar())
