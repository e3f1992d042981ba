"""What a partition is now, and the fingerprint that decides whether it still is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.store import artifacts
from musicapp_pipeline.store.artifacts import Made, fingerprint

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=4), VALUES))
def test_the_order_of_keys_does_not_change_a_fingerprint(parts):
    assert fingerprint(parts) == fingerprint(dict(reversed(parts.items())))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b"), ("ab",)),
        (("a", "b"), ("b", "a")),
        ((1,), ("1",)),
        ((None,), ("",)),
        ((["a"], "b"), (["a", "b"],)),
    ],
)
def test_different_inputs_have_different_fingerprints(one, other):
    assert fingerprint(*one) != fingerprint(*other)


def test_the_latest_result_of_a_partition_stands(database):
    with database.write() as session:
        artifacts.put(session, "clip", "p/s/t01", "f1", Made("v1", "k1.mp4", {"n": 1}), "run-1")
    with database.write() as session:
        artifacts.put(session, "clip", "p/s/t01", "f2", Made("v2"), None)
    with database.read() as session:
        row = artifacts.get(session, "clip", "p/s/t01")
        assert (row.fingerprint, row.data_version, row.media_key) == ("f2", "v2", None)
        assert (row.details, row.run_id) == ({}, None)
        assert artifacts.get(session, "clip", "p/s/t02") is None


def test_forgetting_a_partition_forgets_what_is_below_and_not_its_neighbour(database):
    keys = ["p", "p/s1", "p/s1/t01", "p2", "p2/s1", "p/s10"]
    with database.write() as session:
        for key in keys:
            artifacts.put(session, "a", key, "f", Made("v"), None)
        assert artifacts.count(session, "p") == 4
        artifacts.drop(session, "p/s1")
        left = [key for key in keys if artifacts.get(session, "a", key) is not None]
        assert left == ["p", "p2", "p2/s1", "p/s10"]
