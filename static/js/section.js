// A section's page by keyboard: the next question without an answer, saving, and the help that says so; and one option of the table at a time.
(() => {
  const dialog = document.getElementById("shortcuts");
  const news = document.getElementById("section-news");
  const OFF = "cs-shortcuts-off";
  const get = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const set = (name, value) => { try { if (value) localStorage.setItem(name, value); else localStorage.removeItem(name); } catch { /* a private window */ } };

  const seen = (element) => element.getClientRects().length > 0;
  const empty = (answer) => [...answer.querySelectorAll(".f")].every((field) => {
    if (!/^(value|special):/.test(field.name)) return true;
    if (["radio", "checkbox"].includes(field.type)) return !field.checked || field.value === "?unknown";
    return !field.value || field.value === "?unknown";
  });
  const go = (way) => {
    const open = [...document.querySelectorAll(".answer[hx-post]")].filter((answer) => seen(answer) && empty(answer));
    const here = document.activeElement.closest(".answer") || document.activeElement;
    const follows = (a, b) => a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING;
    const others = open.filter((answer) => answer !== here);
    const target = way > 0
      ? others.find((answer) => here === document.body || follows(here, answer)) || others[0]
      : [...others].reverse().find((answer) => here !== document.body && follows(answer, here)) || others[others.length - 1];
    if (!target) { news.textContent = dialog.querySelector("[data-word='all-answered']").textContent; return; }
    target.scrollIntoView({ block: "center" });
    target.querySelector(".f:not([type='hidden'])").focus({ preventScroll: true });
  };
  const save = () => {
    const field = document.activeElement;
    if (field && field.closest(".answer[hx-post]") && field.matches("textarea, input[type='text'], input[type='date']")) {
      field.blur();
      field.focus();
    }
    const send = document.querySelector("[data-send-now]");
    if (send) send.click();
  };
  const help = () => {
    document.getElementById("shortcuts-on").checked = !get(OFF);
    dialog.showModal();
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.metaKey || event.isComposing || dialog.open) return;
    if (event.ctrlKey) {
      if (event.key === "Enter") { event.preventDefault(); save(); }
      return;
    }
    if (get(OFF) || event.target.closest("select, textarea, [contenteditable], input:not([type='radio']):not([type='checkbox']), dialog")) return;
    const act = { n: () => go(1), p: () => go(-1), s: save, "?": help }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-shortcuts-open]")) help(); });
  document.addEventListener("change", (event) => { if (event.target.id === "shortcuts-on") set(OFF, event.target.checked ? "" : "1"); });

  // On paper everything that is folded away stands open.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll(".answer details.more:not([open])")];
    folded.forEach((part) => { part.open = true; });
    document.querySelectorAll(".answer textarea").forEach((field) => { field.rows = Math.max(2, Math.ceil(field.value.length / 30)); });
  });
  window.addEventListener("afterprint", () => {
    folded.forEach((part) => { part.open = false; });
    document.querySelectorAll(".answer textarea").forEach((field) => { field.rows = 2; });
  });

  // One option at a time where there is no room for more, or the person wants it; the choice goes along to the next section.
  const chooser = document.querySelector("[data-one-option]");
  const table = document.querySelector("[data-compare]");
  const narrow = matchMedia("(max-width: 47.99rem)");
  const CHOSEN = "cs-option:" + location.pathname.split("/questions/")[0];
  const column = () => (chooser ? [...chooser.options].findIndex((option) => option.value === chooser.value && option.value) : -1);
  const fit = () => {
    if (!chooser || !table) return;
    const at = column();
    table.classList.toggle("one-only", at > 0);
    table.querySelectorAll("tr").forEach((row) => [...row.children].forEach((cell, i) => cell.classList.toggle("column-off", at > 0 && i > 0 && i !== at)));
  };
  const begin = () => {
    if (!chooser || !table) return;
    let kept = null;
    try { kept = sessionStorage.getItem(CHOSEN); } catch { /* a private window */ }
    const at = location.hash.startsWith("#a-") && document.querySelector(location.hash);
    const asked = at && [...chooser.options].find((option) => option.value && at.id.endsWith("--" + option.value.replaceAll(".", "_")));
    chooser.value = asked && (narrow.matches || kept) ? asked.value : kept !== null ? kept : narrow.matches ? chooser.options[1].value : "";
    if (chooser.selectedIndex < 0) chooser.selectedIndex = 0;
    fit();
    if (at) at.scrollIntoView();
  };
  if (chooser) chooser.addEventListener("change", () => {
    try { sessionStorage.setItem(CHOSEN, chooser.value); } catch { /* a private window */ }
    fit();
  });
  document.addEventListener("htmx:afterSwap", fit);
  document.addEventListener("htmx:oobAfterSwap", fit);
  begin();
})();
