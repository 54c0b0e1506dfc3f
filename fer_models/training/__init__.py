"""Training: what is asked (recipe), the loop, the run folder, and the processes that work on it."""
