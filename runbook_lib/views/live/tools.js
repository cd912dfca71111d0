// Works on the static twin beside it; adds nothing to what is saved. Beside that it has JupyterLab save one after the other.
const part = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), { textContent: text }, attributes);

const whenIn = (el, signal, work) => {
  if (signal.aborted) return;
  if (el.isConnected && el.closest(".jp-OutputArea")) work(el.closest(".jp-OutputArea"));
  else requestAnimationFrame(() => whenIn(el, signal, work));
};

const watched = (area, signal, what, work) => {
  const watch = new MutationObserver(work);
  watch.observe(area, { childList: true, subtree: true, ...what });
  signal.addEventListener("abort", () => watch.disconnect());
};

// The twin may be drawn anew.
const ontoTwin = (area, signal, work) => {
  watched(area, signal, {}, (changes) => {
    if (changes.some((each) => [...each.addedNodes].some((node) => node.querySelector?.(".rb")))) work();
  });
  work();
};

// What has the focus may be taken away or switched off by what was pressed: its cell gets it, so that a keyboard goes on from there.
function keep(el, area, signal) {
  const cell = area.closest(".jp-Cell");
  let last;
  const look = () => {
    const isLost = last && (!last.isConnected || last.disabled) && [last, document.body, null].includes(document.activeElement);
    if (isLost) cell?.focus({ preventScroll: true });
  };
  document.addEventListener("focusin", (event) => { last = area.contains(event.target) ? event.target : undefined; }, { signal });
  watched(area, signal, { attributeFilter: ["disabled"] }, look);
  signal.addEventListener("abort", () => queueMicrotask(look));
}

// Whoever runs all cells is left at the last: as soon as none waits any more, this one is shown with the words above it.
function arrive(el, area, signal) {
  const cell = area.closest(".jp-Cell");
  const all = cell?.closest(".jp-Notebook");
  const isLast = () => all?.querySelector(".jp-Cell.jp-mod-active") === [...(all?.querySelectorAll(".jp-Cell") ?? [])].at(-1);
  const isDone = () => ![...all.querySelectorAll(".jp-InputPrompt")].some((each) => each.textContent.includes("*"));
  const look = () => {
    if (signal.aborted || !isLast()) return;
    if (isDone()) requestAnimationFrame(() => (cell.previousElementSibling ?? cell).scrollIntoView({ block: "start" }));
    else setTimeout(look, 100);
  };
  look();
}

function find(el, area, signal) {
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
  ontoTwin(area, signal, fill);
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

function copy(el, area, signal) {
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
  ontoTwin(area, signal, () => {
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
  });
}

// JupyterLab begins a save while another of the same document is under way, finds the file changed by that, and asks whose is meant.
// Here the later one waits; of several that would wait the first is enough, since it begins after all of them were asked for.
const saveInTurn = (context) => {
  if (!context || context.savesInTurn) return;
  const save = context.save.bind(context);
  let running, waiting;
  context.savesInTurn = true;
  context.save = () => {
    if (!running) return (running = save().finally(() => { running = undefined; }));
    return (waiting ??= running.catch(() => {}).then(() => { waiting = undefined; return context.save(); }));
  };
};

function render({ model, el }) {
  for (const each of window.jupyterapp?.shell.widgets("main") ?? []) saveInTurn(each.context);
  const end = new AbortController();
  whenIn(el, end.signal, (area) => ({ find, copy, keep, arrive })[model.get("does")](el, area, end.signal));
  return () => end.abort();
}

export default { render };
