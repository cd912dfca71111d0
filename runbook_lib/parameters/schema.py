"""The schema of a parameter file: one file describes one environment.

These models validate files, draw the widgets, generate `parameters/schema.json` and the notebooks' parameters cell.
Rules across fields live in `rules`, reading and line numbers in `load`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from runbook_lib.parameters.sections import Approver, Confirmation, LintWaiver, Retention, Section, Signing
from runbook_lib.parameters.texts import (
    AccountId,
    Address,
    Arn,
    BucketName,
    BucketPath,
    ClusterId,
    DatabaseName,
    ExternalId,
    Host,
    InstanceId,
    KeyId,
    KeyName,
    MetadataAddress,
    Region,
    RoleName,
    RolePath,
    SecretName,
    SecretReference,
    Slug,
    Text,
    Url,
    UserName,
    Word,
    Workgroup,
)


class Aws(Section):
    """Where the account is and how the session is made; never the ambient default without the account guard."""

    account: AccountId = Field(description="account that everything belongs to")
    region: Region = Field(description="region of the cluster, the buckets and the server")
    partition: Literal["aws", "aws-us-gov", "aws-cn"] = Field("aws", description="partition that every ARN is built with")
    endpoint: Url = Field("", description="URL of an AWS endpoint; empty means AWS's own")
    profile: Text = Field("", description="profile of the shared configuration; empty means the environment's credentials")
    role_arn: Arn = Field("", description="role to assume before the first call")
    external_id: ExternalId = Field("", description="external id that the role's trust asks for")


class Server(Section):
    """Who the product's server is: an EC2 instance, or an existing role that ECS or EKS gives it."""

    instance_id: InstanceId = Field("", description="instance that runs the server; its profile and role are looked up")
    role_arn: Arn = Field("", description="existing role (ECS task role, EKS service account): gets policies, keeps its trust")
    attach_profile: bool = Field(default=False, description="attach the profile to an instance that has none")
    metadata: MetadataAddress = Field(
        "", description="instance metadata service, for a rehearsal as the server itself: http://169.254.169.254 when run on the instance"
    )


class Roles(Section):
    """How the roles that the runbook creates are named and bounded."""

    server: RoleName = Field("", description="server role; empty: tonic-ENVIRONMENT-server")
    lambda_: RoleName = Field("", alias="lambda", description="Lambda role (legacy); empty: tonic-ENVIRONMENT-lambda")
    path: RolePath = Field("/", description="IAM path of every role that is created")
    permissions_boundary: Arn = Field("", description="ARN of the boundary every created role gets")
    tags: dict[str, str] = Field(default_factory=dict, description="tags of everything that is created, beside our own")
    twins: bool = Field(
        default=False, description="a rehearsal may make a twin of a role whose credentials it cannot have, use it and remove it again"
    )


class Bucket(Section):
    """One staging bucket."""

    name: BucketName = Field(description="bucket name; starts with tonic- under the documented style")
    path: BucketPath = Field("", description="prefix inside the bucket, for the hand-over sheet")


class Buckets(Section):
    """Where staged files lie: they hold the original data and the masked data."""

    source: Bucket = Field(description="where rows of the source database are unloaded to")
    destination: Bucket = Field(description="where masked rows are copied from")
    create: bool = Field(default=False, description="create buckets that do not exist; existing ones are never changed unless adopted")
    retention_days: Annotated[int, Field(ge=1, le=365)] = Field(7, description="days after which staged objects expire")


class KeyChoice(Section):
    """A customer managed key: adopt an existing one by ARN or id, or create one by alias name."""

    adopt: KeyId = Field("", description="ARN or id of an existing key")
    create: KeyName = Field("", description="alias name (without alias/) of a key to create")


class BucketKeys(Section):
    """Keys of the buckets; separate ones are normal."""

    source: KeyChoice | None = Field(None, description="key of the source bucket; empty: AWS's own encryption")
    destination: KeyChoice | None = Field(None, description="key of the destination bucket; empty: AWS's own encryption")


