"""The values that cross to a provider."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from musicapp_pipeline.generation.errors import UnsupportedRequest
from musicapp_pipeline.generation.port import (
    Capabilities,
    ClipRequest,
    ProviderJob,
    remix_fingerprint,
)
from musicapp_pipeline_tests.generation.helpers import png, record, request


@given(
    st.sets(st.integers(1, 60), min_size=1).map(lambda s: tuple(sorted(s))),
    st.fractions(0, 70),
)
def test_the_shortest_covering_clip_covers_and_no_shorter_one_does(durations, seconds):
    found = Capabilities(provider="p", model="m", durations=durations).shortest_covering(seconds)
    assert (found is None) == (max(durations) < seconds)
    if found is not None:
        assert found >= seconds
        assert all(d < seconds for d in durations if d < found)


def test_a_length_between_two_frames_is_compared_exactly():
    assert record().shortest_covering(Fraction(191, 24)) == 8
    assert record().shortest_covering(Fraction(8) + Fraction(1, 10**9)) == 12


@pytest.mark.parametrize(
    ("sizes", "portrait", "size"),
    [
        ((), False, "1280x720"),
        ((), True, "720x1280"),
        (("1792x1024", "1280x720"), False, "1792x1024"),
        (("1280x720", "1024x1792"), True, "1024x1792"),
    ],
)
def test_the_size_for_an_orientation(sizes, portrait, size):
    assert record(sizes=sizes).size_for(portrait=portrait) == size


CHANGES = [
    {"prompt": "another"},
    {"seconds": 8},
    {"size": "720x1280"},
    {"model": "sora-2-pro"},
    {"seed": 1},
    {"reference_png": png(8, 8)},
]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_defines_the_picture_changes_the_fingerprint(change):
    assert request(**change).fingerprint() != request().fingerprint()


def test_equal_requests_have_equal_fingerprints_and_the_kind_matters_with_an_image():
    image = png(8, 8)
    assert request(reference_png=image).fingerprint() == request(reference_png=image).fingerprint()
    first = request(reference_png=image, reference_kind="first_frame")
    assert first.fingerprint() != request(reference_png=image).fingerprint()
    assert request(reference_kind="first_frame").fingerprint() == request().fingerprint()
    assert remix_fingerprint("a", "b") != remix_fingerprint("ab", "")


def test_a_request_survives_json_with_its_image():
    one = request(reference_png=png(8, 8), seed=3)
    assert ClipRequest.model_validate_json(one.model_dump_json()) == one


@pytest.mark.parametrize(
    "change", [{"size": "big"}, {"size": "0x720"}, {"seconds": 0}, {"prompt": ""}, {"model": ""}]
)
def test_nonsense_is_no_request(change):
    with pytest.raises(ValidationError):
        request(**change)


@pytest.mark.parametrize(
    ("kind", "flags", "ok"),
    [
        ("character", {"image_reference": True}, True),
        ("character", {}, False),
        ("first_frame", {"image_reference": True}, True),
        ("first_frame", {"first_frame": True}, True),
        ("last_frame", {"image_reference": True}, False),
        ("last_frame", {"last_frame": True}, True),
    ],
)
def test_an_image_is_only_sent_where_the_model_takes_its_kind(kind, flags, ok):
    bare = {"image_reference": False, "first_frame": False, "last_frame": False}
    capabilities = record(**(bare | flags))
    wanted = request(reference_png=png(8, 8), reference_kind=kind)
    if ok:
        capabilities.check(wanted)
    else:
        with pytest.raises(UnsupportedRequest):
            capabilities.check(wanted)


def test_only_completed_and_failed_are_ends():
    ends = {
        status
        for status in ("queued", "in_progress", "completed", "failed", "unknown")
        if ProviderJob(id="j", status=status).ended
    }
    assert ends == {"completed", "failed"}
