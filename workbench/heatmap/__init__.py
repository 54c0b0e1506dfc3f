"""One explanation of one face."""
