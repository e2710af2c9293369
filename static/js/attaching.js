// Files of evidence, chosen or dropped on an answer: each with its own progress, a way to cancel it, and a message that stays where it is refused.
(() => {
  const words = document.getElementById("attaching-words"), news = document.getElementById("attaching-news");
  if (!words) return;
  const word = (name, file, more = {}) => {
    let text = words.querySelector("[data-word='" + name + "']").textContent.replace("%f", file);
    Object.entries(more).forEach(([key, value]) => { text = text.replace(key, value); });
    return text;
  };
  const formOf = (element) => element && element.closest && element.closest(".answer") && element.closest(".answer").querySelector("form[data-attach]");

  const button = (text, file, act) => {
    const made = document.createElement("button"), whose = document.createElement("span");
    made.type = "button";
    made.className = "btn btn-sm btn-link";
    whose.className = "visually-hidden";
    whose.textContent = " " + file;
    made.append(text, whose);
    made.addEventListener("click", act);
    return made;
  };
  // One line for one file, until it is attached, or as long as the person lets its message stand.
  const line = (form, file) => {
    const item = document.createElement("li"), text = document.createElement("span");
    text.textContent = file.name;
    item.append(text);
    form.querySelector(".uploads").append(item);
    return {
      item,
      fail: (message) => {
        item.className = "upload-failed";
        text.textContent = message;
        item.replaceChildren(text, button(words.querySelector("[data-word='away']").textContent, file.name, () => {
          item.remove();
          form.querySelector("input[type='file']").focus();
        }));
        news.textContent = message;
      },
    };
  };
  // What the service sent: the list of files and the words beside the answer are put in their places, the form stays.
  const place = (form, html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const files = form.parentElement.querySelector(".evidence-files"), fresh = page.querySelector(".evidence-files");
    if (files && fresh) { files.innerHTML = fresh.innerHTML; htmx.process(files); }
    const summary = document.getElementById("sum-" + form.dataset.answer), said = page.querySelector(".answer-summary");
    if (summary && said) summary.textContent = said.textContent;
    const wrong = page.querySelector(".field-error");
    return wrong ? wrong.textContent.trim() : "";
  };
  const cookie = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) || [])[1];
  const send = (form, file) => new Promise((done) => {
    const { item, fail } = line(form, file);
    const most = Number(form.dataset.most);
    if (file.size > most) { fail(word("large", file.name, { "%n": Math.floor(most / 1048576) })); done(); return; }
    const progress = document.createElement("progress"), request = new XMLHttpRequest(), data = new FormData();
    progress.max = 100;
    progress.value = 0;
    progress.setAttribute("aria-label", word("sending", file.name));
    const stop = () => { request.abort(); };
    item.append(progress, button(words.querySelector("[data-word='cancel']").textContent, file.name, stop));
    news.textContent = word("sending", file.name);
    data.append("question", form.elements.question.value);
    data.append("option", form.elements.option.value);
    data.append("file", file);
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) progress.value = 100 * event.loaded / event.total; });
    request.addEventListener("load", () => {
      const away = new URL(request.responseURL).pathname !== new URL(form.action).pathname;
      if (away || ![200, 409, 422].includes(request.status)) fail(word("lost", file.name));
      else {
        const wrong = place(form, request.responseText);
        if (request.status === 200) { item.remove(); news.textContent = word("attached", file.name); }
        else fail(word("refused", file.name, { "%w": wrong }));
      }
      done();
    });
    request.addEventListener("error", () => { fail(word("lost", file.name)); done(); });
    request.addEventListener("abort", () => { fail(word("cancelled", file.name)); done(); });
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRFToken", cookie() || form.elements.csrfmiddlewaretoken.value);
    request.send(data);
  });
  // One after the other: each is checked, kept and recorded on its own.
  const all = async (form, files) => {
    form.closest("details").open = true;
    for (const file of files) await send(form, file);
  };

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file" || !input.closest("form[data-attach]")) return;
    event.stopPropagation(); // the answer around it saves nothing for this
    const files = [...input.files];
    input.value = "";
    all(input.closest("form[data-attach]"), files);
  }, true);

  let over = null;
  const mark = (answer) => {
    if (over === answer) return;
    if (over) over.classList.remove("answer-drop");
    over = answer;
    if (over) { over.classList.add("answer-drop"); over.dataset.drop = words.querySelector("[data-word='drop']").textContent; news.textContent = over.dataset.drop; }
  };
  const carries = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault(); // a file that misses isn't opened in place of the page
    const form = formOf(event.target);
    event.dataTransfer.dropEffect = form ? "copy" : "none";
    mark(form ? form.closest(".answer") : null);
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(null); });
  document.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(null);
    const form = formOf(event.target);
    if (form) all(form, [...event.dataTransfer.files]);
  });
})();
