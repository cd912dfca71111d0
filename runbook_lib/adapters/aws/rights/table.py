"""Look up what a question, a look at a resource, or a change takes: one line for each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws.rights import databases, ec2, iam, kms, rehearsal, s3, stores
from runbook_lib.adapters.symbols import symbols_of
from runbook_lib.model import Change
from runbook_lib.resources import ec2 as ec2_values
from runbook_lib.resources import iam as iam_values
from runbook_lib.resources import kms as kms_values
from runbook_lib.resources import records as record_values
from runbook_lib.resources import rehearsals as rehearsal_values
from runbook_lib.resources import rights as rights_values
from runbook_lib.resources import s3 as s3_values
from runbook_lib.resources import secretsmanager as secret_values
from runbook_lib.resources import simulation as simulation_values
from runbook_lib.resources.symbols import symbols_in
from runbook_lib.resources.warehouse import is_of_warehouse

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.rights.words import Permissions
    from runbook_lib.model import Kinded, Question, Resource
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.rights import Permission

EXCEPTIONAL = ("s3:ListAllMyBuckets", "s3:GetBucketLocation", "kms:DescribeKey")
"""Asked for only where a bucket refuses us, lies in another region, or names its key by id or alias: no plan of ours takes them."""

READ: Mapping[type[Kinded], Callable[[Any, Environment], Permissions]] = {
    iam_values.Role: iam.reading_role,
    iam_values.RolePolicy: iam.reading_policy,
    iam_values.AttachedPolicy: iam.reading_attached,
    iam_values.RoleAsked: iam.asking_role,
    iam_values.ManagedPolicyAsked: iam.asking_managed_policy,
    iam_values.ProductLeftovers: databases.asking_leftovers,
    rights_values.RefusedAsked: iam.asking_simulator,
    simulation_values.SimulationAsked: iam.asking_simulation,
    simulation_values.ValidationAsked: iam.asking_validation,
    ec2_values.InstanceProfile: ec2.reading_profile,
    ec2_values.InstanceProfileRole: ec2.reading_profile_role,
    ec2_values.ProfileAssociation: ec2.reading_association,
    ec2_values.InstanceAsked: ec2.asking_instance,
    ec2_values.ClusterAsked: databases.asking_cluster,
    kms_values.Key: kms.reading_key,
    kms_values.KeyAlias: kms.reading_alias,
    kms_values.KeyRotation: kms.reading_rotation,
    kms_values.KeyStatement: kms.reading_statement,
    kms_values.KeyAsked: kms.asking_key,
    kms_values.SigningKeyAsked: kms.signing,
    record_values.StoreAsked: s3.keeping_records,
    rehearsal_values.Rehearsal: rehearsal.looking_at,
    s3_values.Bucket: s3.reading_bucket,
    s3_values.BucketSetting: s3.reading_setting,
    s3_values.BucketStatement: s3.reading_statement,
    s3_values.BucketAsked: s3.asking_bucket,
    secret_values.Rotation: databases.looking_at_rotation,
    secret_values.Secret: stores.reading_secret,
    secret_values.ReferenceAsked: stores.asking_reference,
}
CHANGED: Mapping[type[Resource], Callable[[Change, Environment], Iterable[Permissions]]] = {
    iam_values.Role: iam.changing_role,
    iam_values.RolePolicy: iam.changing_policy,
    iam_values.AttachedPolicy: iam.changing_attached,
    ec2_values.InstanceProfile: ec2.changing_profile,
    ec2_values.InstanceProfileRole: ec2.changing_profile_role,
    ec2_values.ProfileAssociation: ec2.changing_association,
    kms_values.Key: kms.changing_key,
    kms_values.KeyAlias: kms.changing_alias,
    kms_values.KeyRotation: kms.changing_rotation,
    kms_values.KeyStatement: kms.changing_statement,
    rehearsal_values.Rehearsal: rehearsal.playing,
    s3_values.Bucket: s3.changing_bucket,
    s3_values.BucketSetting: s3.changing_setting,
    s3_values.BucketStatement: s3.changing_statement,
    secret_values.Rotation: databases.rotating,
    secret_values.Secret: stores.changing_secret,
}


def permissions_of(use: Question | Resource | Change, env: Environment) -> tuple[Permission, ...]:
    """Declare what a use takes, each permission once; what is answered without AWS takes nothing."""
    found = _changed(use, env) if isinstance(use, Change) else _read(use, env)
    return tuple(dict.fromkeys((*found, *(kms.looking_up(env) if _names_made_key(use) else ()))))


def _read(value: Question | Resource, env: Environment) -> Permissions:
    if is_of_warehouse(value):
        return databases.of_warehouse(value, env)
    declared = READ.get(type(value))
    return declared(value, env) if declared is not None else ()


def _changed(change: Change, env: Environment) -> Permissions:
    if is_of_warehouse(change.subject):
        return databases.changing_warehouse(change, env)
    return chain.from_iterable(CHANGED[type(change.subject)](change, env))


def _names_made_key(use: Question | Resource | Change) -> bool:
    """Tell whether a use refers by symbol to a key, whose ARN is looked up first."""
    return bool(symbols_in(use.model_dump_json()) if isinstance(use, Change) else symbols_of(use))
