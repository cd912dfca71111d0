"""The vendor's page against what the stages emit, line by line."""
