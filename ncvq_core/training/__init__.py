"""Training as a step machine: trainer, batches, precision, random streams."""
