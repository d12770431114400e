"""What the methods train behind the pooled representations, each with its loss; needs torch."""
