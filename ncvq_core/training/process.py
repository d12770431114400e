"""What is set once for a whole process that trains, before its first tensor: where a worker starts."""

from ncvq_core.training.memory import keep_freed_memory
from ncvq_core.training.precision import exact_float32


def prepare_process() -> None:
    """Set what is a process's and no model's: how freed memory is kept, and that float32 products are float32.

    Numbers would otherwise depend on what the process did before. On a GPU a stage refuses to start without it; on a
    CPU it makes steps faster and changes no number.
    """
    keep_freed_memory()
    exact_float32()
