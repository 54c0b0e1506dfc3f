"""Which method can be believed, on faces whose truth is known."""
