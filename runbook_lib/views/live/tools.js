// Works on the static twin beside it; adds nothing to what is saved.
const part = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), { textContent: text }, attributes);

const whenIn = (el, work) => {
  if (el.isConnected && el.closest(".jp-OutputArea")) work(el.closest(".jp-OutputArea"));
  else requestAnimationFrame(() => whenIn(el, work));
};

function find(el, area) {
  const rows = () => [...(area.querySelector(".rb table.changes")?.tBodies[0]?.rows ?? [])];
  const box = part("div", "", { className: "rb-find" });
  const id = `rb-find-${crypto.randomUUID()}`;
  const word = part("input", "", { type: "search", id, placeholder: "name, action, statement" });
  const kind = part("select", "", { id: `${id}-risk` });
  kind.append(part("option", "every change", { value: "" }));
  const count = part("output", "", {});
  count.setAttribute("for", `${id} ${id}-risk`);
  box.append(part("label", "Find ", { htmlFor: id }), word, part("label", " with ", { htmlFor: kind.id }), kind, count);
  el.append(box);
  const show = () => {
    const words = word.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = rows();
    let shown = 0;
    for (const row of all) {
      row.dataset.text ??= row.textContent.toLowerCase();
      const marks = [...row.querySelectorAll("b")].map((each) => each.textContent);
      row.hidden = !(words.every((each) => row.dataset.text.includes(each)) && (!kind.value || marks.includes(kind.value)));
      shown += !row.hidden;
    }
    count.textContent = ` ${shown} of ${all.length} shown`;
  };
  const fill = () => {
    const marks = new Set(rows().flatMap((row) => [...row.querySelectorAll("b")].map((each) => each.textContent)));
    kind.replaceChildren(kind.options[0], ...[...marks].map((each) => part("option", each, { value: each })));
    show();
  };
  word.addEventListener("input", show);
  kind.addEventListener("change", show);
  return fill;
}

async function written(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = part("textarea", text, { style: "position:fixed;opacity:0" });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function copy(el, area) {
  const told = part("span", "", { className: "rb-told" });
  told.setAttribute("role", "status");
  el.append(told);
  const button = (what, text) => {
    const made = part("button", "Copy", { type: "button", className: "rb-copy" });
    made.setAttribute("aria-label", `Copy ${what}`);
    made.addEventListener("click", async () => {
      await written(text());
      made.textContent = "Copied";
      told.textContent = `Copied ${what}`;
      setTimeout(() => { made.textContent = "Copy"; }, 2000);
    });
    return made;
  };
  return () => {
    for (const each of area.querySelectorAll(".rb .listing:not([data-copied])")) {
      each.dataset.copied = "";
      const text = each.querySelector("pre");
      text.before(button(each.querySelector("summary").textContent, () => text.textContent));
    }
    for (const each of area.querySelectorAll(".rb .sheet td:not([data-copied])")) {
      each.dataset.copied = "";
      const text = each.textContent;
      each.append(button(each.previousElementSibling.textContent, () => text));
    }
  };
}

function render({ model, el }) {
  let watch;
  whenIn(el, (area) => {
    const work = (model.get("does") === "find" ? find : copy)(el, area);
    watch = new MutationObserver((changes) => {
      if (changes.some((each) => [...each.addedNodes].some((node) => node.querySelector?.(".rb")))) work();
    });
    watch.observe(area, { childList: true, subtree: true });
    work();
  });
  return () => watch?.disconnect();
}

export default { render };
