"""Reach AWS through boto3: ask, observe and write the resources of IAM, EC2, KMS, S3 and Secrets Manager."""
