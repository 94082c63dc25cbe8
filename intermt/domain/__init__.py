"""What the data mean: pure functions over records and numpy arrays."""
