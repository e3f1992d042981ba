"""Which partitions belong together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicapp_pipeline.defs.partitions import parents, related

PROJECTS = ["p", "p2"]
SCENES = ["p/s1", "p/s2", "p2/s1"]
TAKES = ["p/s1/t01", "p/s1/t02", "p/s2/t01", "p2/s1/t01"]


@pytest.mark.parametrize(
    ("keys", "others", "expected"),
    [
        (["p"], SCENES, {"p/s1", "p/s2"}),
        (["p"], TAKES, {"p/s1/t01", "p/s1/t02", "p/s2/t01"}),
        (["p/s1"], TAKES, {"p/s1/t01", "p/s1/t02"}),
        (["p/s1/t02"], SCENES, {"p/s1"}),
        (["p/s1/t02"], PROJECTS, {"p"}),
        (["p/s1/t02"], TAKES, {"p/s1/t02"}),
        (["p/s"], TAKES, set()),  # a prefix of characters is not a prefix of the path
        ([], TAKES, set()),
        (["gone"], TAKES, set()),
    ],
)
def test_keys_belong_together_by_their_path(keys, others, expected):
    assert related(keys, others) == expected


names = st.text("ab1", min_size=1, max_size=3)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@given(st.lists(paths, max_size=8), st.lists(paths, max_size=8))
def test_belonging_together_is_mutual(ours, theirs):
    for key in related(ours, theirs):
        assert related([key], ours)


def test_parents_are_the_levels_above():
    assert parents("p/s/t") == ["p", "p/s"]
    assert parents("p") == []
