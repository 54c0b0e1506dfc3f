"""Copies of images: duplicates, copies of one face, and what a nearest neighbour gives away."""
