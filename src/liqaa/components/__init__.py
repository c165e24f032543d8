"""The pipeline's components, each a registered spaCy factory."""
