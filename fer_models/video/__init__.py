"""Faces in time: videos, cameras, recordings, and networks that read frames in order."""
