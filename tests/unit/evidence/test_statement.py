"""A record is stated once it is whole, by an in-toto statement in a DSSE envelope that other tools read; a key that fails says so."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from runbook_lib import place
from runbook_lib.adapters.aws.signing import KmsKey
from runbook_lib.errors import Denied, RunbookError, Unresolved
from runbook_lib.evidence import Record, statement
from runbook_lib.evidence.signing import FileKey, PublicKey
from runbook_lib.model import EnvironmentPlan
from tests import cells, records
from tests.stages.worlds import environment

pytestmark = pytest.mark.once

ARN = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture
def house(tmp_path: Path) -> records.House:
    """Build a house that signs."""
    return records.house(tmp_path)


def opened(record: Path, name: str = "statement.json") -> tuple[dict[str, Any], dict[str, Any]]:
    """Read an envelope and the statement in it."""
    envelope = json.loads((record / name).read_text("utf-8"))
    return envelope, json.loads(base64.b64decode(envelope["payload"]))


def test_the_envelope_is_what_other_tools_read(house: records.House) -> None:
    """It is a DSSE envelope of an in-toto Statement v1 whose signature covers the pre-authentication encoding."""
    record = house.run("plan").record.folder
    envelope, said = opened(record)
    payload = base64.b64decode(envelope["payload"])
    encoded = b"DSSEv1 28 application/vnd.in-toto+json " + str(len(payload)).encode() + b" " + payload

    assert "application/vnd.in-toto+json" == envelope["payloadType"]
    assert ["https://in-toto.io/Statement/v1", "urn:redshift-runbook:record:1"] == [said["_type"], said["predicateType"]]
    (signature,) = envelope["signatures"]
    assert PublicKey(house.public).verifies(encoded, base64.b64decode(signature["sig"]))
    assert PublicKey(house.public).name == signature["keyid"] == said["predicate"]["signer"]


def test_every_file_is_a_subject(house: records.House) -> None:
    """The subjects are all files but the statement, each with its SHA-256."""
    record = house.run("plan").record.folder
    _, said = opened(record)

    files = {path.relative_to(record).as_posix(): path for path in record.rglob("*") if path.is_file()}
    del files["statement.json"]
    stated = {each["name"]: each["digest"]["sha256"] for each in said["subject"]}
    assert {name: sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == stated


def test_each_record_names_the_one_that_was_closed_before(house: records.House) -> None:
    """The first names none, each later one the one before with its digest."""
    first, second, third = (house.run("plan").record.folder for _ in range(3))

    named = [opened(each)[1]["predicate"]["previous"] for each in (first, second, third)]

    digests = [sha256((each / "statement.json").read_bytes()).hexdigest() for each in (first, second)]
    assert [None, {"record": first.name, "sha256": digests[0]}, {"record": second.name, "sha256": digests[1]}] == named


def test_a_notebook_by_itself_closes_its_record(house: records.House) -> None:
    """A stage that runs alone under an approval leaves a record that verifies, with the approval and the plan that it is for."""
    with house.at_work():
        place.choose(house.file)
        plan = cells.step_through("storage").names["plan"]
        run = cells.step_through("storage", plan.digest).names["run"]
        record = run._setting.record.folder
        assert [] == records.flaws(record, house.public)
        assert [plan.digest] == [each.digest for each in EnvironmentPlan.model_validate_json((record / "approved.json").read_text()).plans]

        run.close()

    assert {"statement.json", "statement.1.json", "stages"} <= {path.name for path in record.iterdir()}
    assert [] == records.flaws(record, house.public)


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), (b"", "holds no private key"), (b"-----BEGIN PRIVATE KEY-----\nAAAA\n", "holds no private key")],
)
def test_a_key_that_cannot_be_read_stops_before_anything_starts(house: records.House, content: bytes | None, words: str) -> None:
    """No record is made when the key that is to sign it is missing or is none; the message names the file and how to make one."""
    path = house.home / "audit.pem"
    path.unlink()
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(Unresolved, match=f"audit.pem: {words}.*openssl genpkey -algorithm ed25519"):
        house.run("plan")

    assert not (house.home / "runs").exists()


def test_a_key_of_another_kind_does_not_sign(tmp_path: Path) -> None:
    """A file key is Ed25519: what else KMS may hold is not read from files."""
    path = tmp_path / "key.pem"
    path.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    with pytest.raises(Unresolved, match="is no Ed25519 key"):
        FileKey(path)


class Refusing:
    """Be a key that does not sign."""

    name = ARN

    def sign(self, message: bytes) -> bytes:
        """Refuse."""
        raise Denied("kms:Sign", "kms:Sign is denied", "ask for kms:Sign on the key")


def test_a_key_that_does_not_sign_leaves_a_record_that_says_so(house: records.House) -> None:
    """The files are stated all the same, without a signature; the run fails with the reason and the way out."""
    house.values.pop("signing")
    record = house.run("plan").record
    (record.folder / "statement.json").unlink()

    with pytest.raises(RunbookError, match=r"is complete, but not signed: kms:Sign is denied; ask for kms:Sign on the key"):
        statement.close(record, Refusing())

    assert [each for each in records.flaws(record.folder) if f"says that {ARN} signs it, and is signed by nobody" in each]


class Kms:
    """Stand for a session with KMS that holds a P-256 key: takes what botocore's own description of Sign takes."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.sent: list[dict[str, Any]] = []

    def write(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Sign a digest."""
        shape: Any = botocore.session.get_session().get_service_model(service).operation_model("Sign").input_shape
        assert not ParamValidator().validate(parameters, shape).has_errors()
        assert parameters["SigningAlgorithm"] in shape.members["SigningAlgorithm"].enum
        self.sent.append(parameters)
        return {"Signature": self.key.sign(parameters["Message"], ec.ECDSA(utils.Prehashed(SHA256()))), "KeyId": ARN}


def test_kms_signs_the_digest_and_its_public_key_verifies(house: records.House, tmp_path: Path) -> None:
    """With a key of KMS the record is signed by ECDSA over P-256, and verifies with the public key that KMS gives out."""
    house.values.pop("signing")
    record = house.run("plan").record
    (record.folder / "statement.json").unlink()
    kms: Any = Kms()
    public = tmp_path / "kms.pub.pem"
    public.write_bytes(kms.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    statement.close(record, KmsKey(environment(), ARN, kms))

    assert [] == records.flaws(record.folder, public)
    assert [(ARN, "DIGEST", 32)] == [(each["KeyId"], each["MessageType"], len(each["Message"])) for each in kms.sent]
    assert [each for each in records.flaws(record.folder, house.public) if "is not signed by the key that was given" in each]


def test_a_run_is_signed_by_kms(house: records.House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that names a key of KMS has every record of its runs signed by it, and nothing else sent to it."""
    kms: Any = Kms()
    monkeypatch.setattr("runbook_lib.adapters.aws.signing.AwsSession", lambda _environment: kms)
    house.values["signing"] = {"key": ARN}
    public = tmp_path / "kms.pub.pem"
    public.write_bytes(kms.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    assert [] == records.flaws(house.applied(), public)
    assert [ARN] * 2 == [each["KeyId"] for each in kms.sent]


def test_two_records_are_closed_one_after_the_other(tmp_path: Path) -> None:
    """Names that are taken are left as they are: a record that is closed again states its first statement too."""
    record = records.house(tmp_path, signs=False).run("plan").record
    first = (record.folder / "statement.json").read_bytes()

    statement.close(Record(record.folder), None)

    assert first == (record.folder / "statement.json").read_bytes()
    assert "statement.json" in {each["name"] for each in opened(record.folder, "statement.1.json")[1]["subject"]}
