// What the pages that ask need beyond htmx: exclusive ticks, the spine on a phone, and offered figures. What can't be saved: unsaved.js.
(() => {
  const root = document.documentElement;
  if (window.htmx) root.classList.add("js");

  // A tick that says "none" or "unknown" and an answer can't stand together: the newer one counts. Runs before htmx reads the fields.
  const settle = (event) => {
    const group = event.target.closest && event.target.closest("[data-choices]");
    if (!group) return;
    const exclusive = event.target.hasAttribute("data-exclusive");
    if (exclusive && !event.target.checked) return;
    if (!exclusive && !event.target.value) return;
    if (event.target.type === "checkbox" && !event.target.checked) return;
    group.querySelectorAll("input, textarea").forEach((other) => {
      if (other === event.target || (!exclusive && !other.hasAttribute("data-exclusive"))) return;
      if (other.type === "checkbox") other.checked = false;
      else if (other.type !== "radio" && other.type !== "hidden") other.value = "";
    });
  };
  document.addEventListener("change", settle, true);

  // A select in a column cuts long answers off: the chosen one stands in full below it.
  document.addEventListener("change", (event) => {
    const full = event.target.tagName === "SELECT" && event.target.nextElementSibling;
    if (!full || !full.hasAttribute("data-chosen")) return;
    const text = event.target.selectedOptions[0].textContent;
    full.textContent = event.target.value && !event.target.value.startsWith("?") && text.length > 15 ? text : "";
  }, true);

  const mark = (answer) => {
    const wrong = Boolean(answer.querySelector(":scope > .answer-state [data-invalid]"));
    answer.classList.toggle("answer-troubled", wrong);
    answer.querySelectorAll("[aria-describedby~='st-" + answer.id.slice(2) + "']").forEach((field) => {
      if (field.tagName === "FIELDSET") return;
      if (wrong) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
    });
  };
  const answerOf = (element) => element && element.closest && element.closest(".answer");

  document.addEventListener("htmx:afterSwap", (event) => {
    const answer = answerOf(event.detail.target);
    if (!answer) return;
    const fresh = document.getElementById(answer.id);
    if (!fresh) return;
    mark(fresh);
    if (fresh !== answer || !document.activeElement || document.activeElement === document.body) (fresh.querySelector(":scope > .answer-state .undo") || fresh).focus({ preventScroll: true });
  });

  // The catalogue's figure, taken over with one press; the change is then saved like a typed one.
  document.addEventListener("click", (event) => {
    const offer = event.target.closest("[data-offer]");
    if (!offer) return;
    const likely = document.getElementById("f-" + offer.dataset.offer);
    likely.value = offer.dataset.likely;
    ["low", "high"].forEach((end) => {
      const field = document.getElementById(end + "-" + offer.dataset.offer);
      if (field) field.value = offer.dataset[end];
    });
    likely.dispatchEvent(new Event("change", { bubbles: true }));
  });

  const ready = () => {
    const fold = document.querySelector(".spine-fold");
    const narrow = matchMedia("(max-width: 61.99rem)");
    const fit = () => { if (fold) fold.open = !narrow.matches; };
    fit();
    narrow.addEventListener("change", fit);
    const trouble = document.querySelector(".trouble-list");
    if (trouble) trouble.focus();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
