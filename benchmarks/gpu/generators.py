"""A generator of the user's own draws in a graph what it draws without."""

from collections.abc import Iterator

import torch
from torch import Tensor

from benchmarks.gpu.lanes import graph_type
from benchmarks.gpu.place import Check, Place

DRAWS = 4


def checks(place: Place) -> Iterator[Check]:
    """Yield what a replay has to do."""
    yield Check(name="eager against replayed", run=lambda: _same_draws(place))
    yield Check(name="restored after capture", run=lambda: _restored(place))


def _drawing(place: Place) -> tuple[torch.Generator, list[Tensor], Tensor]:
    """Return a generator, what it draws eagerly in turn, and its state then."""
    generator = torch.Generator(place.device).manual_seed(7)
    eager = [_draw(generator) for _ in range(DRAWS)]
    return generator, eager, generator.get_state()


def _draw(generator: torch.Generator) -> Tensor:
    uniform = torch.rand(1000, generator=generator, device=generator.device)
    return uniform + torch.randn(1000, generator=generator, device=generator.device)


def _replayed(place: Place, generator: torch.Generator, state: Tensor) -> list[Tensor]:
    """Capture a draw, set the generator to a state, and return what replays draw."""
    stream = torch.cuda.Stream() if place.on_gpu else None  # type: ignore[no-untyped-call]
    with torch.cuda.stream(stream):
        _draw(generator)
        graph = graph_type(place)(generator)
        drawn = graph.record(lambda: _draw(generator))
        generator.set_state(state)
        found = []
        for _ in range(DRAWS):
            graph.replay()
            found.append(drawn.clone())
    place.wait()
    return found


def _same_draws(place: Place) -> None:
    generator, eager, after = _drawing(place)
    found = _replayed(place, generator, torch.Generator(place.device).manual_seed(7).get_state())
    for index, (ours, theirs) in enumerate(zip(found, eager, strict=True)):
        assert torch.equal(ours, theirs), f"replay {index} draws other numbers"
    assert not torch.equal(found[0], found[1]), "each replay draws the same"
    assert torch.equal(generator.get_state(), after), "the generator is elsewhere after the replays"


def _restored(place: Place) -> None:
    generator = torch.Generator(place.device).manual_seed(3)
    _draw(generator)
    on_the_way = generator.get_state()
    expected = [_draw(generator) for _ in range(DRAWS)]
    found = _replayed(place, generator, on_the_way)
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.equal(ours, theirs), "a generator that is restored after its capture draws other numbers"
