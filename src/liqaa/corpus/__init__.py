"""Annotated articles: reading, writing, checking, and turning them into training data."""
