"""The samples of a prior, as the plan, the store and reports know them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ncvq_core.stages.kind import NOTHING, Example, Given, Sizes, StageKind

if TYPE_CHECKING:
    from torch import Tensor

    from ncvq_core.config import TrialConfig
    from ncvq_core.stages.base import StageRun
    from ncvq_core.stages.cost import Cost


class SamplesKind(StageKind):
    """Draws samples of a prior and measures them."""

    name = "samples"
    words = "samples"
    changed = "the samples"
    needs = ("stage1", "stage2", "fcn")
    settings: ClassVar[Mapping[str, type]] = {
        "sampling_steps": int,
        "choice_temperature": float,
        "guidance_scale": float,
    }
    details = ("fid_by_class", "fcn")
    has_examples = True

    def stage_id(self, config: TrialConfig) -> str | None:
        """Return the content address of the samples; None for a trial that stops at stage 1."""
        return config.samples_id

    def epochs(self, config: TrialConfig, sizes: Sizes) -> int:
        """Return one for drawing and those of the classifier that CAS trains, which stops early where it can."""
        from ncvq_core.evaluation.cas import cas_epochs

        return 1 + cas_epochs(sizes.train)

    def cost(self, config: TrialConfig, sizes: Sizes) -> Cost:
        """Return what drawing and CAS cost."""
        from ncvq_core.stages.samples.cost import samples_cost

        return samples_cost(config, sizes.train, sizes.test, sizes.channels, sizes.length)

    def build(self, given: Given) -> StageRun:
        """Return the drawing and judging of samples."""
        from ncvq_core.stages.samples.run import SamplesRun

        tokenizer, prior, fcn = (given.needed[name] for name in self.needs)
        return SamplesRun(given.config, given.dataset, tokenizer, prior, fcn, given.device)

    def examples(self, given: Given, made: Mapping[str, Tensor], known: Mapping[str, Any] = NOTHING) -> list[Example]:
        """Return samples with their nearest real series, features of the network that judges, and spectra."""
        import torch

        from ncvq_core.stages.samples.examples import SampleExamples

        tokenizer, fcn = given.needed["stage1"], given.needed["fcn"]
        device = given.device or torch.device("cpu")
        return SampleExamples(given.config, given.dataset, tokenizer, fcn, made, device).all()