class Kms(Section):
    """Which customer managed keys are in use."""

    queue_key: KeyChoice | None = Field(None, description="key of the product's SQS queues (legacy only)")
    bucket_keys: BucketKeys = Field(default_factory=BucketKeys, description="keys of the buckets; separate ones are normal")


class Admin(Section):
    """How an administrator reaches a database."""

    login: Literal["password", "managed_secret", "cluster_credentials", "none"] = Field(
        "password",
        description="none: somebody else runs the SQL, the stage ends owed with the script; "
        "cluster_credentials of a workgroup: AWS makes the caller's own database user, also when only planning",
    )
    user: Text = Field("", description="administrator's name")
    password: SecretReference = Field(
        "", description="reference: env:NAME, secretsmanager:NAME[#KEY], ssm:/NAME; prompt:NAME asks whoever runs a notebook"
    )
    secret: SecretName = Field("", description="managed secret's ARN or name; empty: looked up from the cluster")


class DatabaseUser(Section):
    """A user the product logs in as."""

    name: UserName = Field(description="user name as stored (quoted names keep their case)")
    password: SecretReference = Field(
        description="reference; generate:secretsmanager:NAME makes and stores one, prompt:secretsmanager:NAME stores what is typed once"
    )
    rotation: Word = Field("", description="any word; another one has a generated password rotated, as a change of its own")


class Warehouse(Section):
    """How one database is reached."""

    host: Host = Field(description="host name that the certificate names")
    connect_to: Address = Field("", description="IP address to connect to instead (tunnel), as libpq's hostaddr")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(5439, description="port of the cluster, the workgroup or the tunnel")
    database: DatabaseName = Field(description="name of the database")
    cluster: ClusterId = Field("", description="cluster identifier")
    workgroup: Workgroup = Field("", description="Redshift Serverless workgroup")
    sslmode: Literal["verify-full", "verify-ca", "disable"] = Field("verify-full", description="how the server proves who it is")
    sslrootcert: Text = Field("", description="CA file, or system; empty: the bundled AWS roots")
    tls_reason: Text = Field("", description="why the certificate's name cannot be verified (verify-ca)")
    admin: Admin = Field(default_factory=Admin, description="who prepares the database")
    user: DatabaseUser = Field(description="who the product logs in as")


class Source(Warehouse):
    """The database that is read."""

    future_tables_of: tuple[UserName, ...] = Field((), strict=False, description="creators whose later tables are readable too")


class Destination(Warehouse):
    """The database that is written."""

    preserve_ownership: bool = Field(default=False, description="the workspace preserves source ownership: the user is a superuser")
    take_ownership: bool = Field(default=False, description="with preserve_ownership: change owners of existing objects")
    create_database: bool = Field(default=False, description="create the database when it does not exist")


class Schemas(Section):
    """Which schemas of the source are included: patterns with * and ?."""

    include: tuple[Text, ...] = Field(("*",), strict=False, description="patterns of schemas to include")
    exclude: tuple[Text, ...] = Field((), strict=False, description="patterns of schemas to leave out, of those included")


class Worker(Section):
    """Settings of the worker container (legacy only)."""

    timeout: Annotated[int, Field(ge=1, le=900)] = Field(30, description="TONIC_LAMBDA_TIMEOUT, seconds")
    memory_size: Annotated[int, Field(ge=128, le=10240)] = Field(1024, description="TONIC_LAMBDA_MEMORY_SIZE, MB")
    sqs_visibility_timeout: Annotated[int, Field(ge=1, le=43200)] = Field(
        30, description="TONIC_LAMBDA_SQS_VISIBILITY_TIMEOUT, seconds; at least timeout, AWS advises six times"
    )
    log_regions: tuple[Region, ...] = Field((), strict=False, description="regions whose function logs are read; empty: aws.region")
    exported: Text = Field("", description="file exported from the worker (.env), relative to the parameter file, to compare with")


