"""Shell lines for what one CLI call cannot do: merging a statement, naming a created key, storing a password."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from runbook_lib.resources.symbols import symbol, symbols_in

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.kms import KeyStatement
    from runbook_lib.resources.s3 import BucketStatement
    from runbook_lib.resources.secretsmanager import Secret

Lines = tuple[str, ...]
Files = tuple[tuple[str, str], ...]
_MERGE = "'.Statement |= (map(select(.Sid != $new.Sid)) + [$new])'"


def key_variable(name: str) -> str:
    """Name the shell variable that holds a created key's ARN."""
    return "KEY_" + re.sub(r"\W", "_", name).upper()


def document_option(env: Environment, option: str, file: str, document: str) -> str:
    """Write the option that passes a file, with the ARNs of keys put in for their symbols."""
    addresses = symbols_in(document)
    if not addresses:
        return f" --{option} file://{shlex.quote(file)}"
    programs = " ".join(f'-e "s|{symbol(address)}|{_key_arn(env, address)}|g"' for address in addresses)
    return f' --{option} "$(sed {programs} {shlex.quote(file)})"'


def key_statement(env: Environment, wanted: KeyStatement) -> tuple[Lines, Files]:
    """Write the lines that merge a statement into a key policy by its Sid, keeping the policy as it was beside it."""
    name = re.sub(r"\W+", "-", wanted.key.rpartition("/")[2]).strip("-")
    file, before, after = f"{name}.statement.json", f"{name}.key-policy.before.json", f"{name}.key-policy.after.json"
    key = f'"{_key_arn(env, *symbols_in(wanted.key))}"' if symbols_in(wanted.key) else shlex.quote(wanted.key)
    place = f"--key-id {key} --region {env.aws.region} --policy-name default"
    return (
        (
            f"aws kms get-key-policy {place} --query Policy --output text > {before}",
            f'jq --argjson new "$(cat {file})" {_MERGE} {before} > {after}',
            f"aws kms put-key-policy {place} --policy file://{after}",
        ),
        ((file, _pretty(wanted.statement)),),
    )


def bucket_statement(env: Environment, wanted: BucketStatement) -> tuple[Lines, Files]:
    """Write the lines that merge a statement into a bucket policy by its Sid."""
    file = f"{wanted.bucket}.{wanted.sid}.json"
    before, after = f"{wanted.bucket}.policy.before.json", f"{wanted.bucket}.policy.after.json"
    place = f"--bucket {wanted.bucket} --region {env.aws.region}"
    empty = shlex.quote(json.dumps({"Version": "2012-10-17", "Statement": []}))
    read = f"aws s3api get-bucket-policy {place} --query Policy --output text > {before} 2> {before}.error"
    # Only where there is no policy may one be made; whatever else goes wrong, somebody's policy may be there.
    none = f"{{ grep -q NoSuchBucketPolicy {before}.error && echo {empty} > {before}; }}"
    return (
        (
            f"{read} || {none} || {{ cat {before}.error >&2; false; }}",
            f'jq --argjson new "$(cat {file})" {_MERGE} {before} > {after}',
            f"aws s3api put-bucket-policy {place} --policy file://{after}",
        ),
        ((file, _pretty(wanted.statement)),),
    )


def secret_lines(env: Environment, wanted: Secret) -> Lines:
    """Write the pipeline that generates a password, or takes a typed one, and stores it; it passes through no argument list."""
    tags = " ".join(shlex.quote(f"Key={key},Value={value}") for key, value in wanted.tags)
    draw = "aws secretsmanager get-random-password --password-length 40 --exclude-punctuation --require-each-included-type"
    store = f"aws secretsmanager create-secret --name {shlex.quote(wanted.name)} --secret-string file:///dev/stdin"
    store += f" --client-request-token {wanted.version}" if wanted.version else ""
    region = f"--region {env.aws.region}"
    drawn = f"{draw} {region} --query RandomPassword --output text | tr -d '\\n'"
    if wanted.value == "typed":
        drawn = f'read -rsp {shlex.quote(f"New password for {wanted.name}: ")} password && printf %s "$password"'
    return (f"{drawn} | {store} {region} --tags {tags}",)


def _key_arn(env: Environment, address: str) -> str:
    """Write what yields the ARN in a shell: the variable of this script, else a look-up by alias."""
    name = address.removeprefix("kms_key/")
    query = "--query KeyMetadata.Arn --output text"
    look_up = f"$(aws kms describe-key --key-id alias/{name} --region {env.aws.region} {query})"
    return f"${{{key_variable(name)}:-{look_up}}}"


def _pretty(document: str) -> str:
    return json.dumps(json.loads(document), indent=2) + "\n"
