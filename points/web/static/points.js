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
  if (back) back.click();
});
// At a counter what is typed or scanned goes into the field, wherever the focus has wandered to.
const till = document.querySelector("input.code-input");
if (till) {
  document.addEventListener("keydown", (event) => {
    const busy = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (busy || event.key.length !== 1 || event.key === " ") return;
    if (document.activeElement !== till && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) till.focus();
  });
  window.addEventListener("focus", () => { if (document.activeElement === document.body) till.focus(); });
}
// A sound with the answer, where the clerk asked for one on this device.
const kept = () => { try { return localStorage.getItem("counter-sound"); } catch { return null; } };
const sound = document.querySelector("[data-sound]");
if (sound) {
  const say = () => { sound.textContent = sound.dataset.sound.split("|")[kept() ? 1 : 0]; };
  sound.hidden = false;
  sound.addEventListener("click", () => {
    try { kept() ? localStorage.removeItem("counter-sound") : localStorage.setItem("counter-sound", "on"); } catch { return; }
    say();
  });
  say();
}
const good = document.body.classList.contains("answer-good"), bad = document.body.classList.contains("answer-bad");
if ((good || bad) && kept() && window.AudioContext) {
  const audio = new AudioContext(), tone = audio.createOscillator();
  tone.frequency.value = good ? 880 : 220;
  tone.connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + (good ? 0.15 : 0.5));
}
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
// A QR that changes: drawn anew before it dies, and again as soon as a sleeping page is looked at. Where
// nothing answers, it says so, and what no till would accept any more fades.
const qr = { due: 0, dies: 0, asking: false };
const arm = (box) => {
  if (!box) return;
  qr.due = Date.now() + Number(box.dataset.refresh) * 1000;
  // By this phone's own elapsed time: its clock may be wrong.
  qr.dies = qr.due + 30_000;
  box.querySelector("[data-left]").hidden = false;
};
const ask = async () => {
  const box = document.querySelector("[data-qr]");
  if (!box || qr.asking) return;
  qr.asking = true;
  try {
    const answer = await fetch(box.dataset.source, { cache: "no-store", credentials: "same-origin", redirect: "manual" });
    // What was used up meanwhile has no QR any more: its page says what became of it.
    if (answer.type === "opaqueredirect" || answer.status === 404) window.location.assign(box.dataset.source.replace(/\/qr.*$/, ""));
    if (!answer.ok) throw new Error(String(answer.status));
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const fresh = holder.content.querySelector("[data-qr]");
    box.replaceWith(fresh);
    arm(fresh);
  } catch {
    box.querySelector("[data-offline]").hidden = false;
    box.querySelector("[data-left]").hidden = true;
    qr.due = Date.now() + 3_000;
  } finally {
    qr.asking = false;
  }
};
const look = () => {
  const box = document.querySelector("[data-qr]");
  if (!box) return;
  const left = Math.ceil((qr.due - Date.now()) / 1000);
  box.classList.toggle("stale", Date.now() > qr.dies);
  box.querySelector("[data-seconds]").textContent = String(Math.max(left, 0));
  if (left <= 0 && document.visibilityState === "visible") ask();
};
if (document.querySelector("[data-qr]")) {
  arm(document.querySelector("[data-qr]"));
  setInterval(look, 500);
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  window.addEventListener("online", ask);
}
// Outlets by distance: worked out here, so that where somebody is never leaves the phone.
const near = document.querySelector("[data-near]");
if (near && navigator.geolocation) {
  near.closest("[data-near-ask]").hidden = false;
  const said = document.querySelector("[data-near-said]"), list = document.querySelector("[data-outlets]");
  const metres = (from, row) => {
    const turn = (degrees) => (degrees * Math.PI) / 180;
    const there = turn(Number(row.dataset.latitude) / 1e6), here = turn(from.latitude);
    const across = turn(Number(row.dataset.longitude) / 1e6 - from.longitude);
    const chord = Math.sin((there - here) / 2) ** 2 + Math.cos(here) * Math.cos(there) * Math.sin(across / 2) ** 2;
    return Math.round(2 * 6_371_009 * Math.asin(Math.min(1, Math.sqrt(chord))));
  };
  const sort = (position) => {
    const rows = [...list.children].map((row) => ({ row, away: row.dataset.latitude ? metres(position.coords, row) : Infinity }));
    rows.sort((one, other) => one.away - other.away);
    for (const { row, away } of rows) {
      list.append(row);
      const tag = row.querySelector("[data-away]");
      if (away === Infinity) continue;
      tag.textContent = away < 1000 ? `${away} ${near.dataset.metres}` : `${(away / 1000).toFixed(1)} ${near.dataset.kilometres}`;
      tag.hidden = false;
    }
    near.disabled = false;
  };
  near.addEventListener("click", () => {
    near.disabled = true;
    navigator.geolocation.getCurrentPosition(sort, () => {
      said.textContent = near.dataset.failed;
      near.disabled = false;
    }, { timeout: 10_000, maximumAge: 60_000 });
  });
}
