"""What Diarchy's things are, and the rules over them. Pure: no input or output, no clock, no random ids."""
