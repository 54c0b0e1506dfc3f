"""What a network says of a split."""
