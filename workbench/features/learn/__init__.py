"""Lessons: guided steps for a class, with one face kept throughout."""
