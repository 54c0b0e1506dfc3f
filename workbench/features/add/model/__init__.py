"""What is asked of an added network, without a page."""
