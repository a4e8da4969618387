/* Sends every <form data-salescompass-form="KEY"> of this page without leaving it. */
(function (form) {
  "use strict";
  function hidden(name, value) {
    var field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    return field;
  }
  function trap(name) {
    var field = document.createElement("input");
    field.name = name;
    field.tabIndex = -1;
    field.autocomplete = "off";
    field.setAttribute("aria-hidden", "true");
    field.style.cssText = "position:absolute;left:-9999px";
    return field;
  }
  function id() {
    return window.crypto.randomUUID ? window.crypto.randomUUID() : Date.now() + "-" + Math.random();
  }
  function said(element, text) {
    var place = element.querySelector("[data-salescompass-message]");
    if (!place) {
      place = document.createElement("p");
      place.setAttribute("role", "status");
      place.setAttribute("data-salescompass-message", "");
      element.appendChild(place);
    }
    place.textContent = text;
  }
  function prepare(element) {
    new URLSearchParams(window.location.search).forEach(function (value, name) {
      if (name.indexOf("utm_") === 0) element.appendChild(hidden(name, value));
    });
    if (document.referrer) element.appendChild(hidden("referrer", document.referrer));
    if (form.honeypot && !element.elements[form.honeypot]) element.appendChild(trap(form.honeypot));
    element.appendChild(hidden("submission_id", id()));
    element.addEventListener("submit", send);
  }
  function send(event) {
    var element = event.target;
    event.preventDefault();
    fetch(form.url, { method: "POST", body: new URLSearchParams(new FormData(element)) })
      .then(function (answer) {
        return answer.json().then(function (body) {
          if (!answer.ok) {
            var faults = (body.errors || []).map(function (e) { return e.pointer.slice(2) + " " + e.detail; });
            said(element, faults.join("; ") || body.title);
          } else if (body.redirect_url) {
            window.location.assign(body.redirect_url);
          } else {
            said(element, body.message);
          }
        });
      })
      .catch(function () { said(element, "This did not work. Please try again."); });
  }
  function start() {
    document.querySelectorAll('form[data-salescompass-form="' + form.key + '"]').forEach(prepare);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})(__FORM__);
