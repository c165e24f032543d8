"""Errors that a user meets. Each message says what is wrong, where, and what to do."""

from __future__ import annotations


class LiqaaError(Exception):
    """Base of every error that liqaa raises on purpose."""


class InputError(LiqaaError):
    """An article, file or argument that cannot be read."""


class ModelError(LiqaaError):
    """A pipeline or encoder that cannot be loaded or used."""


class AnnotationError(LiqaaError):
    """An annotated article that breaks a rule of the ontology."""
