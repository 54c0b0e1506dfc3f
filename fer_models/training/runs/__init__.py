"""Run folders, their queue, and the processes that work on them."""
