"""Results that other tools produced, read by a mapping and kept as a sweep of their own."""
