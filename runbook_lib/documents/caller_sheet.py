"""The files that give a caller his rights: the policies, and a sheet that says what each permission is for and what no policy says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.caller import caller_policies
from runbook_lib.documents.commands import pretty
from runbook_lib.model import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.parameters import Environment
    from runbook_lib.resources.rights import Need

_PURPOSES = {
    "caller-plan": "what planning takes; it only reads",
    "caller-verify": "what verifying takes besides; it only reads, but reads the generated passwords to log in with them",
    "caller-apply": "what applying takes besides these",
}
_ALWAYS = """
`sts:GetCallerIdentity` takes no permission. To be told of a missing one before the first write, allow `iam:SimulatePrincipalPolicy` on the
caller himself, and `iam:GetRole` where he is a role. To be told what AWS itself makes of the policies, allow `iam:SimulateCustomPolicy` and
`access-analyzer:ValidatePolicy`, and `iam:SimulatePrincipalPolicy` on the two roles: without them the findings stay `evaluated offline`.

A permissions boundary, a session policy or an organization's policy of the caller may still refuse what these policies allow.

Three more reads answer what should not arise: `s3:ListAllMyBuckets` where a bucket refuses the caller, `s3:GetBucketLocation` where it lies
in another region, `kms:DescribeKey` where it names its key by id or alias. Without them the finding names the action.

A change of IAM takes a while to reach every service. The sandbox knows no such delay, and the runbook waits for what it made itself.
"""
_WHERE = {
    "kms:CreateKey": """
The id of a new key is KMS's choice, so changes of one stand on `key/*`. AWS asks `kms:TagResource` at creation on all keys of the
account and region; `aws:RequestTag` holds it to this environment's tag. A condition on the key's own tags is not used: up to five
minutes pass until tags count, and applying uses the key within seconds. Once the keys are there, their ARNs can take the place of
`key/*` by hand, but for `kms:TagResource` and `kms:ListResourceTags`. `kms:PutKeyPolicy` stands there because KMS makes no key whose
policy its maker could not change.
""",
    "kms:ScheduleKeyDeletion": """
Keys that go are those that carry this environment's tag (`aws:ResourceTag`), whatever their ids. Up to five minutes pass until a new
key's tags count: who is refused so soon after it was made waits, and runs again.
""",
    "kms:": "A key's own policy has to let the account's IAM policies decide; that of an adopted key may not.",
    "secretsmanager:": """
`-??????` stands for the six characters that end a secret's ARN. A secret or parameter that is encrypted with a customer managed key takes
`kms:Decrypt` on that key besides; which one, no parameter file says. The secrets that are made here use AWS's own key, which takes nothing.
""",
    "redshift-serverless:": "ARNs of workgroups and namespaces hold ids that the parameter file does not, hence `workgroup/*`.",
    "ec2:DescribeInstances": """
Which profile the instance carries is not known before it is asked, hence `instance-profile/*` for reading.
""",
    "iam:GetRole": """
What lies in a path is read without it too: a request names no path, and which ARN counts for what is not there AWS does not document.
""",
    "iam:PutRolePolicy": """
Whoever may write a role's policies decides what the role may do. Where that is too much, name `roles.permissions_boundary`: roles can then
be made, and given policies, only under that boundary, but for the twins of roles that were there before.
""",
    "iam:AttachRolePolicy": """
A rehearsal's twin carries what its role carries. Of a role that was there before no parameter file says what that is, nor in which path
it lies: hence no condition on the twin's boundary and on what is attached to it, and `role/*/` where the instance tells the role. Where
that is too much, name `server.metadata` and play as the instance itself: then no twin of its role is made.
""",
    "iam:PassRole": "Roles may be passed to EC2 alone (`iam:PassedToService`).",
    "lambda:": "Lists (`lambda:List...`, `logs:DescribeLogGroups`, `sqs:ListQueues`) cannot be narrowed to names.",
}
"""What is to be known where an action is among the needs."""


def caller_artefacts(env: Environment, needs: Sequence[Need]) -> dict[str, str]:
    """Write the policies and the sheet; nothing where nothing is needed."""
    if not needs:
        return {}
    policies = {f"{name}.json": pretty(canonical(document)) for name, document in caller_policies(needs).items()}
    return {**policies, "caller.md": "\n".join(_sheet(env, needs, tuple(policies))) + "\n"}


def _sheet(env: Environment, needs: Sequence[Need], files: tuple[str, ...]) -> Iterator[str]:
    yield f"# The least policy for {env.environment}, account {env.aws.account}"
    yield ""
    yield "Made of the calls that this plan leads to: no action stands here that some call does not need. Each file fits a managed policy."
    yield ""
    for file in files:
        purpose = next(name for name in _PURPOSES if file.startswith(name))
        yield f"* `{file}`: {_PURPOSES[purpose]}"
    if env.aws.role_arn:
        yield ""
        yield f"The calls are made as `{env.aws.role_arn}`: attach them there. Whoever runs the runbook may `sts:AssumeRole` on it."
    yield from ("", "## What no policy says", "")
    actions = {each.permission.action for each in needs}
    known = (words for prefix, words in _WHERE.items() if any(each.startswith(prefix) for each in actions))
    yield from (f"* {' '.join(words.split())}" for words in (*_ALWAYS.split("\n\n"), *known))
    yield from ("", "## What each permission is for", "", "| action | on | for |", "|--|--|--|")
    yield from (f"| `{each.permission.action}` | `{each.permission.resource}` | {each.purpose}: {each.reason} |" for each in needs)
