"""Turn what AWS and the databases answer into canonical values, and their errors into the runbook's."""
