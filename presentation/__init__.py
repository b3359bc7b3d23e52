"""How results look: a typed result in, Markdown or a page out. Pure but for its own templates."""
