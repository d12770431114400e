"""Search with Optuna: suggestions from what a store holds, and what became of them."""
