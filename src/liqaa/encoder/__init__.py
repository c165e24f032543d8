"""The shared encoder: text preparation, the spaCy architecture around it, and its optimizer."""
