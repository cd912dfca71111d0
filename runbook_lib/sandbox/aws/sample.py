"""What a realistic account holds before the runbook comes: the product's instance, a cluster, and things of other people."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from runbook_lib.sandbox.aws.redshift import CLUSTER, DATABASE_USER, Warehouse

INSTANCE = "i-0a1b2c3d4e5f60718"
"""The instance that runs the product's server; it has no profile."""
OPERATOR = "runbook-operator"
FOREIGN_ROLE, FOREIGN_BUCKET, FOREIGN_KEY, RETIRED_KEY = "data-lake-etl", "acme-data-lake", "alias/data-lake", "alias/retired"
REPOSITORY = "tonic-redshift-lambda"
"""Where the image of the product's functions is, under `latest`; nothing runs it."""
ARCHIVE_BUCKET, PARTNER_BUCKET, PARTNER = "acme-archive", "acme-partner-exchange", "999988887777"
"""Buckets in another region and of another account."""
OTHER_REGIONS = {"aws": "us-west-2", "aws-us-gov": "us-gov-east-1", "aws-cn": "cn-northwest-1"}
ADMIN_SECRET = f"redshift!{CLUSTER}-awsuser"


def _session() -> Any:
    import boto3

    return boto3.Session()


@dataclass(frozen=True)
class Account:
    """Say where the account is, how it is reached, and with whose keys.

    All clients have one session, which reads what they have in common, and the large model of EC2, once.
    """

    endpoint: str
    number: str
    region: str
    partition: str
    access_key: str
    secret_key: str = field(repr=False)
    session: Any = field(default_factory=_session, repr=False, compare=False)

    def client(self, service: str, region: str = "", access_key: str = "") -> Any:
        """Make a client, of the operator or of the root user of another account, whose secret is the operator's."""
        keys = {"aws_access_key_id": access_key or self.access_key, "aws_secret_access_key": self.secret_key}
        return self.session.client(service, region or self.region, endpoint_url=self.endpoint, **keys)

    def arn(self, service: str, resource: str) -> str:
        """Build the ARN of something without a region."""
        return f"arn:{self.partition}:{service}::{self.number}:{resource}"


def make_operator(account: Account) -> None:
    """Make the administrator in whose name everything is asked, with a key that is known beforehand."""
    from moto.iam.models import iam_backends

    backend = iam_backends[account.number][account.partition]
    user = backend.create_user(account.region, OPERATOR, "/", [{"Key": DATABASE_USER, "Value": "awsuser"}])
    user.put_policy("everything", _document("*", "*"))
    key = backend.create_access_key(OPERATOR)
    del backend.access_keys[key.access_key_id]
    key.access_key_id, key.secret_access_key = account.access_key, account.secret_key
    backend.access_keys[account.access_key] = key


def make_cluster(account: Account, warehouse: Warehouse, admin_password: str) -> None:
    """Make the cluster that the stand-in plays, in the default VPC, with its managed secret."""
    vpc = account.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    value = json.dumps({"username": "awsuser", "password": admin_password})
    secret = account.client("secretsmanager").create_secret(Name=ADMIN_SECRET, SecretString=value)["ARN"] if admin_password else ""
    _cluster(account, warehouse, vpc, secret)


def load(account: Account) -> None:
    """Make the rest through the endpoint itself, as people would."""
    _instance(account.client("ec2"))
    value = json.dumps({"username": "etl", "password": "not-ours"})
    account.client("secretsmanager").create_secret(Name="acme/etl/database", SecretString=value)
    _image(account.client("ecr"))
    _identities(account)
    _keys(account)
    _buckets(account)


def secret_arn(account: str, region: str) -> str:
    """Give the ARN of the cluster's managed secret, empty while there is none."""
    from moto.secretsmanager.models import secretsmanager_backends

    found = secretsmanager_backends[account][region].secrets.get(ADMIN_SECRET)
    return str(found.arn) if found is not None else ""


def _document(action: str, resource: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _trust(principal: dict[str, str], **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _instance(ec2: Any) -> None:
    """Run the instance under its fixed id, in a VPC with a gateway to S3."""
    from moto.ec2.models import instances

    module: Any = instances
    named = module.random_instance_id
    module.random_instance_id = lambda: INSTANCE
    try:
        answer = ec2.run_instances(
            ImageId="ami-12c6146b", InstanceType="m6i.2xlarge", MinCount=1, MaxCount=1,
            MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "tonic-structural"}]}],
        )  # fmt: skip
    finally:
        module.random_instance_id = named
    vpc = answer["Instances"][0]["VpcId"]
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{ec2.meta.region_name}.s3", VpcEndpointType="Gateway")


