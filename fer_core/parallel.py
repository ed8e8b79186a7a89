"""Independent pieces of work, side by side: on this machine's cores, or on a Ray cluster."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import joblib

Backend = Literal["loky", "ray"]
"""Processes of this machine, or workers of Ray."""


def each(
    function: Callable[[Any], Any], arguments: Iterable[Any], *, jobs: int, backend: Backend = "loky"
) -> Iterator[Any]:
    """What the function gives for each argument, in their order, each as soon as those before it are there.

    Args:
        function: importable by name.
        jobs: how many at the same time; -1 for one a core.
        backend: `ray` needs the package ray; it joins the cluster that RAY_ADDRESS names, or starts one here.

    Raises:
        ImportError: Ray is asked for and not installed; the message says how to get it.
    """
    if backend == "ray":
        register_ray()
    # Ray's backend of joblib hands results back all at once, those of the cores as they come.
    returned = "list" if backend == "ray" else "generator"
    with joblib.parallel_config(backend, n_jobs=jobs):
        yield from joblib.Parallel(return_as=returned)(joblib.delayed(function)(argument) for argument in arguments)


def register_ray() -> None:
    """Make Ray's backend known to joblib.

    Raises:
        ImportError: Ray is not installed; the message says how to get it.
    """
    try:
        import ray.util.joblib
    except ImportError as error:
        raise ImportError(f'the backend "ray" needs Ray ({error}): pip install -r requirements-ray.txt') from error
    ray.util.joblib.register_ray()
