"""Plugins: files of the user's that register augmentations, SSL methods, tokenizers, metrics and figures.

Needs no torch. A plugin is known by the checksum of its source, which is part of the id of each trial that uses
something of it. It travels as text: a worker on another machine runs what the launch read, whatever lies there under
the file's name.
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
from types import FrameType, ModuleType
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
    installed: bool = False
    """Whether it is a module of an installed package, which does not travel."""

    @property
    def checksum(self) -> str:
        """The first 12 hex digits of the SHA-256 of its text."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:12]


class Addition(NamedTuple):
    """What a plugin has registered."""

    kind: str
    """The word for it: augmentation, ssl method, tokenizer, metric, figure."""
    name: str
    """What it is called."""
    line: int
    """Where in the plugin."""
    undo: Callable[[], object]
    """Takes it away again."""


class _Loading:
    """A plugin and what it has registered so far."""

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self.added: list[Addition] = []

    def take_back(self) -> None:
        """Forget all that it has registered."""
        for addition in reversed(self.added):
            addition.undo()


_current: list[_Loading] = []
"""What is being loaded now, the innermost last."""
_loaded: dict[str, _Loading] = {}
"""What is in this process: files by their checksums, modules of installed packages by their entry points."""


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
    loading = _current[-1]
    loading.added.append(Addition(kind, name, _line_in(loading.plugin, sys._getframe()), undo))
    return loading.plugin.checksum


def additions(plugin: Plugin) -> tuple[Addition, ...]:
    """Return what a plugin that is loaded in this process has registered."""
    return tuple(
        addition for loading in _loaded.values() if loading.plugin.checksum == plugin.checksum
        for addition in loading.added
    )  # fmt: skip


def place_in_plugin(error: BaseException) -> str | None:
    """Return `FILE:LINE` of the last line of a loaded plugin that an error came through; None where it is of none."""
    paths = {loading.plugin.path for loading in _loaded.values()}
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
              if frame.filename in paths]  # fmt: skip
    return places[-1] if places else None


def read_plugin(path: Path) -> Plugin:
    """Read a file; nothing of it runs.

    Raises:
        PluginError: it is not there, cannot be read, or is no text.
    """
    try:
        return Plugin(str(path), path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise PluginError(f"plugin {path}: there is no such file") from error
    except OSError as error:
        raise PluginError(f"plugin {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise PluginError(f"{path}:{line}: not UTF-8 text") from error


def load_plugin(plugin: Plugin | Path) -> Plugin:
    """Run a plugin once in this process, so that what it registers is known; returns it.

    A file that has changed since it was loaded takes the place of what it was.

    Raises:
        PluginError: it is missing, is no valid Python, raises, takes a name that is taken, or registers nothing; what
            it had registered before that is forgotten.
    """
    plugin = read_plugin(plugin) if isinstance(plugin, Path) else plugin
    if plugin.checksum not in _loaded:
        for key in [key for key, loading in _loaded.items() if loading.plugin.path == plugin.path]:
            _loaded.pop(key).take_back()
        _loaded[plugin.checksum] = _run(plugin, lambda: _execute(plugin))
    return plugin


def load_installed() -> tuple[Plugin, ...]:
    """Load the plugins of installed packages, each once; returns them.

    Raises:
        PluginError: as `load_plugin`.
    """
    points = {point.value: point for point in entry_points(group=GROUP)}
    for value, point in points.items():
        if value not in _loaded:
            _loaded[value] = _run(_installed(point), point.load)
    return tuple(_loaded[value].plugin for value in points)


def _installed(point: EntryPoint) -> Plugin:
    spec = None
    with contextlib.suppress(ImportError):
        spec = find_spec(point.module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise PluginError(f"plugin {point.name}: its package has no module {point.module}; reinstall or remove it")
    return read_plugin(Path(spec.origin))._replace(installed=True)


def _run(plugin: Plugin, load: Callable[[], object]) -> _Loading:
    """Load a plugin, and take back all that it registered if it fails."""
    _current.append(loading := _Loading(plugin))
    try:
        load()
    except BaseException as error:
        loading.take_back()
        if isinstance(error, KeyboardInterrupt):
            raise
        raise PluginError(f"{_place(plugin, error)}: {_reason(plugin, error)}") from error
    finally:
        _current.pop()
    if not loading.added:
        raise PluginError(f"{plugin.path}:1: registers nothing; see docs/plugins.md, or `ncvq new augmentation NAME`")
    return loading


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


def _line_in(plugin: Plugin, frame: FrameType | None) -> int:
    """Return the line of a plugin that is running now; 1 where it only imports what runs."""
    while frame is not None and frame.f_code.co_filename != plugin.path:
        frame = frame.f_back
    return frame.f_lineno if frame else 1


def _place(plugin: Plugin, error: BaseException) -> str:
    """Return the file and the line that raised, the last one in the plugin itself."""
    if isinstance(error, SyntaxError) and error.filename == plugin.path:
        return f"{plugin.path}:{error.lineno or 1}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == plugin.path]
    return f"{plugin.path}:{lines[-1]}" if lines else plugin.path


def _reason(plugin: Plugin, error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename == plugin.path:
        return f"not valid Python: {' '.join(error.msg.split())}"
    text = " ".join(str(error).split())
    if isinstance(error, NcvqError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
