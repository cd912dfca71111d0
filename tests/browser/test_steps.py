"""A stage stepped through in a browser: the gate, a page loaded anew, a kernel restarted, others at work, the stop button."""

from __future__ import annotations

import json
import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from runbook_lib.sandbox.injection import Fault
from tests.browser.desk import RUN, STORAGE, TEARDOWN, UNTIL_GATE, Desk, approve, focused, run_until, shown, step
from tests.browser.lab import Notebook
from tests.browser.rules import OURS, TOO_WIDE, look


def saved(desk: Desk, notebook: Notebook, name: str, cell: str) -> str:
    """Save, and read what a cell shows without any widget."""
    notebook.save()
    copy = json.loads((desk.lab.folder / name).read_text("utf-8"))
    outputs = next(each for each in copy["cells"] if each["id"] == cell)["outputs"]
    assert [] == [each for each in outputs if "application/vnd.jupyter.widget-view+json" in each.get("data", {})]
    return "\n".join("".join(each["data"]["text/plain"]) for each in outputs)


def test_a_plan_is_searched_and_approved_and_nothing_is_lost(desk: Desk) -> None:
    """Rows are found; a page loaded anew, a kernel restarted and the saved copy keep the approval, and a second run writes nothing."""
    with desk.emptied().lab.page(STORAGE) as notebook:
        gate = step(notebook, *UNTIL_GATE)
        plan = shown(notebook, "plan")
        plan.get_by_role("searchbox", name="Find").fill("lifecycle destination")
        plan.get_by_text("1 of 14 shown").wait_for()
        approve(gate)
        gate.get_by_text("Approved by").wait_for()
        assert "Approved by" in saved(desk, notebook, STORAGE, "approve")
        digest = gate.locator("code").first.inner_text()

        notebook.page.reload()
        notebook.wait_until_idle()
        shown(notebook, "approve").get_by_text("Approved by").wait_for()

        notebook.restart_and_run_all()
        assert digest in shown(notebook, "approve").inner_text()
        assert "14 applied" in shown(notebook, "apply").inner_text()
        assert "14 applied" in saved(desk, notebook, STORAGE, "apply")
        assert [] == notebook.foreign

        notebook.restart_and_run_all()
        assert "finished" in shown(notebook, "plan").inner_text()
        assert "There was nothing to apply." in shown(notebook, "apply").inner_text()


def test_grave_changes_are_acknowledged_one_by_one(desk: Desk) -> None:
    """By keyboard: each deletion has its own box; one that is not ticked is named, and nothing is removed until all are."""
    assert 0 == desk.emptied().lab.command("apply", str(desk.lab.file), "--stage", "storage").returncode
    with desk.lab.page(TEARDOWN) as notebook:
        run_until(notebook, "approve")
        gate, press = shown(notebook, "approve"), notebook.page.keyboard.press
        boxes = gate.get_by_role("checkbox")
        boxes.first.wait_for()
        assert [] == look(notebook).broken
        first, *others = [each.evaluate("each => each.labels[0].textContent.trim()") for each in boxes.all()]
        for each in reversed(others):
            focused(notebook, "Shift+Tab", "INPUT", each)
            press("Space")
        focused(notebook, "Tab", "BUTTON", "Approve this plan")
        press("Space")
        gate.get_by_text("not acknowledged: s3_bucket").wait_for()
        focused(notebook, "Shift+Tab", "INPUT", first)
        press("Space")
        focused(notebook, "Tab", "BUTTON", "Approve this plan")
        press("Space")
        gate.get_by_text("acknowledged", exact=True).wait_for()
        assert "applied" in step(notebook, "apply").inner_text()
    assert [] == [each["Name"] for each in desk.s3().list_buckets()["Buckets"] if each["Name"] == "tonic-sandbox-source"]


def test_somebody_elses_change_after_the_approval_is_refused(desk: Desk) -> None:
    """The bucket that somebody made meanwhile is named, and nothing is written."""
    with desk.emptied().lab.page(STORAGE) as notebook:
        gate = step(notebook, *UNTIL_GATE)
        approve(gate)
        gate.get_by_text("Approved by").wait_for()
        desk.s3().create_bucket(Bucket="tonic-sandbox-source")

        assert "s3_bucket/tonic-sandbox-source was made or changed by someone else" in step(notebook, "apply").inner_text()
    desk.s3().delete_bucket(Bucket="tonic-sandbox-source")


JUMPS = """() => {
    window.jumps = [];
    const inside = (node) => (node?.closest ? node : node?.parentElement)?.closest('.jp-Notebook');
    const told = (shift) => shift.sources.filter((each) => inside(each.node)).map((each) => each.node.textContent.slice(0, 80));
    const note = (list) => window.jumps.push(...list.getEntries().filter((each) => !each.hadRecentInput).flatMap(told));
    new PerformanceObserver(note).observe({ type: 'layout-shift' });
}"""
"""Notes from now on what moved in the notebook without being asked to."""


