"""The kernel that a run starts."""

from __future__ import annotations

from ipykernel.kernelspec import get_kernel_dict

from runbook_lib.headless.kernel import SPEC


def test_it_is_the_one_that_jupyter_starts_in_this_interpreter() -> None:
    """It is started by the words with which ipykernel describes itself, in the same language."""
    described = get_kernel_dict()

    assert (described["argv"], described["language"]) == (SPEC.argv, SPEC.language)
