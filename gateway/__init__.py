"""Every door to Diarchy."""