def test_stop_button_stops_between_two_writes(desk: Desk) -> None:
    """While it writes nothing jumps, axe finds nothing; the rest is withheld, and the next run goes on with it under the same approval."""
    desk.emptied().fault(Fault("latency", "s3:(Put|Create)", ms=1500))
    with desk.lab.page(STORAGE) as notebook:
        gate = step(notebook, *UNTIL_GATE)
        if gate.get_by_role("button", name="Approve this plan").count():
            approve(gate)
        gate.get_by_text("Approved by").wait_for()
        notebook.page.evaluate(RUN, ["apply", False])
        applying = shown(notebook, "apply")
        applying.get_by_text("2 of 14 changes done").wait_for()
        looked = look(notebook, f"{OURS}:has(.mod-warning)")
        notebook.page.evaluate(JUMPS)
        done = int(applying.inner_text().partition(" of 14 changes done")[0].split()[-1])
        # A slow page may not come to show each number.
        further = "|".join(map(str, range(done + 2, 14)))
        applying.get_by_text(re.compile(rf"\b({further}) of 14 changes done")).wait_for()
        assert [] == notebook.page.evaluate("window.jumps")
        applying.evaluate("each => each.insertAdjacentHTML('afterbegin', '<p style=\"height: 9em\"></p>')")
        notebook.page.wait_for_function("() => window.jumps.length")
        assert ([], [], []) == (looked.broken, looked.wide, looked.sideways)
        assert looked.kept
        applying.get_by_role("button", name="Stop after this write").click()
        applying.get_by_text("stopped on request").first.wait_for()
        desk.fault(None)
        notebook.wait_until_idle()
        assert "withheld" in applying.inner_text()

        notebook.restart_and_run_all()
        shown(notebook, "apply").get_by_text("14 applied").first.wait_for()
        assert 0 < shown(notebook, "apply").inner_text().count("as the journal tells") < 14


def signed(desk: Desk) -> None:
    """Have an approver sign what somebody else planned."""
    planned = json.loads(desk.lab.command("plan", str(desk.lab.file), "--stage", "storage", "--by", "Lee Chan", "--json").stdout)
    done = desk.lab.command("approve", planned["record"], "--key", str(desk.lab.home / "jo.pem"))
    assert 0 == done.returncode, done.stdout + done.stderr


def test_gate_of_a_protected_environment_wants_its_name_and_a_signature(desk: Desk) -> None:
    """Another environment's name is refused; with the right one an approver's signature lacks; with both the plan is applied."""
    plain, key = desk.emptied().lab.file.read_text("utf-8"), Ed25519PrivateKey.generate()
    (desk.lab.home / "jo.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (desk.lab.home / "jo.pub.pem").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    protected = "approval: manual\nprotected: true\napprovers:\n  - name: Jo Rivera\n    key: jo.pub.pem"
    desk.lab.file.write_text(plain.replace("approval: automatic", protected), "utf-8")
    try:
        with desk.lab.page(STORAGE) as notebook:
            gate = step(notebook, *UNTIL_GATE)
            for name, said in (("production", "'production' was typed"), ("sandbox", "one that an approver signs")):
                gate.get_by_role("textbox").fill(name)
                approve(gate)
                gate.get_by_text(said).wait_for()
            assert "14 withheld" in step(notebook, "apply").inner_text()
            signed(desk)
            approve(gate)
            gate.get_by_text("Approved by Jo Rivera").wait_for()
            assert "14 applied" in step(notebook, "apply").inner_text()
    finally:
        desk.lab.file.write_text(plain, "utf-8")


LONG = """
from runbook_lib.views.shown import Asking, Gate
grave = tuple((f"grants/destination/tonic_destination_user/DROP/schema/sales_department_{each:03}", "widens access") for each in range(150))
Gate(plan, plan, asking=Asking((), "production", grave, print))
"""
"""A gate at which 150 grave changes of a protected environment are acknowledged."""
WRITE = """([id, text]) => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    cells.find((each) => each.model.id === id).model.sharedModel.setSource(text);
}"""
CUT = """() => [...document.querySelectorAll('.rb-boxes label')].filter((each) => each.scrollWidth > each.clientWidth + 1)
    .map((each) => each.textContent)"""


def test_narrow_page_is_no_wider_than_its_cells(desk: Desk) -> None:
    """At 400 pixels what is wider scrolls in a box that the keyboard reaches, at a long gate too; what is wider without one is found."""
    with desk.lab.page(STORAGE, width=400) as notebook:
        notebook.execute("application:toggle-left-area")
        plan = step(notebook, *UNTIL_GATE[:-1])
        step(notebook, UNTIL_GATE[-1])
        assert [] == look(notebook).wide

        notebook.page.evaluate(WRITE, ["approve", LONG])
        gate = step(notebook, "approve")
        gate.get_by_role("button", name="Next page").click()
        gate.get_by_text("21 to 40 of 150 shown, 0 of 150 acknowledged").wait_for()
        looked = look(notebook)
        assert ([], [], []) == (looked.broken, looked.wide, notebook.page.evaluate(CUT))

        plan.locator(".jp-OutputArea-output").last.evaluate(
            "each => each.insertAdjacentHTML('beforeend', '<p style=\"width:3000px\">x</p>')"
        )
        assert 1 == len(notebook.page.evaluate(TOO_WIDE))
