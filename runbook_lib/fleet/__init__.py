"""Run a verb over many environments, each in a `runbook` process of its own, and leave one record that names theirs."""
