"""Side by side with peers, on the machine at hand. Figures are printed, never asserted."""
