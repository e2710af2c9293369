// A condition's line offers the values of what it asks; without a script it offers all of them, and the server says what doesn't fit.
document.addEventListener("change", (event) => {
  const field = event.target.dataset && event.target.dataset.valuesFor && document.getElementById(event.target.dataset.valuesFor);
  if (field) field.setAttribute("list", `values-${event.target.value || "all"}`);
});
document.querySelector("[data-went-to]")?.querySelector("input:not([type=hidden])")?.focus();
