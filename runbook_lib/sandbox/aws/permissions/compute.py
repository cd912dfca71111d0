"""The permissions of EC2's operations, and of Redshift's, provisioned and serverless."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.permissions.iam import ec2_service
from runbook_lib.sandbox.aws.permissions.needs import Context, Need, Table, also, anything, arn, has, passed, rows, tags_given

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call


def instance(call: Call) -> tuple[str, ...]:
    """Name the instance, also where a call names only its association with a profile."""
    return tuple(arn(call, "ec2", f"instance/{name}") for name in _instances(call))


def _instances(call: Call) -> tuple[str, ...]:
    named = call.texts("InstanceId")
    return named or tuple(str(each.instance_id) for each in _associations(call))


def _associations(call: Call) -> list[Any]:
    from moto.ec2.models import ec2_backends

    known = ec2_backends[call.account][call.region].iam_instance_profile_associations
    return [each for each in known.values() if each.association_id == call.text("AssociationId")]


def _instance_tags(call: Call) -> Context:
    from moto.ec2.models import ec2_backends

    tags = ec2_backends[call.account][call.region].tags
    found = {key: value for name in _instances(call) for key, value in tags.get(name, {}).items()}
    return {f"{prefix}:ResourceTag/{key}": str(value) for key, value in found.items() for prefix in ("aws", "ec2")}


def _roles(call: Call) -> Iterable[Need]:
    """Want to pass the roles of a profile to EC2."""
    wanted = call.text("IamInstanceProfile.Name") or call.text("IamInstanceProfile.Arn").rpartition("/")[2]
    for each in list(held.iam_of(call.account, call.partition).instance_profiles.values()):
        if each.name == wanted:
            yield from (passed(one.arn, ec2_service(call)) for one in each.roles)


def _started(call: Call) -> tuple[str, ...]:
    """Name what takes part in the start of an instance, as far as the call tells."""
    image = arn(call, "ec2", f"image/{call.text('ImageId')}", account="")
    made = [arn(call, "ec2", f"{kind}/*") for kind in ("instance", "network-interface", "volume")]
    subnet = [arn(call, "ec2", f"subnet/{each}") for each in call.texts("SubnetId")]
    return (*made, image, *subnet, *(arn(call, "ec2", f"security-group/{each}") for each in call.texts("SecurityGroupId")))


def _tagged(call: Call) -> tuple[str, ...]:
    return tuple(arn(call, "ec2", f"{KINDS.get(each.partition('-')[0], '*')}/{each}") for each in call.texts("ResourceId"))


def _endpoint(call: Call) -> tuple[str, ...]:
    return (arn(call, "ec2", "vpc-endpoint/*"), arn(call, "ec2", f"vpc/{call.text('VpcId')}"))


KINDS = {"i": "instance", "vpc": "vpc", "subnet": "subnet", "vol": "volume", "vpce": "vpc-endpoint", "sg": "security-group"}
_DESCRIBES = (
    "DescribeInstances DescribeIamInstanceProfileAssociations DescribeVpcEndpoints DescribeVpcs DescribeSubnets DescribeInstanceStatus"
    " DescribeSecurityGroups DescribeRouteTables DescribeImages DescribeRegions DescribeAvailabilityZones DescribeTags"
)
_CHANGES = "DisassociateIamInstanceProfile ModifyInstanceMetadataOptions TerminateInstances StopInstances StartInstances"
_CREATE_TAGS = also("ec2:CreateTags", lambda call: (arn(call, "ec2", "instance/*"),), has("TagSpecification.1.Tag.1.Key"), tags_given)
EC2: Table = {
    **rows("ec2", anything, _DESCRIBES),
    **rows("ec2", instance, _CHANGES, (_instance_tags,)),
    **rows("ec2", instance, "AssociateIamInstanceProfile ReplaceIamInstanceProfileAssociation", (_instance_tags,), (_roles,)),
    **rows("ec2", _started, "RunInstances", (tags_given,), (_roles, _CREATE_TAGS)),
    **rows("ec2", _tagged, "CreateTags DeleteTags", (tags_given,)),
    **rows("ec2", _endpoint, "CreateVpcEndpoint"),
}


def cluster(call: Call) -> tuple[str, ...]:
    """Name the cluster; all of the account where a call names none."""
    return (arn(call, "redshift", f"cluster:{call.text('ClusterIdentifier') or '*'}"),)


def _database(call: Call) -> tuple[str, ...]:
    return (arn(call, "redshift", f"dbname:{call.text('ClusterIdentifier')}/{call.text('DbName')}"),)


def _database_user(call: Call) -> tuple[str, ...]:
    return (arn(call, "redshift", f"dbuser:{call.text('ClusterIdentifier')}/{call.text('DbUser')}"),)


def _database_facts(call: Call) -> Context:
    given = {"redshift:DbName": call.text("DbName"), "redshift:DbUser": call.text("DbUser")}
    return {key: value for key, value in given.items() if value} | {"redshift:DurationSeconds": call.text("DurationSeconds") or "900"}


def _cluster_roles(call: Call) -> Iterable[Need]:
    roles = re.compile(r"(Add)?IamRoles\.(IamRoleArn|member)\.\d+")
    yield from (passed(value, "redshift.amazonaws.com") for name, value in call.parameters.items() if roles.fullmatch(name))


def workgroup(call: Call) -> tuple[str, ...]:
    """Name the work groups or namespaces: their ARNs hold ids that a call does not."""
    kind = "namespace" if "Namespace" in call.operation else "workgroup"
    return (arn(call, "redshift-serverless", f"{kind}/*"),)


_WITH_DATABASE = also("redshift:GetClusterCredentials", _database, has("DbName"), _database_facts)
_WITH_IAM = "redshift:GetClusterCredentialsWithIAM"
REDSHIFT: Table = {
    **rows("redshift", cluster, "DescribeClusters"),
    **rows("redshift", cluster, "DeleteCluster ModifyCluster"),
    **rows("redshift", cluster, "CreateCluster", (tags_given,), (_cluster_roles,)),
    **rows("redshift", cluster, "ModifyClusterIamRoles", implied=(_cluster_roles,)),
    **rows("redshift", _database_user, "GetClusterCredentials", (_database_facts,), (_WITH_DATABASE,)),
    **rows("redshift", _database, "GetClusterCredentialsWithIAM", (_database_facts,)),
    **rows("redshift-serverless", anything, "ListWorkgroups ListNamespaces"),
    **rows("redshift-serverless", workgroup, "GetWorkgroup GetNamespace GetCredentials"),
}
TABLE: Table = {**EC2, **REDSHIFT}
