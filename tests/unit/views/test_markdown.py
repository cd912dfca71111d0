"""The Markdown form: tables stay tables whatever a name holds."""

from __future__ import annotations

import re

import pytest

from runbook_lib import views
from runbook_lib.views import as_markdown
from runbook_lib.views.blocks import Link, Listing, Note
from tests.unit.views.samples import CHANGES, FINDINGS, VALUES, hostile

CHANGE = """\
**Change**

| no. | risk | change | what | name | difference | apply sends |
| --- | --- | --- | --- | --- | --- | --- |
| 1 | ! **widens access** | \\~ **update** | inline policy | s3 on tonic-server | \\~ Objects: +1 action, -1 action | iam:PutRolePolicy |

```diff
! Objects: +1 action, -1 action
+   s3:DeleteObject
-   s3:PutObject
```

```diff
  iam:PutRolePolicy
    RoleName: tonic-server
    PolicyName: s3
    PolicyDocument: {
     "Statement": [
      {
       "Action": [
        "s3:DeleteObject",
        "s3:GetObject"
       ],
       "Effect": "Allow",
       "Resource": [
        "arn:aws:s3:::tonic-*/*"
       ],
       "Sid": "Objects"
      }
     ],
     "Version": "2012-10-17"
    }
```"""


def test_whole_change() -> None:
    """A change is a table row and its difference a diff block."""
    assert CHANGE == views.markdown(CHANGES[1])


@pytest.mark.parametrize("value", [*VALUES, *hostile()], ids=lambda each: type(each).__name__)
def test_rows_have_as_many_cells_as_heads(value: object) -> None:
    """A hostile name opens no cell of its own."""
    tables = re.findall(r"(?:^\|.*\|$\n?)+", views.markdown(value), re.MULTILINE)
    counts = [{len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()} for table in tables]

    assert [] == [each for each in counts if len(each) != 1]


@pytest.mark.parametrize("value", hostile(), ids=lambda each: type(each).__name__)
def test_names_are_text(value: object) -> None:
    """Outside of fenced blocks a hostile name makes no element."""
    outside = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", views.markdown(value), flags=re.MULTILINE | re.DOTALL)

    assert "<script" not in outside


def test_fence_is_longer_than_what_it_holds() -> None:
    """A text with a fence in it does not end its own block."""
    text = as_markdown.view((Listing("a.md", "```\n<script>\n```"),))

    assert "````\n```\n<script>\n```\n````" in text


def test_link_keeps_its_brackets() -> None:
    """A file's name cannot end the link."""
    assert "[a](b%29%20c)" == as_markdown.view((Note((Link("a", "b) c"),)),))


def test_verdicts_are_words() -> None:
    """Findings name their verdicts in words."""
    assert "**broken**" in views.markdown(FINDINGS)
