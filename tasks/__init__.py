"""One retryable step each: load, decide, store."""
