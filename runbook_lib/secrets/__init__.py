"""Own every secret: references to it, the masked value it resolves to, its forms, and the way from a run to its kernels and back.

A reference is `env:NAME`, `secretsmanager:NAME[#KEY]`, `ssm:/NAME`, `generate:secretsmanager:NAME`, `prompt:secretsmanager:NAME` or
`prompt:NAME`; a value exists only as `Masked` until it is used.
"""

from runbook_lib.secrets.forms import hidden
from runbook_lib.secrets.handing import Handed, handing_over, take_over, variable
from runbook_lib.secrets.hunting import Known
from runbook_lib.secrets.masked import MASK, Masked
from runbook_lib.secrets.passwords import broken_password_rules, generate_password, md5_literal
from runbook_lib.secrets.prompting import ask, ask_new, held
from runbook_lib.secrets.references import FILLED_HERE, SOURCES, Reference, Source, parse_reference

__all__ = [
    "FILLED_HERE",
    "MASK",
    "SOURCES",
    "Handed",
    "Known",
    "Masked",
    "Reference",
    "Source",
    "ask",
    "ask_new",
    "broken_password_rules",
    "generate_password",
    "handing_over",
    "held",
    "hidden",
    "md5_literal",
    "parse_reference",
    "take_over",
    "variable",
]
