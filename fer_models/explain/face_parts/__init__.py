"""Where parts of the face and action units lie, and how much relevance they hold."""
