"""What changed since a take was made."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.storyboard.diff import prompt_diff
from musicapp_pipeline.storyboard.prompts import build_scene_prompt
from musicapp_pipeline_tests.storyboard.test_prompts import B_ROLL, PERFORMANCE, PROJECT, TZELEM

OLD = build_scene_prompt(PROJECT, PERFORMANCE, [TZELEM])


@pytest.mark.parametrize(
    ("replacement", "summary"),
    [
        (("Best believe me", "Never leave me"), "- “Best believe” became “Never leave”"),
        (("slow push-in", "fast push-in"), "- “slow” became “fast”"),
        ((", layered chains", ""), "- removed “, layered chains”"),
        (("same hair.", "same hair, same ring."), "- added “, same ring”"),
        (
            ("tan skin, sharp jawline", "pale skin, round jawline"),
            "- “tan skin, sharp” became “pale skin, round”",
        ),
    ],
)
def test_a_change_reads_as_what_it_is(replacement, summary):
    assert prompt_diff(OLD, OLD.replace(*replacement)).summary() == summary


def test_the_same_prompt_has_no_changes():
    diff = prompt_diff(OLD, OLD)
    assert not diff.changed
    assert diff.summary() == "no changes"


def test_another_scene_is_told_in_a_few_lines():
    new = build_scene_prompt(PROJECT, B_ROLL, [TZELEM])
    lines = prompt_diff(OLD, new).summary().splitlines()
    assert 1 <= len(lines) <= 6
    assert any("rooftop" in line for line in lines)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=120), st.text(max_size=120))
def test_the_stretches_rebuild_both_prompts(old, new):
    changes = prompt_diff(old, new).changes
    assert "".join(c.before for c in changes) == old
    assert "".join(c.after for c in changes) == new
    assert all((c.kind == "same") == (c.before == c.after) for c in changes)


def test_texts_far_longer_than_a_prompt_are_compared_as_wholes():
    old, new = "a b " * 20_000, "b a " * 20_000
    assert [(c.kind, c.before, c.after) for c in prompt_diff(old, new).changes] == [
        ("changed", old, new)
    ]
    assert not prompt_diff(old, old).changed
