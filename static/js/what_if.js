// What-ifs: each slider and the number beside it move together, and what they come to is said beside them. htmx fetches the effect.
(() => {
  if (window.whatIf) return;
  window.whatIf = true;

  const words = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", compactDisplay: "long", maximumSignificantDigits: 3 });
  const fieldOf = (slider) => document.getElementById(slider.dataset.slides);
  const sliderOf = (field) => document.querySelector(`[data-slides="${field.id}"]`);
  const figure = (field) => (/^\s*\d*\.?\d*\s*$/.test(field.value) ? Number(field.value) : NaN);

  // A slider with data-log runs from -100 to 100: at 0 once, at its ends that many times and its inverse.
  const toField = (slider) => {
    const base = Number(slider.dataset.log);
    return String(base ? Number((base ** (slider.value / 100)).toPrecision(2)) : Number(slider.value));
  };
  const toSlider = (slider, value) => {
    const base = Number(slider.dataset.log);
    return base ? (100 * Math.log(value)) / Math.log(base) : value;
  };

  const say = () => {
    const fields = [...document.querySelectorAll("[data-share]")].map((output) => [output, document.getElementById(output.dataset.share)]);
    const whole = fields.reduce((sum, [, field]) => sum + (figure(field) || 0), 0);
    fields.forEach(([output, field]) => {
      const share = `${Math.round((100 * (figure(field) || 0)) / (whole || 1))} %`;
      output.textContent = share;
      sliderOf(field).setAttribute("aria-valuetext", `${field.value}, ${share}`);
    });
    const tokens = document.getElementById("what-if-tokens");
    if (!tokens || !tokens.dataset.once) return;
    const field = document.getElementById("what-if-volume");
    const factor = figure(field);
    if (!(factor > 0)) return;
    const read = (text) => ("comma" in tokens.dataset ? text.replace(/[.,]/g, (sign) => (sign === "." ? "," : ".")) : text);
    tokens.textContent = tokens.dataset.words.replace("{factor}", read(field.value.trim())).replace("{tokens}", read(words.format(factor * tokens.dataset.once)));
    sliderOf(field).setAttribute("aria-valuetext", tokens.textContent);
  };

  // Before htmx sees the event, so that what it sends is what the slider says.
  document.addEventListener("input", (event) => {
    const moved = event.target;
    if (!moved.closest || !moved.closest("#what-if-form")) return;
    if (moved.dataset.slides) fieldOf(moved).value = toField(moved);
    else if (sliderOf(moved) && !Number.isNaN(figure(moved))) sliderOf(moved).value = toSlider(sliderOf(moved), figure(moved));
    say();
  }, true);

  // Of the effect only its first sentence is read out, and only where it says something new.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!["what-if", "what-if-effect"].includes(event.detail.target.id)) return;
    say();
    const sentence = document.querySelector("#what-if-effect [data-say]");
    const said = document.getElementById("what-if-said");
    const text = sentence ? sentence.textContent.trim() : "";
    if (said && said.textContent !== text) said.textContent = text;
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", say); else say();
})();
