"""What finished samples keep for figures: some with their nearest real series, features of the judge, spectra."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset, Scaling
from ncvq_core.data.scaling import SCALING
from ncvq_core.evaluation.judge import Judge
from ncvq_core.evaluation.spectra import spectral_levels
from ncvq_core.fcn import judge_series
from ncvq_core.stages.examples import (
    Floats,
    Plane,
    first_of,
    nearest,
    series_examples,
    shown_channels,
    shown_classes,
    spectrum_examples,
    spread,
)
from ncvq_core.stages.kind import Example, Shown
from ncvq_core.stages.samples.run import LABELLED_SAMPLES, SAMPLE_LABELS, SAMPLES
from ncvq_core.stages.tokenizer.views import augmented_train

EACH = 2
"""Generated series of a class."""
MOST_DISTANCES = 200


class SampleExamples:
    """The examples of a trial's samples; series are scaled as the network that judges takes them.

    Args:
        config: of the trial.
        dataset: the data that it names.
        tokenizer: `StageResult.tensors` of its stage 1.
        fcn: the same of the network that judges.
        made: the same of the samples.
        device: where to compute.
    """

    def __init__(
        self,
        config: TrialConfig,
        dataset: Dataset,
        tokenizer: Mapping[str, Tensor],
        fcn: Mapping[str, Tensor],
        made: Mapping[str, Tensor],
        device: torch.device,
    ) -> None:
        """Scale all series."""
        self._config, self._dataset, self._tokenizer, self._device = config.stage1, dataset, tokenizer, device
        self._judge = Judge(fcn, dataset, device)
        self._labels = made[SAMPLE_LABELS].numpy()
        self._labelled, self._samples = self._scaled(made[LABELLED_SAMPLES]), self._scaled(made[SAMPLES])
        self._train = self._scaled(dataset.train)

    def all(self) -> list[Example]:
        """Return them."""
        return [*self._series(), *self._features(), *self._spectra()]

    def _scaled(self, series: Floats | Tensor) -> Floats:
        return self._judge.scaled(series).cpu().numpy()

    def _series(self) -> Iterator[Example]:
        """Give the first series of each class in TRAIN, the first samples of it, and the nearest of TRAIN to these."""
        classes = shown_classes(self._dataset)
        names, labels = self._dataset.classes, self._dataset.train_labels
        real, drawn = first_of(labels, classes), first_of(self._labels, classes, EACH)
        of_class, numbers = [names[label] for label in self._labels[drawn]], list(range(len(drawn)))
        yield from series_examples(
            Shown.REAL, self._train[real], [names[label] for label in labels[real]], [0] * len(real)
        )
        yield from series_examples(Shown.GENERATED, self._labelled[drawn], of_class, numbers)
        found, distances = nearest(self._labelled[drawn], self._train)
        neighbours = series_examples(
            Shown.NEIGHBOUR, self._train[found], [names[label] for label in labels[found]], numbers
        )
        yield from (each._replace(score=float(distances[each.number])) for each in neighbours)
        test = self._scaled(self._dataset.test[spread(len(self._dataset.test), MOST_DISTANCES)])
        some = self._labelled[spread(len(self._labelled), MOST_DISTANCES)]
        yield Example(Shown.NEAREST_GENERATED, nearest(some, self._train)[1])
        yield Example(Shown.NEAREST_REAL, nearest(test, self._train)[1])

    def _features(self) -> Iterator[Example]:
        """Give the features of TEST and of samples with a class, in the plane in which those of TEST vary most."""
        real, names = self._judge.real.features.cpu().numpy(), self._dataset.classes
        some = spread(len(self._labelled))
        series = torch.from_numpy(self._labelled[some]).to(self._device)
        drawn = judge_series(self._judge.network, series).features.cpu().numpy()
        plane, shown = Plane(real), spread(len(real))
        yield Example(Shown.FEATURE_AXES, plane.shares)
        for point, label in zip(plane.points(real[shown]), self._dataset.test_labels[shown], strict=True):
            yield Example(Shown.REAL_FEATURE, point, label=names[label])
        for point, label in zip(plane.points(drawn), self._labels[some], strict=True):
            yield Example(Shown.GENERATED_FEATURE, point, label=names[label])

    def _spectra(self) -> Iterator[Example]:
        """Give the spectra of TRAIN, of its augmented view, and of the samples without a class, as `psd_distance`."""
        sets = {Shown.REAL_SPECTRUM: self._train, Shown.GENERATED_SPECTRUM: self._samples}
        if self._config.ssl is not None:
            scaling = Scaling.of_tensor(self._tokenizer[SCALING], self._dataset.channels)
            view = augmented_train(self._config, self._dataset, scaling, self._device)
            sets[Shown.AUGMENTED_SPECTRUM] = self._scaled(scaling.undo(view).cpu())
        for what, series in sets.items():
            levels = spectral_levels(series, self._train)
            yield from spectrum_examples(what, levels, shown_channels(self._dataset))
