// What was answered and isn't saved is kept in this browser, for the person and the assessment, until the service has it: the network may be
// gone for a minute, the session over, the page reloaded. What two people changed is put to the person, never overwritten.
(() => {
  const home = document.getElementById("unsaved");
  if (!home || !window.htmx) return;
  const PREFIX = "cs-unsaved:" + home.dataset.key + ":";
  const MOST = 300000; // characters of all that is kept
  const OLDEST = 7 * 24 * 3600 * 1000; // milliseconds
  const FIRST_WAIT = 2000, LONGEST_WAIT = 60000; // milliseconds
  const word = (name) => home.querySelector("[data-word='" + name + "']").textContent;
  const held = new Map(); // what this page knows, also where the browser keeps nothing
  let wait = FIRST_WAIT, timer = 0, sending = false, stamp = 0;

  const read = () => {
    try {
      for (let i = 0; i < localStorage.length; i += 1) {
        const name = localStorage.key(i);
        if (!name.startsWith(PREFIX)) continue;
        const entry = JSON.parse(localStorage.getItem(name));
        if (Date.now() - entry.at > OLDEST) localStorage.removeItem(name);
        else held.set(name.slice(PREFIX.length), entry);
      }
    } catch { /* a private window, or not ours */ }
  };
  const size = () => [...held.values()].reduce((sum, entry) => sum + JSON.stringify(entry).length, 0);
  const keep = (id, entry) => {
    held.set(id, entry);
    try {
      if (size() > MOST) throw new Error("full");
      localStorage.setItem(PREFIX + id, JSON.stringify(entry));
    } catch { entry.unkept = true; }
  };
  const drop = (id) => {
    held.delete(id);
    try { localStorage.removeItem(PREFIX + id); } catch { /* nothing was kept */ }
  };
  const answerAt = (id) => document.getElementById(id);
  const cookie = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) || [])[1] || "";

  // Beside the field, and in the page's head.
  const say = (answer, text, waiting) => {
    const place = answer && answer.querySelector(":scope > .answer-state");
    if (!place) return;
    place.querySelectorAll(":not(input)").forEach((old) => old.remove());
    const line = document.createElement("p");
    line.className = waiting ? "waits" : "field-error";
    line.textContent = text;
    place.append(line);
  };
  const count = home.querySelector("summary"), list = home.querySelector("ul"), news = document.getElementById("unsaved-news");
  const show = () => {
    const open = [...held].filter(([, entry]) => entry.state === "waiting" || entry.state === "asks");
    home.classList.toggle("unsaved-none", !open.length);
    const text = open.length ? word(open.length === 1 ? "one" : "many").replace("%n", open.length) : "";
    if (count.textContent !== text) {
      if (!open.length && count.textContent) news.textContent = word("done");
      else news.textContent = text;
      count.textContent = text;
    }
    if (!open.length) home.open = false;
    list.replaceChildren(...open.map(([id, entry]) => {
      const line = document.createElement("li"), link = document.createElement("a"), give = document.createElement("button");
      link.href = entry.page + "#" + id;
      link.textContent = entry.label;
      const value = document.createElement("span");
      value.className = "unsaved-value";
      value.textContent = entry.shown + (entry.state === "asks" ? " – " + word("asks") : "") + (entry.unkept ? " – " + word("full") : "");
      give.type = "button";
      give.className = "btn btn-sm btn-link";
      give.textContent = word("discard");
      const whose = document.createElement("span");
      whose.className = "visually-hidden";
      whose.textContent = " " + entry.label;
      give.append(whose);
      give.addEventListener("click", () => { drop(id); fresh(id); show(); });
      line.append(link, value, give);
      return line;
    }));
  };
  // The cell as the service has it.
  const fresh = (id) => {
    if (answerAt(id)) htmx.ajax("GET", location.pathname + location.search, { source: answerAt(id), target: "#" + id, select: "#" + id, swap: "outerHTML" });
  };

  const fields = (answer) => [...answer.querySelectorAll(".f")];
  const typed = (answer) => {
    const data = new FormData();
    Object.entries(JSON.parse(answer.getAttribute("hx-vals"))).forEach(([name, value]) => data.append(name, value));
    fields(answer).forEach((field) => {
      if (!["radio", "checkbox"].includes(field.type) || field.checked) data.append(field.name, field.value);
    });
    return [...data].filter(([, value]) => typeof value === "string");
  };
  const label = (answer) => {
    const row = answer.closest("tr, section"), text = row && row.querySelector(".question-text");
    const column = answer.parentElement.querySelector(":scope > .cell-option"), own = answer.querySelector("label");
    return (text ? text.textContent : own ? own.textContent : "").trim() + (column ? " · " + column.textContent.trim() : "");
  };
  const words = (answer) => fields(answer).filter((f) => /^(value|special|likely):/.test(f.name)).map((field) => {
    if (field.tagName === "SELECT") return field.value ? field.selectedOptions[0].textContent : "";
    if (["radio", "checkbox"].includes(field.type)) return field.checked ? (answer.querySelector("label[for='" + field.id + "']") || field).textContent : "";
    return field.value;
  }).filter(Boolean).join(", ");
  const entryOf = (answer, url, params, state) => ({
    url, params, state, page: location.pathname, label: label(answer), shown: words(answer), at: Date.now(), stamp: (stamp += 1),
  });

  const mine = (config) => {
    const answer = config.elt && config.elt.closest && config.elt.closest(".answer");
    return answer && config.verb === "post" && !config.elt.closest(".evidence") ? answer : null;
  };
  document.addEventListener("htmx:configRequest", (event) => {
    // Whoever signed in again in another tab has another token than the one that came with this page.
    if (cookie()) event.detail.headers["X-CSRFToken"] = cookie();
    const answer = mine(event.detail);
    if (!answer) return;
    const params = [...event.detail.formData].filter(([, value]) => typeof value === "string");
    const entry = entryOf(answer, event.detail.path, params, "sending");
    event.detail.unsaved = [answer.id, entry.stamp];
    keep(answer.id, entry);
  });
  // An answer that comes from elsewhere is the page to sign in.
  const elsewhere = (xhr, asked) => Boolean(xhr.responseURL) && new URL(xhr.responseURL).pathname !== new URL(asked, location.href).pathname;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answer = event.detail.requestConfig.elt.closest(".answer");
    if (!answer || !elsewhere(event.detail.xhr, event.detail.pathInfo.requestPath)) return;
    event.detail.shouldSwap = false;
    if (!mine(event.detail.requestConfig)) say(answer, word("lost"));
  });
  // What isn't an answer, such as taking a file away, isn't kept: it is said that it wasn't done.
  ["htmx:sendError", "htmx:responseError"].forEach((name) => document.addEventListener(name, (event) => {
    if (!mine(event.detail.requestConfig)) say(event.detail.requestConfig.elt.closest(".answer"), word("lost"));
  }));
  document.addEventListener("htmx:afterRequest", (event) => {
    const [id, of] = event.detail.requestConfig.unsaved || [];
    const entry = held.get(id);
    if (!entry || entry.stamp !== of) return;
    settle(id, entry, event.detail.xhr.status, elsewhere(event.detail.xhr, event.detail.pathInfo.requestPath));
    show();
  });
  // What came of one attempt; true where another would be of use at once.
  const settle = (id, entry, status, away) => {
    if (status >= 200 && status < 300 && !away) {
      drop(id);
      wait = FIRST_WAIT;
      return true;
    }
    if ([404, 409, 422].includes(status)) {
      keep(id, { ...entry, state: "asks" });
      return true;
    }
    keep(id, { ...entry, state: "waiting" });
    say(answerAt(id), word(away || status === 403 ? "signed-out" : status ? "failed" : "waits") + (held.get(id).unkept ? " " + word("full") : ""), true);
    later();
    return false;
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(send, wait);
    wait = Math.min(2 * wait, LONGEST_WAIT);
  };

  // One after the other, in the order in which they were given. A field that is on the page saves itself, so that what comes back is shown.
  const plain = (entry) => !entry.params.some(([name]) => ["undo", "clear", "take"].includes(name));
  const send = async () => {
    clearTimeout(timer);
    if (sending) return;
    sending = true;
    try {
      const due = [...held].filter(([, entry]) => entry.state === "waiting").sort((a, b) => a[1].at - b[1].at);
      for (const [id, entry] of due) {
        if (answerAt(id) && answerAt(id).hasAttribute("hx-post") && plain(entry)) {
          await new Promise((done) => {
            const ended = (event) => {
              if (!(event.detail.requestConfig.unsaved || []).includes(id)) return;
              document.removeEventListener("htmx:afterRequest", ended);
              done();
            };
            document.addEventListener("htmx:afterRequest", ended);
            setTimeout(done, 20000);
            htmx.trigger(answerAt(id), "resend");
          });
          if (held.has(id) && held.get(id).state === "waiting") return;
        } else if (!(await post(id, entry))) return;
      }
    } finally {
      sending = false;
      show();
    }
  };
  const post = async (id, entry) => {
    let answer = null;
    try {
      answer = await fetch(entry.url, {
        method: "POST", body: new URLSearchParams(entry.params), credentials: "same-origin",
        headers: { "HX-Request": "true", "HX-Current-URL": location.origin + entry.page, "X-CSRFToken": cookie() },
      });
    } catch { /* the network is gone */ }
    const went = settle(id, entry, answer ? answer.status : 0, Boolean(answer && answer.redirected));
    if (went && !held.has(id)) fresh(id);
    return went;
  };

  // While a text is typed it is kept too: nothing of it has been sent yet.
  let pause = 0;
  document.addEventListener("input", (event) => {
    const answer = event.target.closest && event.target.closest(".answer[hx-post]");
    if (!answer || !event.target.matches("textarea.f, input.f[type='text']")) return;
    clearTimeout(pause);
    pause = setTimeout(() => {
      const stands = held.get(answer.id);
      if (stands && stands.state !== "typing") return;
      keep(answer.id, entryOf(answer, answer.getAttribute("hx-post"), typed(answer), "typing"));
    }, 400);
  });
  document.addEventListener("focusout", (event) => {
    const answer = event.target.closest && event.target.closest(".answer[hx-post]");
    clearTimeout(pause);
    if (answer) setTimeout(() => { if ((held.get(answer.id) || {}).state === "typing") drop(answer.id); });
  });

  const restore = (answer, entry) => {
    const given = new Map();
    entry.params.forEach(([name, value]) => given.set(name, [...(given.get(name) || []), value]));
    fields(answer).forEach((field) => {
      const values = given.get(field.name) || [];
      if (["radio", "checkbox"].includes(field.type)) field.checked = values.includes(field.value);
      else if (values.length || field.type !== "hidden") field.value = values[0] || "";
    });
  };
  const ready = () => {
    read();
    held.forEach((entry, id) => {
      const answer = answerAt(id);
      if (answer && answer.hasAttribute("hx-post") && entry.page === location.pathname && plain(entry)) {
        restore(answer, entry);
        entry.state = "waiting";
      } else if (entry.state !== "asks") entry.state = "waiting";
      keep(id, entry);
      if (entry.state === "waiting") say(answer, word("waits"), true);
    });
    show();
    if (!held.size) return;
    // Before htmx has gone through the page a field can't save itself.
    if (document.readyState === "complete") send(); else window.addEventListener("load", () => send());
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-send-now]")) { wait = FIRST_WAIT; send(); }
    const theirs = event.target.closest("[data-keep-theirs]");
    if (theirs) { drop(theirs.closest(".answer").id); show(); }
  });
  window.addEventListener("online", () => { wait = FIRST_WAIT; send(); });
  window.addEventListener("beforeunload", (event) => {
    if ([...held.values()].some((entry) => entry.state === "waiting")) event.preventDefault();
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
