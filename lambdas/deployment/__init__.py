"""Deployment: an approved model package becomes the endpoint stack's parameter."""
