// The choice of light or dark: what the person chose, else what the system says. Paper is white.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const paper = matchMedia("print");
  const chosen = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const apply = () => {
    const theme = paper.matches ? "light" : chosen() || (system.matches ? "dark" : "light");
    root.dataset.bsTheme = theme;
    document.querySelectorAll("[data-theme-toggle]").forEach((button) => {
      button.setAttribute("aria-pressed", String(theme === "dark"));
      button.hidden = false;
    });
  };
  apply();
  system.addEventListener("change", apply);
  paper.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    try { localStorage.setItem("theme", root.dataset.bsTheme === "dark" ? "light" : "dark"); } catch { /* a private window */ }
    apply();
  });
})();

// A menu closes when the person turns elsewhere, by pointer or by keyboard; Escape closes it and goes back to what opened it.
(() => {
  const open = () => document.querySelectorAll("details.menu[open]");
  const closeOthers = (event) => open().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  document.addEventListener("click", closeOthers);
  document.addEventListener("focusin", closeOthers);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open().forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
  });
})();

// A bar that scrolls to the side shows where the person is.
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".site-navigation, .catalogue-tabs").forEach((bar) => {
  const here = bar.querySelector("[aria-current]");
  if (!here || bar.scrollWidth <= bar.clientWidth) return;
  const [outer, inner] = [bar.getBoundingClientRect(), here.getBoundingClientRect()];
  bar.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
}));

// What is kept in the browser until it is saved (unsaved.js, kept_form.js) goes when the person signs out, who is asked first.
(() => {
  const kept = () => { try { return Object.keys(localStorage).filter((name) => name.startsWith("cs-unsaved:")); } catch { return []; } };
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-signs-out]");
    if (!form) return;
    if (kept().length && !window.confirm(form.dataset.signsOut)) { event.preventDefault(); return; }
    kept().forEach((name) => localStorage.removeItem(name));
    try {
      Object.keys(sessionStorage).filter((name) => name.startsWith("cs-kept:")).forEach((name) => sessionStorage.removeItem(name));
    } catch { /* nothing was kept */ }
  });
})();

// What is answered before a page is ready to save it is saved once it is: on a slow line the fields are there before htmx is.
(() => {
  const early = new Set();
  const note = (event) => {
    const answer = event.target.closest(".answer[hx-post]");
    if (answer) early.add(answer);
  };
  document.addEventListener("change", note);
  document.addEventListener("DOMContentLoaded", () => setTimeout(() => {
    document.removeEventListener("change", note);
    early.forEach((answer) => { if (window.htmx) htmx.trigger(answer, "resend"); });
  }));
})();
