"""A trainer's training, an epoch at a time."""

from ncvq_core.training.trainer import Trainer


def train_epoch(trainer: Trainer) -> dict[str, float]:
    """Do the steps up to the end of the current epoch and return its mean losses.

    Raises:
        DivergedError: the loss is no longer finite.
    """
    epoch = trainer.epoch
    while not trainer.finished and trainer.epoch == epoch:
        trainer.step()
    trainer.check()
    return trainer.history_row(epoch)
