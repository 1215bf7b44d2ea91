// What scripts add: nothing essential. Forms are sent once, however often somebody presses.
"use strict";
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent === "yes") {
    event.preventDefault();
    return;
  }
  if (form.method === "post" && !form.hasAttribute("data-file")) {
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) {
      // After the form's own values were taken: a disabled button is not sent.
      setTimeout(() => { button.disabled = true; }, 0);
    }
  }
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button")) button.disabled = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const back = document.querySelector("[data-escape]");
  if (back) window.location.assign(back.href);
});
