"""Named, parametrised components (augmentations, SSL methods): from a name in a sweep file to an object and back."""

import dataclasses
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from ncvq_core.errors import ConfigError, unknown_name
from ncvq_core.plugins import registering
from ncvq_core.settings import check_value, written_fields

Component = TypeVar("Component")

NONE = "none"
"""What a sweep file says for no component; no component can be called so."""


class Registry(Generic[Component]):
    """A table from names to frozen dataclasses.

    A component is written as its name, or as a one-entry mapping from its name to the parameters that
    differ from the defaults: `gaussian_noise` or `{gaussian_noise: {standard_deviation: 0.1}}`.
    """

    def __init__(self, kind: str, base: type[Component], components: dict[str, type[Component]]) -> None:
        """Keep the table; `kind` is the word for one entry in error messages, `base` the class of all of them."""
        self.kind = kind
        self._base = base
        self._components = components
        self._names = {component: name for name, component in components.items()}
        self._plain: dict[str, Component] = {}
        self._checksums: dict[str, str] = {}

    def register(self, name: str, component: type[Component]) -> None:
        """Add a component; a plugin calls it while it is loaded.

        Raises:
            ConfigError: the name is taken or reserved, or the component is no frozen dataclass of the right kind.
        """
        if fault := self._fault(component):
            raise ConfigError(f"{self.kind} {name!r}: {fault}")
        self._checksums[name] = registering(
            self.kind, name, [*self._components, NONE], lambda: self._forget(name, component)
        )
        self._components[name] = component
        self._names[component] = name

    def checksum(self, component: Component) -> str | None:
        """Return the checksum of the plugin that a component comes from; None where it is ncvq's own."""
        return self._checksums.get(self.name(component))

    @property
    def has_plugins(self) -> bool:
        """Whether any component comes from one."""
        return bool(self._checksums)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the valid names."""
        return iter(self._components)

    def component(self, name: str) -> type[Component]:
        """Return the class that a valid name stands for."""
        return self._components[name]

    def parse(self, written: Any, field: str | None = None) -> Component:
        """Build a component from its written form.

        Raises:
            ConfigError: the name or a parameter is unknown, or a value is out of range.
        """
        if isinstance(written, str) and written in self._components:
            if written not in self._plain:
                self._plain[written] = self._components[written]()
            return self._plain[written]
        name, parameters = self._split(written, field)
        if name not in self._components:
            raise unknown_name(self.kind, name, self, field)
        component = self._components[name]
        valid = [item.name for item in dataclasses.fields(component)]  # type: ignore[arg-type]
        for parameter in parameters:
            if parameter not in valid:
                raise unknown_name(f"parameter of {name}", parameter, valid, field)
        try:
            for parameter, value in parameters.items():
                check_value(component, parameter, value, prefix=f"{name}.")
            return component(**parameters)
        except ConfigError as error:
            raise ConfigError(str(error), field) from error

    def name(self, component: Component) -> str:
        """Return the registered name of a component."""
        return self._names[type(component)]

    def written(self, component: Component) -> str | dict[str, dict[str, Any]]:
        """Return the shortest written form of a component; `parse` reads it back."""
        name = self.name(component)
        if self._plain.get(name) is component:
            return name
        changed = written_fields(component, keep_defaults=False)
        return {name: changed} if changed else name

    def text(self, component: Component) -> str:
        """Return a component as one readable word, such as `gaussian_noise(standard_deviation=0.1)`."""
        written = self.written(component)
        if isinstance(written, str):
            return written
        ((name, parameters),) = written.items()
        return f"{name}({', '.join(f'{key}={value}' for key, value in sorted(parameters.items()))})"

    def _fault(self, component: type[Component]) -> str | None:
        """Say why a class cannot be a component; None where it can."""
        fits = isinstance(component, type) and issubclass(component, self._base)
        if not fits or not getattr(vars(component).get("__dataclass_params__"), "frozen", False):
            return f"must be a frozen dataclass under {self._base.__name__}"
        if component in self._names:
            return f"its class is there as {self._names[component]!r}; derive one from it"
        lacking = set(getattr(component, "__abstractmethods__", ()))
        lacking |= {name for name in self._base.__annotations__ if not hasattr(component, name)}
        if lacking:
            return f"its class lacks {', '.join(sorted(lacking))}"
        for field in dataclasses.fields(component):  # type: ignore[arg-type]
            if not field.metadata or field.default is dataclasses.MISSING:
                return f"parameter {field.name}: declare it with ncvq_core.settings.setting and a default"
        return None

    def _forget(self, name: str, component: type[Component]) -> None:
        self._components.pop(name, None)
        self._names.pop(component, None)
        self._checksums.pop(name, None)
        self._plain.pop(name, None)

    def _split(self, written: Any, field: str | None) -> tuple[str, dict[str, Any]]:
        if isinstance(written, str):
            return written, {}
        if isinstance(written, dict) and len(written) == 1:
            ((name, parameters),) = written.items()
            if isinstance(parameters, dict):
                return name, parameters
        raise ConfigError(f"{written!r}: write the {self.kind} as NAME or {{NAME: {{parameter: value}}}}", field)
