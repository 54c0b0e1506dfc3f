"""Networks against each other: significance, Pareto front, and the matrix across data sets."""
