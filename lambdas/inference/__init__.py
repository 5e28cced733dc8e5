"""Inference: answers one event with a score and a decision, from window state evaluated at request time."""
