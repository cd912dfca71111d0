"""List the condition keys that are modelled, and what it means when a request's context lacks one.

A key of `STATED` is in (nearly) every real request of its kind: where nobody has stated its value, it is unknown, not absent. A key of
`CARRIED` is there only when the request carries it: where the context lacks it, it is absent. Every other key is not modelled.
Sources: IAM user guide, "AWS global condition context keys"; service authorization reference, one page for each service.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

Absence: TypeAlias = Literal["absent", "unknown", "unmodelled"]

_STATED = """
aws:currenttime aws:epochtime aws:multifactorauthpresent aws:principalarn aws:principalaccount aws:principalorgid
aws:principalorgpaths aws:requestedregion aws:resourceaccount aws:resourceorgid aws:resourceorgpaths aws:securetransport
aws:sourceip aws:tokenissuetime aws:useragent aws:userid aws:viaawsservice
iam:passedtoservice kms:calleraccount kms:keyorigin kms:keyspec kms:keyusage kms:multiregion kms:resourcealiases
lambda:functionarn s3:authtype s3:resourceaccount s3:signatureage s3:signatureversion s3:tlsversion sts:rolesessionname
"""
_CARRIED = """
aws:assumedroot aws:calledvia aws:calledviafirst aws:calledvialast aws:federatedprovider aws:multifactorauthage
aws:principalisawsservice aws:principalservicename aws:principalservicenameslist aws:principaltype aws:referer
aws:sourceaccount aws:sourcearn aws:sourceidentity aws:sourceorgid aws:sourceorgpaths aws:sourcevpc aws:sourcevpce
aws:tagkeys aws:username aws:vpcsourceip
ecr:createaction
iam:associatedresourcearn iam:awsservicename iam:organizationspolicyid iam:permissionsboundary iam:policyarn
kms:bypasspolicylockoutsafetycheck kms:encryptionalgorithm kms:encryptioncontextkeys kms:grantconstrainttype
kms:grantisforawsresource kms:grantoperations kms:granteeprincipal kms:messagetype kms:retiringprincipal kms:requestalias
kms:schedulekeydeletionpendingwindowindays kms:signingalgorithm kms:viaservice
lambda:codesigningconfigarn lambda:eventsourcetoken lambda:functionurlauthtype lambda:layer lambda:principal
lambda:securitygroupids lambda:sourcefunctionarn lambda:subnetids lambda:vpcids
logs:loggeneratingresourcearns
redshift:dbname redshift:dbuser redshift:durationseconds
s3:delimiter s3:locationconstraint s3:max-keys s3:object-lock-mode s3:prefix s3:versionid s3:x-amz-acl
s3:x-amz-content-sha256 s3:x-amz-copy-source s3:x-amz-grant-full-control s3:x-amz-metadata-directive
s3:x-amz-server-side-encryption s3:x-amz-server-side-encryption-aws-kms-key-id
s3:x-amz-server-side-encryption-customer-algorithm s3:x-amz-storage-class
secretsmanager:addreplicaregions secretsmanager:blockpublicpolicy secretsmanager:forcedeletewithoutrecovery
secretsmanager:forceoverwritereplicasecret secretsmanager:kmskeyarn secretsmanager:kmskeyid secretsmanager:modifyrotationrules
secretsmanager:name secretsmanager:recoverywindowindays secretsmanager:rotationlambdaarn secretsmanager:secretid
secretsmanager:versionid secretsmanager:versionstage
sts:awsservicename sts:durationseconds sts:externalid sts:sourceidentity sts:taskpolicyarn sts:transitivetagkeys
"""
STATED = frozenset(_STATED.split())
CARRIED = frozenset(_CARRIED.split())
TAGS = (
    *("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/", "ec2:resourcetag/", "ecr:resourcetag/", "iam:resourcetag/"),
    *("kms:encryptioncontext:", "s3:existingobjecttag/", "s3:requestobjecttag/", "secretsmanager:resourcetag/"),
)
"""What keys begin with whose end is free: the name of a tag, or of an entry in KMS's encryption context."""
_OF_SERVICE_CALLS = frozenset(("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"))
_TYPES = {
    "user": "User",
    "session": "AssumedRole",
    "role": "AssumedRole",
    "root": "Account",
    "federated user": "FederatedUser",
    "anonymous": "Anonymous",
}


def absence(key: str, kind: str) -> Absence:
    """Say what it means that the context of a principal's request lacks a key, given in lower case."""
    if key in STATED or (kind == "service" and key in _OF_SERVICE_CALLS):
        return "absent" if kind == "anonymous" and key.startswith("aws:principal") else "unknown"
    return "absent" if key in CARRIED or key.startswith(TAGS) else "unmodelled"


def derived_keys(kind: str, arn: str, account: str, caller: str, owner: str, service: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """List the keys that follow from who asks (`arn` is a session's role) and whose the resource is; `service` is the action's."""
    found = {
        "aws:principalarn": arn,
        "aws:principalaccount": account,
        "aws:principaltype": _TYPES.get(kind, ""),
        "aws:principalisawsservice": "true" if kind == "service" else "false",
        "aws:principalservicename": caller,
        "aws:username": arn.rpartition("/")[2] if kind == "user" else "",
        "aws:resourceaccount": owner,
        "s3:resourceaccount": owner if service == "s3" else "",
        "kms:calleraccount": account if service == "kms" else "",
    }
    return ((key, (value,)) for key, value in found.items() if value)
