"""Models, training and evaluation: a config goes in; metrics, history and tensors come out."""
