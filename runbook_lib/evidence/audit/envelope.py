"""Hold a record against its statement: the envelope byte for byte, the signature, every file's digest, and the record before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from runbook_lib.evidence import statement
from runbook_lib.evidence.audit.folder import neighbours
from runbook_lib.evidence.record import LATER
from runbook_lib.evidence.strict import Opened, Unsound, opened

if TYPE_CHECKING:
    from runbook_lib.evidence.audit.folder import Folder
    from runbook_lib.evidence.signing import PublicKey

PREDICATE = {"environment": str, "record": str, "verb": str, "started": str, "signer": str}
MISSING = "the record was never closed, or its statement was taken away"


@dataclass(frozen=True)
class Form:
    """Say what a folder is of: the type of its statement's predicate, and what that has to hold."""

    kind: str
    predicate: Mapping[str, type]


RECORD = Form(statement.PREDICATE_TYPE, PREDICATE)


class OtherVersion(Unsound):
    """Say that a statement is of another schema version."""


def check(folder: Folder, key: PublicKey | None, digest: str) -> None:
    """Hold a record against its statement, and against the record before it."""
    if (stated := held(folder, key, digest, RECORD)) is not None:
        _run(folder, *stated)
        _neighbours(folder, *stated)


def held(folder: Folder, key: PublicKey | None, digest: str, form: Form) -> tuple[str, Mapping[str, Any]] | None:
    """Hold every file against the statement, and the statement against the key and the digest that were given.

    Gives the statement's file and predicate; None, and a flaw, where it says nothing that could be held.
    """
    audit = folder.audit
    name = _name(folder)
    if name is None:
        audit.add("statement.json", 0, f"is missing: {MISSING}")
        return None
    try:
        octets = folder.octets(name)
        said, signatures, payload = _opened(octets, form)
    except Unsound as error:
        audit.add(name, 0, str(error), "unknown" if isinstance(error, OtherVersion) else "broken")
        return None
    audit.facts["digest"] = sha256(octets).hexdigest()
    _origin(folder, name, said["predicate"], signatures, payload, key, digest)
    _files(folder, name, said["subject"])
    audit.checked.append(f"{len(said['subject'])} files against {name}")
    return name, said["predicate"]


def _name(folder: Folder) -> str | None:
    found = {int(match[1] or 0): name for name in folder.names if (match := statement.NAME.fullmatch(name))}
    return found[max(found)] if found else None


def _opened(octets: bytes, form: Form) -> Opened:
    """Open the statement over a folder. Raises Unsound."""
    found = opened(octets)
    family = form.kind.rpartition(":")[0] + ":"
    if (kind := _kind(found.said)) != form.kind and kind.startswith(family):
        raise OtherVersion(f"states a record of {kind}, and this version of the runbook reads {form.kind}: nothing was held")
    if not _is_statement(found.said, form):
        raise Unsound(f"holds no in-toto statement of {form.kind}")
    return found


def _kind(said: Any) -> str:
    return str(said.get("predicateType", "")) if isinstance(said, dict) else ""


def _is_statement(said: Any, form: Form) -> bool:
    try:
        kinds = said["_type"], said["predicateType"]
        predicate, previous = said["predicate"], said["predicate"]["previous"] if form is RECORD else None
        return (
            kinds == (statement.STATEMENT_TYPE, form.kind)
            and all(isinstance(predicate[each], kind) for each, kind in form.predicate.items())
            and all(isinstance(each["name"], str) and isinstance(each["digest"]["sha256"], str) for each in said["subject"])
            and (previous is None or all(isinstance(previous[each], str) for each in ("record", "sha256")))
        )
    except (TypeError, KeyError):
        return False


