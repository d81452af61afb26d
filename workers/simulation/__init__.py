"""A year of the centre as it might be: generated cases, simulated people, the real workflows."""
