"""Prepare AWS and Amazon Redshift for Tonic Structural, and prove that the preparation works."""
