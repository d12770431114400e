"""YAML 1.2 text as plain values that know where they were written."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Self

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from orchestrator.sweepfile.sweep import SweepError

_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str", "seq", "map")}


@dataclass(frozen=True, kw_only=True)
class Source:
    """Plain values, and for each of them the place to name in an error.

    Attributes:
        data: the values.
        origins: from the keys and indices that lead to a value to its place, such as `file.yaml:12` or `--set epochs`.
        overrides: places of the values that did not come from the file.
    """

    data: Any
    origins: dict[tuple[Any, ...], str]
    overrides: tuple[str, ...] = ()

    def error(self, message: str, *path: Any) -> SweepError:
        """Return the error about the value at a path, or about what contains it where it was not written."""
        while path not in self.origins:
            path = path[:-1]
        origin = self.origins[path]
        blame = f" (with {', '.join(self.overrides)})" if self.overrides and origin not in self.overrides else ""
        return SweepError(f"{origin}: {message}{blame}")

    def with_override(self, section: str, key: str, value: Any, origin: str) -> Self:
        """Return a copy in which the value of `key` in a section is replaced or added."""
        data = {**self.data, section: {**self.data.get(section, {}), key: value}}
        origins = {path: place for path, place in self.origins.items() if path[:2] != (section, key)}
        origins[section, key] = origin
        return dataclasses.replace(self, data=data, origins=origins, overrides=(*self.overrides, origin))

    def with_values_of(self, path: tuple[Any, ...], section: str, key: str, blame: str) -> Self:
        """Return a copy in which the value of `key` in a section is that of `key` at another path, with its places."""
        value = self.data
        for step in (*path, key):
            value = value[step]
        data = {**self.data, section: {**self.data.get(section, {}), key: value}}
        origins = {place: origin for place, origin in self.origins.items() if place[:2] != (section, key)}
        depth = len(path)
        moved = {place: origin for place, origin in self.origins.items() if place[: depth + 1] == (*path, key)}
        origins |= {(section, *place[depth:]): origin for place, origin in moved.items()}
        overrides = tuple(dict.fromkeys((*self.overrides, blame)))
        return dataclasses.replace(self, data=data, origins=origins, overrides=overrides)

    def without(self, section: str, key: str) -> Self:
        """Return a copy in which a section has no value of `key`."""
        kept = {name: value for name, value in self.data.get(section, {}).items() if name != key}
        return dataclasses.replace(self, data={**self.data, section: kept})


def parse_yaml(text: str, name: str) -> Source:
    """Parse one YAML document.

    Args:
        text: the document; YAML 1.2, where `no` and `none` are words, and 1e-3 is a number.
        name: what to call it in errors.

    Raises:
        SweepError: a syntax error, a repeated key, or a value that is not plain.
    """
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem).split())
        raise SweepError(f"{name}:{mark.line + 1}: not valid YAML: {problem}") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SweepError(f"{name}:{line}: not valid YAML: a control character ({error.character:#04x})") from error
    origins: dict[tuple[Any, ...], str] = {(): f"{name}:1"}
    data = None if root is None else _Reader(name, origins).read(root, (), ())
    return Source(data=data, origins=origins)


class _Reader:
    """Turns nodes into values and notes their lines."""

    def __init__(self, name: str, origins: dict[tuple[Any, ...], str]) -> None:
        self._name = name
        self._origins = origins
        self._constructor = YAML(typ="safe", pure=True).constructor

    def read(self, node: Node, path: tuple[Any, ...], ancestors: tuple[Node, ...]) -> Any:
        """Return a node's value and note where it and everything in it stands."""
        if any(node is ancestor for ancestor in ancestors):
            raise SweepError(f"{self._origins[path]}: an alias inside what it stands for")
        if str(node.tag) not in _PLAIN_TAGS:
            raise self._error(node, f"{node.value!r} is not a plain value: put quotes around text, and use no tags")
        ancestors = (*ancestors, node)
        if isinstance(node, MappingNode):
            return self._read_mapping(node, path, ancestors)
        if isinstance(node, SequenceNode):
            for index, item in enumerate(node.value):
                self._note((*path, index), item)
            return [self.read(item, (*path, index), ancestors) for index, item in enumerate(node.value)]
        return self._read_scalar(node)

    def _read_mapping(self, node: MappingNode, path: tuple[Any, ...], ancestors: tuple[Node, ...]) -> dict[Any, Any]:
        values: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise self._error(key_node, "a key must be a word or a number")
            key = self.read(key_node, path, ())
            if key in values:
                raise self._error(key_node, f"key {key!r} appears twice")
            self._note((*path, key), key_node)
            values[key] = self.read(value_node, (*path, key), ancestors)
        return values

    def _read_scalar(self, node: Node) -> Any:
        try:
            return self._constructor.construct_object(node)
        except (ValueError, KeyError) as error:
            raise self._error(node, f"{node.value:.40} is not a valid {str(node.tag).rpartition(':')[2]}") from error

    def _note(self, path: tuple[Any, ...], node: Node) -> None:
        self._origins[path] = f"{self._name}:{node.start_mark.line + 1}"

    def _error(self, node: Node, message: str) -> SweepError:
        return SweepError(f"{self._name}:{node.start_mark.line + 1}: {message}")
