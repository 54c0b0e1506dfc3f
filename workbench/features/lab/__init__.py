"""The face lab: a drawn face under the user's hands, and what networks say of it."""
