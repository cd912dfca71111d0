"""The product's flows, played as its own principals in a whole sandbox."""
