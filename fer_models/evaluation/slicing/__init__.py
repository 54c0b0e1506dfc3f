"""Where a network fails: figures by columns of the data."""
