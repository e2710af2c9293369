// A form that is sent when the session has ended leads to the sign-in page. What was typed into it is kept in this tab meanwhile, and put back
// once the same person has signed in again. The form's data-kept says whose it is; what data-kept-told marks is shown then.
(() => {
  const PREFIX = "cs-kept:";
  const read = (name) => { try { return JSON.parse(sessionStorage.getItem(name)); } catch { return null; } };
  const write = (name, entry) => { try { sessionStorage.setItem(name, JSON.stringify(entry)); } catch { /* a private window, or full */ } };
  const drop = (name) => { try { sessionStorage.removeItem(name); } catch { /* nothing was kept */ } };

  // On the sign-in page: of all that was sent, only this wasn't taken.
  const asked = new URLSearchParams(location.search);
  if (asked.has("ended") && asked.get("next")) {
    const name = PREFIX + new URL(asked.get("next"), location.href).pathname;
    const entry = read(name);
    if (entry) write(name, { ...entry, lost: true });
  }

  const form = document.querySelector("form[data-kept]");
  if (!form) return;
  const name = PREFIX + location.pathname, entry = read(name);
  drop(name);
  if (entry && entry.lost && entry.person === form.dataset.kept) {
    entry.fields.forEach(([field, value]) => form.querySelectorAll("[name='" + field + "']").forEach((one) => {
      if (["radio", "checkbox"].includes(one.type)) one.checked = one.value === value;
      else one.value = value;
    }));
    document.querySelectorAll("[data-kept-told]").forEach((told) => { told.hidden = false; });
  }
  form.addEventListener("submit", () => {
    const fields = [...new FormData(form)].filter(([field, value]) => field !== "csrfmiddlewaretoken" && typeof value === "string");
    write(name, { person: form.dataset.kept, fields });
  });
})();
