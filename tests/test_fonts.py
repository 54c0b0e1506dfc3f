"""The font of pictures has the letters that file names are written in."""

from __future__ import annotations

from importlib.machinery import ModuleSpec

import pytest

from fer_models import fonts


@pytest.mark.parametrize("letter", list("üßéłžЖяΩ·≥…"))
def test_a_letter_is_no_empty_box(letter: str) -> None:
    font = fonts.font(40)
    assert bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))


def test_a_text_is_cut_where_its_room_ends() -> None:
    cut = fonts.shortened("Gesicht Müller.jpg", 20, 90)
    assert cut.endswith("…") and fonts.font(20).getlength(cut) <= 90
    assert fonts.shortened("kurz", 20, 90) == "kurz"


def test_without_the_font_another_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "find_spec", lambda name: ModuleSpec(name, None, origin="/nowhere/__init__.py"))
    assert fonts.font.__wrapped__(12).getlength("a") > 0
