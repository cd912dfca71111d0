"""The ledger's rows and the tests that hold them."""
