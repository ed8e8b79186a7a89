import operator
import os

import pytest

from fer_core.parallel import each


@pytest.mark.parametrize("jobs", [1, 2, -1])
def test_answers_come_in_the_order_of_the_arguments(jobs):
    assert list(each(operator.neg, range(20), jobs=jobs)) == [-number for number in range(20)]


def test_several_jobs_are_processes_of_their_own():
    assert os.getpid() not in set(each(_process, range(4), jobs=2))


def test_an_error_of_a_job_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(each((1).__truediv__, [1, 0], jobs=2))


@pytest.mark.slow
def test_ray_answers_in_order():
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    assert list(each(operator.neg, range(20), jobs=2, backend="ray")) == [-number for number in range(20)]
    ray.shutdown()


def _process(_):
    return os.getpid()
