"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli import complete

SweepArgument = Annotated[
    str,
    typer.Argument(
        help="A named sweep (see `ncvq sweeps`) or the path of a YAML file.", autocompletion=complete.sweeps
    ),
]
TrialArgument = Annotated[
    str, typer.Argument(help="Id of a trial, or its first digits.", autocompletion=complete.trials)
]
StoreOption = Annotated[
    Path, typer.Option("--store", envvar="NCVQ_STORE", help="Folder that holds every result.", show_default=True)
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data-dir", envvar="NCVQ_DATA", help="Local archive of datasets: NAME/NAME_TRAIN.tsv or .ts."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting or a factor, for example --set epochs=5."),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        help="A profile of the sweep, such as small; its results are kept as SWEEP-PROFILE.",
        autocompletion=complete.profiles,
    ),
]
MOST_SEEDS = 1000
"""A number beyond is a slip of the finger, and a plan of so many trials would take hours and all memory."""
SeedsOption = Annotated[
    int | None,
    typer.Option(
        "--seeds", min=1, max=MOST_SEEDS, help="How many seeds: the first of the sweep, and further ones beyond those."
    ),
]
UntilDecidedOption = Annotated[
    bool,
    typer.Option(
        "--until-decided",
        help="Race: after four seeds, further ones go only where a verdict is open (docs/racing.md).",
    ),
]
MaxSeedsOption = Annotated[
    int | None,
    typer.Option(
        "--max-seeds",
        min=5,
        max=MOST_SEEDS,
        help="With --until-decided: seeds at most, fixed at the first look. Default: those of the race, else 16.",
    ),
]
MaxTrialsOption = Annotated[
    int | None,
    typer.Option(
        "--max-trials", min=1, help="With --until-decided: trials at most, those of earlier launches included."
    ),
]
MaxHoursOption = Annotated[
    float | None,
    typer.Option("--max-hours", min=0.0, help="With --until-decided: begin no look after so many hours."),
]
PluginOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="A Python file that adds augmentations, methods, tokenizers, metrics or figures; see docs/plugins.md.",
    ),
]
AvailableOption = Annotated[
    bool, typer.Option("--available", help="Leave out the datasets that are not at hand, and say which.")
]
FcnOption = Annotated[
    Path | None,
    typer.Option(
        "--fcn-weights",
        help="Networks that judge samples: a folder with DATASET.ckpt. Default: those of the store, else trained ones.",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Workers, of --pack trials each. Default: all that fit. 0: in this process, without Ray, to debug.",
    ),
]
ThreadsOption = Annotated[int, typer.Option(min=1, help="CPU threads a worker.")]
AddressOption = Annotated[str | None, typer.Option(help="Ray cluster to run on, for example `auto`.")]
GpusOption = Annotated[
    float | None,
    typer.Option(
        "--gpus-per-trial",
        min=0.0,
        help="GPUs a worker, also a fraction of one. Default: 1 where this machine has one, else 0.",
    ),
]
PackOption = Annotated[
    int | None,
    typer.Option(min=1, help="Trials side by side in a worker, fewer where memory runs out. Default: 1."),
]
GraphsOption = Annotated[
    bool,
    typer.Option(
        "--graphs/--no-graphs",
        envvar="NCVQ_GRAPHS",
        help="On a GPU, capture each trial's step as a CUDA graph; what cannot be captured runs without.",
    ),
]
DeterministicOption = Annotated[
    bool,
    typer.Option(
        "--deterministic",
        envvar="NCVQ_DETERMINISTIC",
        help="On a GPU, take kernels alone whose bits come again, which are slower; a CPU's always do.",
    ),
]
NoSamplesOption = Annotated[
    bool,
    typer.Option(
        "--no-samples",
        help="Keep no series, spectra and points for figures; `ncvq report --with-samples` makes them later.",
    ),
]
UnpruneOption = Annotated[
    bool, typer.Option("--unprune", help="Go on with the trials that a search ended early (docs/search.md).")
]
WandbOption = Annotated[
    str | None,
    typer.Option(
        help="Publish to Weights & Biases: online, offline or disabled. Default: $WANDB_MODE, else disabled.",
        autocompletion=complete.wandb_modes,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print it as JSON, and nothing else.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

DEFAULT_STORE = Path("runs")
DEFAULT_MAX_SEEDS = 16
