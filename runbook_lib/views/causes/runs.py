"""Causes that the runbook itself refuses for."""

from __future__ import annotations

from runbook_lib.errors import ApprovalRefused, GuardRefused, InvalidParameters, Leaked, Locked, PlanDrifted, RunbookError
from runbook_lib.views.causes.cause import Cause
from runbook_lib.views.causes.pages import APPROVALS, BROKEN, CHANGED, FILE, KEYS, PARAMETERS, SECRETS, STEPS, TWO_RUNS, WAY_TO_AWS

CAUSES = (
    Cause("nothing-chosen", InvalidParameters, r"choose one in 00_start",
          "No environment is chosen, and this notebook was given none.", page=FILE),
    Cause("no-such-file", InvalidParameters, r"there is no such parameter file",
          "No parameter file has this name. They lie in parameters/ and end in .yaml.", page=FILE),
    Cause("nobody-to-ask", InvalidParameters, r"nobody is there to answer",
          "The file has a password asked for, which only a notebook in JupyterLab can do.", page=PARAMETERS),
    Cause("clear-text", InvalidParameters, r"in clear text",
          "Something that looks like a secret stands in the file. Whoever read the file knows it: change it, and write where it is kept.",
          page=PARAMETERS),
    Cause("ambiguous", InvalidParameters, r"to some readers",
          "Two readers of YAML take this value for two different things, so nobody could tell which one was planned.", page=PARAMETERS),
    Cause("one-database", InvalidParameters, r"is the source database|one database|source's place",
          "Source and destination are one database: a job could drop what it reads.", ("H1",)),
    Cause("parameters", InvalidParameters, r"",
          "The parameter file breaks rules. Nothing was started; every mistake is listed, with its line.", page=KEYS),
    Cause("wrong-account", GuardRefused, r"(?i)account",
          "The credentials belong to another account than the file names. Nothing was asked there but who is calling.", ("D1",)),
    Cause("wrong-endpoint", GuardRefused, r"(?i)endpoint",
          "Requests would go elsewhere than the file says, because of a variable or a configuration of this machine.", page=WAY_TO_AWS),
    Cause("another-record", GuardRefused, r"is a record of",
          "The record belongs to another environment; evidence of two is never mixed.", page=STEPS),
    Cause("drifted", PlanDrifted, r"",
          "What was approved is no longer what would be done: the world or the file has changed since. Nothing was written.", page=CHANGED),
    Cause("approval-unknown", ApprovalRefused, r"no plan in the record store",
          "The digest is of no plan that is kept here: shortened, mistyped, or made on another machine's record store.", page=APPROVALS),
    Cause("approval-other", ApprovalRefused, r"is not for this plan|was given another approval",
          "An approval names one exact plan, and this one is for another. Nothing was written.", page=APPROVALS),
    Cause("approval-lacks", ApprovalRefused, r"",
          "Something lacks before this plan may be applied, as it says below. Nothing was written.", page=APPROVALS),
    Cause("locked", Locked, r"",
          "One environment is written by one run at a time, and another one has the lock. Planning is free meanwhile.", page=TWO_RUNS),
    Cause("leaked", Leaked, r"",
          "A secret stood in the record and is masked now. Whoever could read the record meanwhile may know it: rotate it.", page=SECRETS),
    Cause("file-changed", RunbookError, r"changed after this notebook read it",
          "The parameter file was saved since Open. A plan by the old values would be refused later.", page=FILE),
    Cause("file-changed-by-others", RunbookError, r"changed by somebody else since it was read",
          "Somebody else saved the parameter file meanwhile, and theirs is not overwritten.", page=FILE),
    Cause("checks-broken", RunbookError, r"checks are broken",
          "The stage did what it could, and something that has to hold does not. The findings say what, and the way out.", page=BROKEN),
)  # fmt: skip
