"""``card.md``: what a network is for, and every figure of it."""
