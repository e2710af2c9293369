// Charts of a portfolio. On paper nothing can be scrolled to: charts that nobody has come to yet are fetched before the page is printed.
(() => {
  "use strict";

  // The browser lays the paper out as soon as this returns, so it can't wait for an answer in the background.
  const fetchNow = (place) => {
    const request = new XMLHttpRequest();
    try {
      request.open("GET", place.getAttribute("hx-get"), false);
      request.setRequestHeader("HX-Request", "true");
      request.send();
    } catch { return; /* without a connection the link stays */ }
    if (request.status === 200) place.innerHTML = request.responseText;
  };
  // A screen too narrow for a chart begins with what it is about: today, the gravest, or the middle between two sides.
  const begin = (event) => (event.target || document).querySelectorAll(".chart-frame[data-begin]").forEach((frame) => {
    const room = frame.scrollWidth - frame.clientWidth;
    frame.scrollLeft = frame.dataset.begin === "end" ? room : room / 2;
  });
  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:afterSwap", begin);

  window.addEventListener("beforeprint", () => document.querySelectorAll(".portfolio-chart-place:has(> .panel > a)").forEach(fetchNow));
})();