def _image(ecr: Any) -> None:
    ecr.create_repository(repositoryName=REPOSITORY)
    kind = "application/vnd.docker.{}.v{}+json"
    config = {"mediaType": kind.format("container.image", 1), "size": 2, "digest": f"sha256:{'0' * 64}"}
    manifest = {"schemaVersion": 2, "mediaType": kind.format("distribution.manifest", 2), "config": config, "layers": []}
    ecr.put_image(repositoryName=REPOSITORY, imageManifest=json.dumps(manifest), imageTag="latest")


def _cluster(account: Account, warehouse: Warehouse, vpc: str, secret: str) -> None:
    from moto.redshift.models import redshift_backends

    account.client("redshift").create_cluster(
        ClusterIdentifier=CLUSTER, NodeType="ra3.xlplus", ClusterType="multi-node", NumberOfNodes=2, MasterUsername="awsuser",
        MasterUserPassword="Unused01", DBName="dev", Port=warehouse.port, EnhancedVpcRouting=False, Encrypted=True,
    )  # fmt: skip
    cluster: Any = redshift_backends[account.number][account.region].clusters[CLUSTER]
    # The address is a property of moto's class.
    cluster.__class__ = type("Standing", (type(cluster),), {"address": warehouse.host})
    cluster.vpc_id, cluster.master_password_secret_arn = vpc, secret or None
    place = f"{account.region}:{account.number}"
    cluster.cluster_namespace_arn = f"arn:{account.partition}:redshift:{place}:namespace:{warehouse.id}"


def _identities(account: Account) -> None:
    iam = account.client("iam")
    for name, action in (("acme-logging", "logs:PutLogEvents"), ("acme-boundary", "*")):
        iam.create_policy(PolicyName=name, PolicyDocument=_document(action, "*"), Tags=[{"Key": "team", "Value": "platform"}])
    iam.create_role(RoleName=FOREIGN_ROLE, AssumeRolePolicyDocument=_trust({"Service": "ec2.amazonaws.com"}), Path="/acme/",
                    Tags=[{"Key": "team", "Value": "lake"}])  # fmt: skip
    iam.put_role_policy(
        RoleName=FOREIGN_ROLE, PolicyName="read-lake",
        PolicyDocument=_document("s3:GetObject", f"arn:{account.partition}:s3:::{FOREIGN_BUCKET}/*"),
    )  # fmt: skip
    iam.attach_role_policy(RoleName=FOREIGN_ROLE, PolicyArn=account.arn("iam", "policy/acme-logging"))
    iam.create_instance_profile(InstanceProfileName=FOREIGN_ROLE, Path="/acme/")
    iam.add_role_to_instance_profile(InstanceProfileName=FOREIGN_ROLE, RoleName=FOREIGN_ROLE)
    iam.create_role(RoleName="tonic-ecs-task", AssumeRolePolicyDocument=_trust({"Service": "ecs-tasks.amazonaws.com"}))
    condition = {"StringEquals": {"sts:ExternalId": "runbook-sandbox"}}
    iam.create_role(
        RoleName="acme-deployer", AssumeRolePolicyDocument=_trust({"AWS": account.arn("iam", "root")}, Condition=condition),
    )  # fmt: skip
    iam.put_role_policy(RoleName="acme-deployer", PolicyName="everything", PolicyDocument=_document("*", "*"))


def _keys(account: Account) -> None:
    kms = account.client("kms")
    policy = json.loads(_document("kms:*", "*", Sid="EnableIAMPolicies", Principal={"AWS": account.arn("iam", "root")}))
    user = {"AWS": account.arn("iam", f"role/acme/{FOREIGN_ROLE}")}
    policy["Statement"] += json.loads(_document("kms:Decrypt", "*", Sid="Lake", Principal=user))["Statement"]
    for alias, text in ((FOREIGN_KEY, "data lake"), (RETIRED_KEY, "no longer in use")):
        tags = [{"TagKey": "team", "TagValue": "lake"}]
        key = kms.create_key(Description=text, Policy=json.dumps(policy), Tags=tags)["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=alias, TargetKeyId=key)
        if alias == RETIRED_KEY:
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=30)


def _buckets(account: Account) -> None:
    other = OTHER_REGIONS[account.partition]
    makers = (
        (FOREIGN_BUCKET, account.client("s3")),
        (ARCHIVE_BUCKET, account.client("s3", other)),
        (PARTNER_BUCKET, account.client("s3", access_key=PARTNER)),
    )
    for name, s3 in makers:
        region = s3.meta.region_name
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **place)
        s3.put_object(Bucket=name, Key="orders/2026/part-0000.csv", Body=b"1,2,3\n")