class Environment(Section):
    """One environment: everything the notebooks need to know."""

    version: Literal[1] = Field(1, description="version of this schema")
    environment: Slug = Field(description="name; part of role names, tags and records")
    pipeline: Literal["v2", "legacy", "both"] = Field("v2", description="data generation process of the workspaces")
    policy_style: Literal["documented", "scoped"] = Field("documented", description="vendor's policies as written, or narrowed")
    extra_statements: tuple[dict[str, Any], ...] = Field((), strict=False, description="additional IAM statements of the server role")
    aws: Aws
    server: Server
    roles: Roles = Field(default_factory=Roles)
    buckets: Buckets
    kms: Kms = Field(default_factory=Kms)
    source: Source
    destination: Destination
    schemas: Schemas = Field(default_factory=Schemas)
    worker: Worker | None = Field(None, description="legacy only; empty: the vendor's defaults")
    adopt: tuple[Text, ...] = Field((), strict=False, description="addresses of existing objects that may be taken over")
    confirmations: tuple[Confirmation, ...] = Field((), strict=False, description="what people vouch for: row, who, date")
    lint_waivers: tuple[LintWaiver, ...] = Field((), strict=False, description="findings of the policy linter that are accepted")
    exclusive_policies: bool = Field(default=False, description="plan the removal of foreign policies on roles that carry our tag")
    rehearsal: Literal["evaluate", "exercise"] = Field("evaluate", description="exercise: also prove by doing it, as changes of the plan")
    approval: Literal["manual", "automatic"] = Field("manual", description="automatic is accepted on loopback only")
    protected: bool = Field(default=False, description="only signed approvals count, and by nobody who planned; needs approvers")
    approvers: tuple[Approver, ...] = Field((), strict=False, description="who may approve; empty: whoever names the plan's digest")
    approvals_required: Annotated[int, Field(ge=1, le=20)] = Field(1, description="how many approvers have to sign one plan")
    approval_days: Annotated[int, Field(ge=1, le=90)] = Field(
        7, description="days for which a plan can be approved, and an approval counts"
    )
    signing: Signing | None = Field(None, description="key that signs records; empty: they are not signed")
    records: Text = Field("runs", min_length=1, description="record store: a folder, relative to the checkout, or s3://BUCKET/PREFIX")
    records_retention: Retention | None = Field(None, description="Object Lock of each object in the record store's bucket; empty: none")

    @property
    def is_legacy(self) -> bool:
        """Tell whether workspaces use SQS and Lambda."""
        return self.pipeline in {"legacy", "both"}

    @property
    def is_v2(self) -> bool:
        """Tell whether workspaces use Data Pipeline V2."""
        return self.pipeline in {"v2", "both"}

    @property
    def server_role(self) -> str:
        """Name the role that the runbook would create for the server."""
        return self.roles.server or f"tonic-{self.environment}-server"

    @property
    def lambda_role(self) -> str:
        """Name the Lambda execution role."""
        return self.roles.lambda_ or f"tonic-{self.environment}-lambda"

    @property
    def worker_settings(self) -> Worker:
        """Give the worker's settings with defaults filled in."""
        return self.worker or Worker()

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """Build an ARN in the environment's partition, region and account (pass an empty string to leave one out)."""
        place = self.aws.region if region is None else region
        owner = self.aws.account if account is None else account
        return f"arn:{self.aws.partition}:{service}:{place}:{owner}:{resource}"

    def role_arn(self, name: str) -> str:
        """Build the ARN of a role that we create, path included."""
        return self.arn("iam", f"role{self.roles.path}{name}", region="")

    def side(self, side: str) -> Source | Destination:
        """Give the source or the destination."""
        return self.source if side == "source" else self.destination

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Give the tags of everything we create, sorted by key."""
        return tuple(sorted({**self.roles.tags, OWNER_TAG: self.environment}.items()))


OWNER_TAG = "tonic-runbook:environment"
