"""The network's own attention: gates and weight matrices as pictures."""
