"""The stages of a trial: tokenizer, prior, the network that judges, samples."""
