"""The page Home: an answer at once, the ways into the app, and what is on this computer."""
