"""What only one page uses: a folder a page."""
