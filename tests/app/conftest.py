"""Each test here has an app with folders of its own."""

from app_fixtures import app, checkpoint, folders, no_jobs

__all__ = ["app", "checkpoint", "folders", "no_jobs"]
