from typing import Any

import pytest
from pydantic import ValidationError

from eduvideo.danmaku.preference import Preference


def test_only_what_was_chosen_is_kept_and_unknown_keys_are_dropped() -> None:
    chosen = {"on": False, "opacity": 0.5, "hidden_modes": ["top"], "max_on_screen": 0, "offset_ms": -60_000}
    preference = Preference.model_validate({**chosen, "volume": 3, "speed": None})
    assert preference.model_dump(mode="json") == chosen


def test_words_are_cleaned_as_danmaku_are_and_each_is_kept_once() -> None:
    preference = Preference.model_validate({"block_words": ["e\u0301", "é", "a\x00b", " \u200b ", "é"]})
    assert preference.block_words == ["é", "ab"]


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("opacity", 0.05),
        ("opacity", float("nan")),
        ("area", 1.5),
        ("size", 3),
        ("speed", "fast"),
        ("max_on_screen", -1),
        ("max_per_10s", 301),
        ("hidden_modes", ["spiral"]),
        ("block_words", ["x" * 41]),
        ("block_words", ["x"] * 201),
        ("offset_ms", 60_001),
        ("on", "perhaps"),
    ],
)
def test_what_no_player_can_do_is_refused(key: str, bad: Any) -> None:
    with pytest.raises(ValidationError):
        Preference.model_validate({key: bad})
