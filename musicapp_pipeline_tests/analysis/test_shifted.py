"""Corrections for a master in which everything comes later or earlier."""

from typing import Any

import pytest

from musicapp_pipeline.analysis.corrections import shifted

TAPS = [1.0, 2.0, 3.0, 4.0, 5.0]


def typed(*edits: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = shifted({"analysis": list(edits)}, seconds, 20)["analysis"]
    return out


def test_every_list_moves_and_other_keys_stay() -> None:
    span = {"startTime": 2.0, "endTime": 4.0}
    line = {"text": "la", **span}
    out = shifted(
        {
            "beatGrid": {"bpm": 60, "beats": [{"time": 2.0, "strength": 1}], "downbeats": [2.0]},
            "sections": [{"name": "a", **span}],
            "lyrics": [line],
            "heardLyrics": {"lines": [line], "of": "x"},
            "other": 1,
        },
        0.5,
        20,
    )
    later = {"startTime": 2.5, "endTime": 4.5}
    assert out == {
        "beatGrid": {"bpm": 60, "beats": [{"time": 2.5, "strength": 1}], "downbeats": [2.5]},
        "sections": [{"name": "a", **later}],
        "lyrics": [{"text": "la", **later}],
        "heardLyrics": {"lines": [{"text": "la", **later}], "of": "x"},
        "other": 1,
    }


def test_what_is_outside_the_new_song_is_left_out_or_cut_short() -> None:
    spans = [{"startTime": a, "endTime": a + 2.0} for a in (0.0, 2.0, 4.0)]
    out = shifted({"lyrics": spans, "beatGrid": {"downbeats": [1.0, 4.0]}}, -3, 2.5)
    assert out["lyrics"] == [
        {"startTime": 0.0, "endTime": 1.0},
        {"startTime": 1.0, "endTime": 2.5},
    ]
    assert out["beatGrid"] == {"downbeats": [1.0]}


@pytest.mark.parametrize(
    ("edit", "seconds", "left"),
    [
        ({"kind": "split_section", "time": 2.0}, -3, 0),
        ({"kind": "move_boundary", "time": 2.0, "to": 19.0}, 2, 0),
        ({"kind": "tap_tempo", "taps": TAPS}, -1.5, 1),
        ({"kind": "tap_tempo", "taps": TAPS}, -2.5, 0),
        ({"kind": "shift_beats", "milliseconds": 20.0}, -30, 1),
    ],
)
def test_typed_edits_whose_moments_are_gone_are_gone(
    edit: dict[str, Any], seconds: float, left: int
) -> None:
    assert len(typed(edit, seconds=seconds)) == left
