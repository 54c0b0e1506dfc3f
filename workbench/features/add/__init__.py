"""Add a network: a file of another program, or a checkpoint folder, becomes one of the networks here."""
