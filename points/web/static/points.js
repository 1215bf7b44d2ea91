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
// A page that is left open does not outlast its session: whoever comes by later reads nothing of it.
// It leaves for a page that asks for no session, or two forgotten tabs would keep each other's alive.
const idle = Number(document.body.dataset.idleSeconds || 0) * 1000;
if (idle) {
  let used = Date.now();
  const leave = () => {
    if (Date.now() - used > idle) window.location.replace("/");
  };
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => { used = Date.now(); });
  }
  document.addEventListener("visibilitychange", leave);
  setInterval(leave, 15_000);
}
// A finding leads to its line: the caret goes there, and the line comes into view.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  const text = document.getElementById("f-text");
  if (!link || !text || text.tagName !== "TEXTAREA") return;
  event.preventDefault();
  const lines = text.value.split("\n"), number = Number(link.dataset.line) - 1;
  const start = lines.slice(0, number).reduce((sum, line) => sum + line.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[number] || "").length);
  text.scrollTop = (text.scrollHeight / lines.length) * Math.max(number - 5, 0);
});
