"""Both ways of starting a kernel give the same kernel."""
