// Derivations open beside the number that was asked about; a link into a folded part unfolds it. Without this file both are plain links.
(() => {
  "use strict";

  document.addEventListener("htmx:afterSwap", (event) => {
    const drawer = document.getElementById("why");
    if (event.detail.target.id === "why-body" && drawer && !drawer.open) drawer.showModal();
  });

  document.addEventListener("click", (event) => {
    const drawer = document.getElementById("why");
    if (!drawer || !drawer.open) return;
    // A click on the drawer itself, and not on what it holds, is one on the backdrop; a link within this page leads out of it.
    const inside = drawer.getBoundingClientRect();
    const link = event.target.closest("a[href]");
    if (event.target === drawer && event.clientX < inside.left) drawer.close();
    else if (link && drawer.contains(link) && link.pathname === location.pathname && link.hash) drawer.close();
  });

  const unfold = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    target.scrollIntoView();
  };
  window.addEventListener("hashchange", unfold);
  document.addEventListener("DOMContentLoaded", unfold);

  // Typing a weight of one's own means to use it.
  document.addEventListener("input", (event) => {
    const own = document.getElementById("choice-own");
    if (own && event.target.name && event.target.name.startsWith("w-")) own.checked = true;
  }, true);

  // A table that fits needs no word of its being cut; whether it does is known once it is shown, and may change then.
  const fits = new ResizeObserver((tables) => tables.forEach(({ target }) => {
    target.previousElementSibling.hidden = target.scrollWidth <= target.clientWidth;
  }));
  const watch = () => document.querySelectorAll(".table-wider + .table-scroll").forEach((table) => fits.observe(table));
  document.addEventListener("DOMContentLoaded", watch);
  document.addEventListener("htmx:afterSwap", watch);

  // On paper nothing can be unfolded.
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
})();
