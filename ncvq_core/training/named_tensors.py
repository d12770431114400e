"""Tensors by name that may lie in a file: looked up one at a time, so that no second copy of a model comes to be."""

from collections.abc import Iterator, Mapping

from torch import Tensor, nn


class Under(Mapping[str, Tensor]):
    """Those tensors whose names begin with a prefix, by the rest of their names.

    Args:
        tensors: where each is looked up when it is asked for.
        prefix: of their names there.
    """

    def __init__(self, tensors: Mapping[str, Tensor], prefix: str) -> None:
        """Look nothing up yet."""
        self._tensors = tensors
        self._prefix = prefix

    def __getitem__(self, name: str) -> Tensor:
        """Look a tensor up."""
        return self._tensors[self._prefix + name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return (name.removeprefix(self._prefix) for name in self._tensors if name.startswith(self._prefix))

    def __len__(self) -> int:
        """Count them."""
        return sum(1 for _ in self)


def load_in_turn(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Do what `module.load_state_dict(tensors)` does, without holding all tensors of a file at once.

    Raises:
        RuntimeError: names or shapes are those of another module.
    """
    own = module.state_dict()
    if own.keys() != tensors.keys() or any(own[name].shape != tensors[name].shape for name in own):
        module.load_state_dict(dict(tensors))  # it says what does not fit
    for name, tensor in own.items():
        tensor.copy_(tensors[name])
