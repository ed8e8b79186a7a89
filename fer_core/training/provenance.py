"""Where a result comes from: code, packages, machine."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("keras", "tensorflow", "jax", "torch", "numpy", "onnxruntime")


def code_version() -> str:
    """Commit of the working tree this package stands in, `+` behind it where files differ from it.

    `unknown` where it is no part of one, as when it is installed inside of another project's.
    """
    here = Path(__file__)

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(here.parent), *arguments], capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", here.name)
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def package_versions() -> dict[str, str]:
    """Installed versions of the packages that a result depends on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def hardware(backend: str, device: str, precision: str) -> dict[str, str | int]:
    """What a run was trained on; the caller says which Keras backend, device and dtype policy."""
    return {
        "machine": platform.machine(),
        "cores": os.cpu_count() or 0,
        "backend": backend,
        "device": device,
        "precision": precision,
    }
