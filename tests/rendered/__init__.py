"""What was rendered does, in the hands of others, what the runbook would have done."""
