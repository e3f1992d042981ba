"""Which failures may be made again by themselves, in whatever words they are told."""

import pytest

from musicapp_pipeline.generation.codes import is_final, is_harmless, is_moderation

REFUSALS = (
    "moderation_blocked", "moderation", "sentinel_block", "content_policy_violation",
    "content_policy", "content_filter", "contentFilter", "safety_violation", "SAFETY",
    "policy_violation", "Content-Moderation", "OutputVideoSensitiveContentDetected",
    "PROHIBITED_CONTENT", " content policy violation ",
)  # fmt: skip


@pytest.mark.parametrize("code", REFUSALS)
def test_what_was_refused_for_its_content_is_final(code):
    assert is_moderation(code) and is_final(code)


@pytest.mark.parametrize(
    "code", ["cancelled", "Canceled", "user_cancelled", "deleted", "job_expired", "400", 403, "422"]
)
def test_what_ended_otherwise_than_by_a_failure_is_final(code):
    assert is_final(code) and not is_moderation(code)


@pytest.mark.parametrize(
    "code", ["internal_error", "server_error", "provider_failed", "500", 503, "429", "408", None]
)
def test_a_failure_of_the_moment_is_not_final(code):
    assert not is_final(code)


@pytest.mark.parametrize("code", [0, "0", None, "", "OK", "success", False, 200])
def test_what_is_written_where_nothing_went_wrong_is_harmless(code):
    assert is_harmless(code)


def test_a_code_that_says_something_is_not_harmless():
    assert not is_harmless("internal_error") and not is_harmless(1)
