"""Plugins: files of the user's that register augmentations, SSL methods, metrics and figures. Needs no torch.

A plugin is known by the checksum of its source, which is part of the id of each trial that uses something of it. It
travels as text: a worker on another machine runs what the launch read, whatever lies there under the file's name.
"""

from __future__ import annotations

import contextlib
import hashlib
import linecache
import sys
import traceback
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from ncvq_core.errors import ConfigError, NcvqError

GROUP = "ncvq.plugins"
"""The entry points by which an installed package offers a plugin: each names a module."""


class PluginError(NcvqError):
    """A plugin that cannot be used; the line begins with its file, and the line in it where there is one."""


class Plugin(NamedTuple):
    """A file of the user's, as it was read."""

    path: str
    """As the user wrote it, for messages."""
    source: str
    """Its text."""

    @property
    def checksum(self) -> str:
        """The first 12 hex digits of the SHA-256 of its text."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:12]


class _Loading:
    """What is being loaded now, and how to take back what it has registered."""

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self.undo: list[Callable[[], object]] = []


_current: list[_Loading] = []
_loaded: set[str] = set()
"""Checksums of the plugins that are in this process, and names of the entry points."""


def registering(kind: str, name: object, taken: Iterable[str], undo: Callable[[], object]) -> str:
    """Return the checksum of the plugin that registers something now, after a look at the name.

    Args:
        kind: the word for what is registered.
        name: what it is to be called.
        taken: names of that kind that are there.
        undo: takes it away again, should the plugin fail later on.

    Raises:
        ConfigError: no plugin is being loaded, the name is none, or is taken.
    """
    if not _current:
        raise ConfigError(f"{kind} {name!r}: is registered by a plugin while that is loaded: --plugin FILE, or plugins")
    if not isinstance(name, str) or not name.isidentifier():
        raise ConfigError(f"{kind} {name!r}: a name is letters, digits and _, and begins with no digit")
    if name in taken:
        raise ConfigError(f"{kind} {name!r}: the name is taken; choose another")
    _current[-1].undo.append(undo)
    return _current[-1].plugin.checksum


def read_plugin(path: Path) -> Plugin:
    """Read a file; nothing of it runs.

    Raises:
        PluginError: it is not there, cannot be read, or is no text.
    """
    try:
        return Plugin(str(path), path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PluginError(f"plugin {path}: there is no such file") from error
    except OSError as error:
        raise PluginError(f"plugin {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise PluginError(f"{path}:{line}: not UTF-8 text") from error


def load_plugin(plugin: Plugin | Path) -> Plugin:
    """Run a plugin once in this process, so that what it registers is known; returns it.

    Raises:
        PluginError: it is missing, is no valid Python, raises, takes a name that is taken, or registers nothing; what
            it had registered before that is forgotten.
    """
    plugin = read_plugin(plugin) if isinstance(plugin, Path) else plugin
    if plugin.checksum not in _loaded:
        _run(plugin, lambda: _execute(plugin))
        _loaded.add(plugin.checksum)
    return plugin


def load_installed() -> None:
    """Load the plugins of installed packages, each once.

    Raises:
        PluginError: as `load_plugin`.
    """
    for point in entry_points(group=GROUP):
        if point.value not in _loaded:
            _run(_installed(point), point.load)
            _loaded.add(point.value)


def _installed(point: EntryPoint) -> Plugin:
    spec = None
    with contextlib.suppress(ImportError):
        spec = find_spec(point.module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise PluginError(f"plugin {point.name}: its package has no module {point.module}; reinstall or remove it")
    return read_plugin(Path(spec.origin))


def _run(plugin: Plugin, load: Callable[[], object]) -> None:
    """Load a plugin, and take back all that it registered if it fails."""
    _current.append(loading := _Loading(plugin))
    try:
        load()
        if not loading.undo:
            raise PluginError(
                f"{plugin.path}:1: registers nothing; see docs/plugins.md, or `ncvq new augmentation NAME`"
            )
    except BaseException as error:
        for undo in reversed(loading.undo):
            undo()
        if isinstance(error, PluginError) or not isinstance(error, Exception):
            raise
        raise PluginError(f"{_place(plugin, error)}: {_reason(error)}") from error
    finally:
        _current.pop()


def _execute(plugin: Plugin) -> None:
    """Run the source in a module of its own: its lines are found by tracebacks, its annotations by dataclasses."""
    name = f"ncvq_plugin_{plugin.checksum}"
    module = ModuleType(name)
    module.__file__ = plugin.path
    sys.modules[name] = module
    linecache.cache[plugin.path] = len(plugin.source), None, plugin.source.splitlines(keepends=True), plugin.path
    try:
        exec(compile(plugin.source, plugin.path, "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise


def _place(plugin: Plugin, error: Exception) -> str:
    """Return the file and the line that raised, the last one in the plugin itself."""
    if isinstance(error, SyntaxError) and error.filename == plugin.path:
        return f"{plugin.path}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == plugin.path]
    return f"{plugin.path}:{lines[-1]}" if lines else plugin.path


def _reason(error: Exception) -> str:
    text = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
    if isinstance(error, NcvqError):
        return text
    if isinstance(error, SyntaxError):
        return f"not valid Python: {text}"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
