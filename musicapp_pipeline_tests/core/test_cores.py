"""Small linear algebra stays on one core, and the rest of the process gets its cores back."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from musicapp_pipeline.cores import one_core

np.eye(3) @ np.eye(3)


def threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_inside_there_is_one_thread_and_outside_as_many_as_before():
    before = threads()
    with one_core():
        assert threads() == {1}
        with one_core():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == before


def test_an_error_gives_the_cores_back():
    before = threads()
    with pytest.raises(ValueError, match="inside"), one_core():
        raise ValueError("inside")
    assert threads() == before


def test_threads_that_overlap_leave_things_as_they_were():
    before = threads()
    inside, done = threading.Event(), threading.Event()

    def other():
        with one_core():
            inside.set()
            done.wait(600)

    worker = threading.Thread(target=other)
    with one_core():
        worker.start()
        assert inside.wait(600)
        assert threads() == {1}
    done.set()
    worker.join()
    assert threads() == before