def _origin(
    folder: Folder, name: str, predicate: Mapping[str, Any], signatures: list[Any], payload: bytes, key: PublicKey | None, digest: str
) -> None:
    audit, signer = folder.audit, predicate["signer"]
    audit.facts["signer"] = signer
    if digest and digest.lower() != audit.facts["digest"]:
        audit.add(name, 0, f"has the digest {audit.facts['digest']}, not the one that was given")
    elif digest:
        audit.checked.append("the digest that was given")
    if [each[0] for each in signatures] != ([signer] if signer else []):
        audit.add(
            name, 0, f"says that {signer or 'nobody'} signs it, and is signed by {', '.join(each[0] for each in signatures) or 'nobody'}"
        )
    elif key is not None and not signer:
        audit.add(name, 0, "is not signed, though a key was given")
    elif key is not None and not key.verifies(statement.pae(payload), signatures[0][1]):
        audit.add(name, 0, f"is not signed by the key that was given ({key.name}), or was changed since; it names {signer}")
    elif key is not None:
        audit.checked.append(f"the signature of {signer}")
    elif signer and not digest:
        audit.add(name, 0, f"is signed by {signer}, which nobody checked: give the public key with --key", "unknown")
    elif not digest:
        audit.add(name, 0, "is not signed: whoever wrote the folder may have written all of it; give its digest with --digest", "note")


def _files(folder: Folder, name: str, subjects: list[dict[str, Any]]) -> None:
    stated: dict[str, str] = {}
    for each in subjects:
        if each["name"] in stated or not _is_inside(each["name"]):
            folder.audit.add(
                name, 0, f"names {each['name']!r}, " + ("twice" if each["name"] in stated else "which is no file of the record")
            )
        else:
            stated[each["name"]] = each["digest"]["sha256"]
    for found in sorted({*stated, *folder.names} - {name}):
        if found not in stated and LATER.fullmatch(found) and "approved.json" not in stated:
            continue  # What people said of a plan since: that is held against their keys.
        if found not in stated:
            folder.audit.add(found, 0, "was added: the statement does not name it")
        elif found not in folder.names:
            folder.audit.add(found, 0, "is missing")
        else:
            _digest(folder, found, stated[found])


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and str(path) == name and "\0" not in name


def _digest(folder: Folder, name: str, stated: str) -> None:
    try:
        if folder.digest(name) != stated:
            folder.audit.add(name, 0, "was changed: its SHA-256 is not the stated one")
    except Unsound as error:
        folder.audit.add(name, 0, str(error))


def _run(folder: Folder, name: str, predicate: Mapping[str, Any]) -> None:
    facts = folder.parsed("run.json")
    for each in ("environment", "verb", "started"):
        if isinstance(facts, dict) and facts.get(each) != predicate[each]:
            folder.audit.add("run.json", 0, f"says {each} {facts.get(each)}, {name} says {predicate[each]}")
    folder.audit.facts |= {each: predicate[each] for each in ("environment", "record", "verb", "started")}


def _neighbours(folder: Folder, name: str, predicate: Mapping[str, Any]) -> None:
    """Hold a record that lies among others against its place; one that was copied alone can only say what came before it."""
    place, previous = folder.path.resolve(), predicate["previous"]
    others = neighbours(place)
    if others and place.name != predicate["record"]:
        folder.audit.add(name, 0, f"is the statement of {predicate['record']}, which lies here as {place.name}")
    if others and place.parent.name != predicate["environment"]:
        folder.audit.add(name, 0, f"is a record of {predicate['environment']}, which lies among those of {place.parent.name}")
    if previous is None:
        return
    folder.audit.facts["previous"] = previous["record"]
    if not _is_inside(previous["record"]) or "/" in previous["record"]:
        folder.audit.add(name, 0, f"names {previous['record']!r} as the record before, which is no name of one")
    elif previous["record"] not in others:
        what = f"names {previous['record']} as the environment's record before, which is not here"
        folder.audit.add(name, 0, what, "broken" if others else "note")
    elif _of_record(place.parent / previous["record"]) != previous["sha256"]:
        folder.audit.add(name, 0, f"names another digest of {previous['record']}, the environment's record before, than it has now")
    else:
        folder.audit.checked.append(f"the record before: {previous['record']}")


def _of_record(path: Path) -> str:
    """Give another record's digest; empty when it cannot be had."""
    try:
        newest = statement.newest(path)
        return sha256(newest.read_bytes()).hexdigest() if newest is not None and not newest.is_symlink() else ""
    except OSError:
        return ""
