"""Two that ask for the built-in faces at the same time draw them once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from fer_models.data import open_dataset, synthetic
from fer_models.errors import UserError


def test_the_second_one_waits_and_opens_what_the_first_one_drew(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    generate = synthetic.generate

    def counted(options: Any, *rest: Any) -> Any:
        drawn.append(options.count)
        return generate(options, *rest)

    monkeypatch.setattr(synthetic, "generate", counted)
    with ThreadPoolExecutor(4) as pool:
        sets = list(pool.map(open_dataset, ["synthetic:count=56,size=48"] * 4))
    assert drawn == [56]
    assert all(np.array_equal(each.images, sets[0].images) for each in sets)


def test_a_cache_without_room_for_a_lock_gets_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("FER_CACHE", str(blocked))
    with pytest.raises(UserError, match=r"cache folder .* cannot be written"):
        open_dataset("synthetic:count=14,size=48")
