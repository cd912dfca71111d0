"""Unit tests of the documents."""
