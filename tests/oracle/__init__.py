"""Compare the evaluator with an independent engine, which is fetched for the test and belongs to no part of the project."""
