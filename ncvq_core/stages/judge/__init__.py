"""The network that judges samples: a fully convolutional classifier (FCN), one a dataset."""
