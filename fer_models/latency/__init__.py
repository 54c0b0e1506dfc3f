"""How long a network takes, and how much memory."""
