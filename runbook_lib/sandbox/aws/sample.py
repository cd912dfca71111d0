"""What a realistic account holds before the runbook comes: the product's instance, a cluster, and things of other people."""

from __future__ import annotations

import json
from typing import Any

INSTANCE = "i-0a1b2c3d4e5f60718"
FOREIGN_ROLE, FOREIGN_BUCKET = "data-lake-etl", "acme-data-lake"
EC2_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def load(endpoint: str, account: str, region: str, partition: str, port: int) -> None:
    """Make it through the endpoint itself, as a person would."""
    import boto3

    session = boto3.Session(aws_access_key_id="AKIASANDBOX", aws_secret_access_key="sandbox", region_name=region)  # noqa: S106

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=endpoint)

    _instance(client("ec2"))
    client("redshift").create_cluster(
        ClusterIdentifier="tonic-sandbox", NodeType="ra3.xlplus", MasterUsername="awsuser", MasterUserPassword="Abcdefg1",  # noqa: S106
        DBName="tickit", Port=port, EnhancedVpcRouting=False,
    )  # fmt: skip
    client("ecr").create_repository(repositoryName="tonic-redshift-lambda")
    _identities(client("iam"), account, partition)
    _bucket(client("s3"), region)
    key = client("kms").create_key(Description="data lake")["KeyMetadata"]["KeyId"]
    client("kms").create_alias(AliasName="alias/data-lake", TargetKeyId=key)


def _instance(ec2: Any) -> None:
    from moto.ec2.models import instances

    image = ec2.describe_images(MaxResults=10)["Images"][0]["ImageId"]
    named = instances.random_instance_id
    instances.random_instance_id = lambda: INSTANCE
    try:
        ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "tonic-structural"}]}],
        )  # fmt: skip
    finally:
        instances.random_instance_id = named


def _identities(iam: Any, account: str, partition: str) -> None:
    iam.create_role(RoleName=FOREIGN_ROLE, AssumeRolePolicyDocument=json.dumps(EC2_TRUST))
    read = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:{partition}:s3:::{FOREIGN_BUCKET}/*"}],
    }
    iam.put_role_policy(RoleName=FOREIGN_ROLE, PolicyName="read-lake", PolicyDocument=json.dumps(read))
    made = iam.create_policy(PolicyName="acme-logging", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}))  # fmt: skip
    iam.attach_role_policy(RoleName=FOREIGN_ROLE, PolicyArn=made["Policy"]["Arn"])
    iam.create_policy(PolicyName="acme-boundary", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))  # fmt: skip
    iam.create_role(RoleName="tonic-ecs-task", AssumeRolePolicyDocument=json.dumps(EC2_TRUST).replace("ec2.", "ecs-tasks."))


def _bucket(s3: Any, region: str) -> None:
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=FOREIGN_BUCKET, **place)
