"""Everything that a home needs to work by itself, as one command: `diarchy serve`."""
