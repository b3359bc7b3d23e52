"""How Sophia and Artemis think: evidence in, findings out. Pure; time and ids arrive as arguments."""
