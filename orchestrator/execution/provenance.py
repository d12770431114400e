"""Where a result comes from."""

import json
import platform
import socket
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

RECORDED_PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "ray", "optuna", "pandas", "pyarrow", "aeon", "wandb")


def provenance(device: torch.device) -> dict[str, Any]:
    """Return code, packages, host and device, under the column names of the trials table."""
    commit, dirty = source_commit()
    return {
        "ncvq_version": _version("ncvq"),
        "git_commit": commit,
        "git_dirty": dirty,
        "python_version": platform.python_version(),
        "torch_version": torch.__version__,
        "package_versions": json.dumps({name: _version(name) for name in RECORDED_PACKAGES}),
        "host": socket.gethostname(),
        "device": str(device),
        "device_name": _device_name(device),
        "threads": torch.get_num_threads(),
    }


@cache
def source_commit() -> tuple[str | None, bool | None]:
    """Return the git commit of ncvq's own source and whether it has changes; (None, None) where it is no checkout."""
    folder = Path(__file__).resolve().parent
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        tracked = _git(folder, "ls-files", Path(__file__).name)
        dirty = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return None, None
    return (commit, bool(dirty)) if tracked else (None, None)


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@cache
def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device) if torch.cuda.is_available() else "none: CUDA is not available"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
