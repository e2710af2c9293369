// What the pages that ask need beyond htmx: exclusive ticks, words for a save that failed, the spine on a phone, and offered figures.
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

  // Times in the person's own zone.
  const clocks = (within) => within.querySelectorAll("time[data-clock]").forEach((time) => {
    time.textContent = new Date(time.dateTime).toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit" });
    time.removeAttribute("data-clock");
  });

  const state = (answer) => answer && answer.querySelector(":scope > .answer-state");
  const say = (answer, text) => {
    const place = state(answer);
    if (!place) return;
    place.querySelectorAll(":not(input)").forEach((old) => old.remove());
    const line = document.createElement("p");
    line.className = "field-error";
    line.dataset.invalid = "";
    line.textContent = text;
    place.append(line);
    mark(answer);
  };
  const mark = (answer) => {
    const wrong = Boolean(answer.querySelector(":scope > .answer-state [data-invalid]"));
    answer.classList.toggle("answer-troubled", wrong);
    answer.querySelectorAll("[aria-describedby~='st-" + answer.id.slice(2) + "']").forEach((field) => {
      if (field.tagName === "FIELDSET") return;
      if (wrong) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
    });
  };
  const words = {
    lost: "Not saved: the server can't be reached. What you entered is still here; change it again, or save the section, once you are back.",
    signedOut: "Not saved: you have been signed out. Sign in in another tab, then change this again.",
    failed: "Not saved: something went wrong on our side. What you entered is still here; try again.",
    forbidden: "Not saved: you may have been signed out, or your role doesn't allow it. What you entered is still here; load the page in another tab to see.",
  };
  const answerOf = (element) => element && element.closest && element.closest(".answer");

  document.addEventListener("htmx:beforeSwap", (event) => {
    const answer = answerOf(event.detail.elt);
    const asked = new URL(event.detail.pathInfo.requestPath, location.href).pathname;
    const answered = event.detail.xhr.responseURL ? new URL(event.detail.xhr.responseURL).pathname : asked;
    if (answer && answered !== asked) {
      event.detail.shouldSwap = false;
      say(answer, words.signedOut);
    }
  });
  document.addEventListener("htmx:sendError", (event) => say(answerOf(event.detail.elt), words.lost));
  document.addEventListener("htmx:timeout", (event) => say(answerOf(event.detail.elt), words.lost));
  document.addEventListener("htmx:responseError", (event) => {
    const code = event.detail.xhr.status;
    say(answerOf(event.detail.elt), code === 403 || code === 404 ? words.forbidden : words.failed);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    clocks(document);
    const answer = answerOf(event.detail.target);
    if (!answer) return;
    const fresh = document.getElementById(answer.id);
    if (!fresh) return;
    mark(fresh);
    if (fresh !== answer || !document.activeElement || document.activeElement === document.body) fresh.focus({ preventScroll: true });
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
    clocks(document);
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
