"""The page template, its macros and its style sheet. Read by `presentation.page` only."""
