// Passkeys (WebAuthn). A button with data-passkey="get" or "create" asks the browser for one and puts the answer, as JSON, into the hidden
// field that data-credential names. What to ask for stands in the element that data-options names, or comes from data-options-url.
// With data-submit the form is sent then; without it the person goes on. Included twice, it runs once.
if (!window.passkeys) {
  window.passkeys = true;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (credentials) => (credentials || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const read = ({ publicKey }) => {
    const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
    if (publicKey.user) options.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
    if (publicKey.allowCredentials) options.allowCredentials = listed(publicKey.allowCredentials);
    if (publicKey.excludeCredentials) options.excludeCredentials = listed(publicKey.excludeCredentials);
    return { publicKey: options };
  };

  const written = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return {
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
      authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults(),
    };
  };

  const asked = async (button) => {
    if (button.dataset.options) return JSON.parse(document.getElementById(button.dataset.options).textContent);
    const token = button.form.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(button.dataset.optionsUrl, { method: "POST", headers: { "X-CSRFToken": token } });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return answer.json();
  };

  const use = async (button) => {
    const status = button.parentElement.querySelector("[data-passkey-status]");
    const field = document.getElementById(button.dataset.credential);
    try {
      const options = read(await asked(button));
      field.value = JSON.stringify(written(await navigator.credentials[button.dataset.passkey](options)));
      if ("submit" in button.dataset) field.form.submit();
      else if (status) status.textContent = button.dataset.done;
    } catch (error) {
      console.error(error);
      field.value = "";
      if (status) status.textContent = button.dataset.failed;
    }
  };

  const show = () => document.querySelectorAll("[data-passkey]").forEach((button) => { button.hidden = !window.PublicKeyCredential; });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-passkey]");
    if (button) use(button);
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", show); else show();
}
