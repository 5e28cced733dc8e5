"""Reusable constructs, one noun per file. They take what they need by keyword and know no stack."""
