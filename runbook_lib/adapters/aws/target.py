"""Be the AWS half of the target: route questions, resources and changes to the services, independent ones at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws import clusters, ec2, iam, identity, keys, kms, objects, s3, simulating, validating
from runbook_lib.adapters.aws import secretsmanager as secrets_manager
from runbook_lib.adapters.aws.secret_store import answer_reference
from runbook_lib.adapters.refusals import unanswered
from runbook_lib.adapters.together import together
from runbook_lib.errors import TargetError
from runbook_lib.model import Unanswered
from runbook_lib.ports import Observation
from runbook_lib.resources import ec2 as ec2_values
from runbook_lib.resources import iam as iam_values
from runbook_lib.resources import kms as kms_values
from runbook_lib.resources import records as record_values
from runbook_lib.resources import rights as rights_values
from runbook_lib.resources import s3 as s3_values
from runbook_lib.resources import secretsmanager as secret_values
from runbook_lib.resources import simulation as simulation_values
from runbook_lib.secrets import parse_reference

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.reading import Reader
    from runbook_lib.adapters.aws.secret_store import AwsSecrets
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.model import Change, Question, Resource

_OBSERVERS: Mapping[type[Resource], Callable[[Any, Reader], Observation]] = {
    iam_values.Role: iam.observe_role,
    iam_values.RolePolicy: iam.observe_role_policy,
    iam_values.AttachedPolicy: iam.observe_attached,
    ec2_values.InstanceProfile: ec2.observe_profile,
    ec2_values.InstanceProfileRole: ec2.observe_profile_role,
    ec2_values.ProfileAssociation: ec2.observe_association,
    kms_values.Key: kms.observe_key,
    kms_values.KeyAlias: kms.observe_alias,
    kms_values.KeyRotation: kms.observe_rotation,
    kms_values.KeyStatement: kms.observe_statement,
    s3_values.Bucket: s3.observe_bucket,
    s3_values.BucketSetting: s3.observe_setting,
    s3_values.BucketStatement: s3.observe_statement,
    secret_values.Secret: secrets_manager.observe_secret,
    secret_values.Rotation: secrets_manager.observe_rotation,
}
_ANSWERS: Mapping[type[Question], Callable[[Any, Reader], Any]] = {
    iam_values.Caller: lambda _question, reader: identity.caller(reader),
    iam_values.RoleAsked: identity.role,
    rights_values.RefusedAsked: identity.refused_permissions,
    iam_values.ManagedPolicyAsked: identity.managed_policy,
    iam_values.ProductLeftovers: clusters.leftovers,
    ec2_values.InstanceAsked: ec2.instance,
    ec2_values.ClusterAsked: clusters.cluster,
    kms_values.KeyAsked: keys.answer_key,
    kms_values.SigningKeyAsked: keys.answer_signing_key,
    record_values.StoreAsked: objects.answer_store,
    s3_values.BucketAsked: s3.answer_bucket,
    simulation_values.SimulationAsked: simulating.simulate,
    simulation_values.ValidationAsked: validating.validate,
}
_WRITERS: Mapping[type[Resource], Callable[[Change, AwsSession], None]] = {
    iam_values.Role: iam.write,
    iam_values.RolePolicy: iam.write,
    iam_values.AttachedPolicy: iam.write,
    ec2_values.InstanceProfile: ec2.write,
    ec2_values.InstanceProfileRole: ec2.write,
    ec2_values.ProfileAssociation: ec2.write,
    kms_values.Key: kms.write,
    kms_values.KeyAlias: kms.write,
    kms_values.KeyRotation: kms.write,
    kms_values.KeyStatement: kms.write,
    s3_values.Bucket: s3.write,
    s3_values.BucketSetting: s3.write,
    s3_values.BucketStatement: s3.write,
    secret_values.Secret: secrets_manager.write,
}


class AwsTarget:
    """Ask, observe and write in one account. Raises GuardRefused before it reads a wrong one."""

    def __init__(self, reader: Reader, secrets: AwsSecrets) -> None:
        self._session = reader.session
        self._secrets = secrets
        self._reader = reader

    def answers(self, questions: Sequence[Question]) -> list[Any]:
        """Answer questions in their order, independent ones at once; this process's environment is read without AWS."""
        closed = None if all(map(_is_local, questions)) else self._closed()
        return together(lambda question: self._answer(question, closed), questions)

    def observations(self, wanted: Sequence[Resource]) -> list[Observation]:
        """Read what is there for each wanted resource, in their order."""
        closed = self._closed() if wanted else None
        return together(lambda resource: self._observation(resource, closed), wanted)

    def write(self, changes: Iterable[Change]) -> None:
        """Make the changes one after the other. Raises TargetError."""
        for change in changes:
            _WRITERS[type(change.subject)](change, self._session)

    def key_arn(self, name: str) -> str:
        """Give the ARN of our key of a name; empty when there is none. Raises TargetError."""
        return keys.key_arn(name, self._reader)

    def _answer(self, question: Question, closed: Unanswered | None) -> Any:
        if closed is not None and not _is_local(question):
            return closed
        try:
            if isinstance(question, secret_values.ReferenceAsked):
                return answer_reference(question.reference, self._secrets)
            answer: Callable[[Any, Reader], Any] = _ANSWERS.get(type(question), _nobody)
            return answer(question, self._reader)
        except TargetError as error:
            return unanswered(error)
        except Unanswered as reason:
            return reason

    def _observation(self, resource: Resource, closed: Unanswered | None) -> Observation:
        if closed is not None:
            return Observation(refusal=closed)
        try:
            return _OBSERVERS[type(resource)](resource, self._reader)
        except TargetError as error:
            return Observation(refusal=unanswered(error))

    def _closed(self) -> Unanswered | None:
        """Tell why nothing can be asked at all, before every question finds out by itself."""
        try:
            self._session.identity()
        except TargetError as error:
            return unanswered(error)
        return None


def _nobody(question: Question, _reader: Reader) -> Any:
    return Unanswered(f"nothing answers {question.kind}")


def _is_local(question: Question) -> bool:
    match question:
        case secret_values.ReferenceAsked(reference=reference):
            return parse_reference(reference).source == "env"
        case _:
            return False
