"""What runs. Each file reads top to bottom as its phases."""
