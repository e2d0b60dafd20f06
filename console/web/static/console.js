// Live pages: the server draws, this script fetches what changed when an event
// says so. Without it every page works by reloading.
"use strict";
(() => {
  const region = document.querySelector("[data-live]");

  // Running times count up.
  const tick = () => {
    for (const t of document.querySelectorAll("[data-since]")) {
      const s = Math.max(0, Math.floor((Date.now() - Date.parse(t.dataset.since)) / 1000));
      t.textContent = Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0");
    }
  };
  setInterval(tick, 1000);
  tick();

  // The log grows at its end, which stays in sight if it was.
  const log = document.querySelector("[data-log]");
  if (log && window.EventSource) {
    const off = document.getElementById("offline");
    log.scrollTop = log.scrollHeight;
    const source = new EventSource(log.dataset.log);
    source.addEventListener("line", (e) => {
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      log.append(JSON.parse(e.data).line + "\n");
      while (log.childNodes.length > 1000) log.firstChild.remove();
      if (atEnd) log.scrollTop = log.scrollHeight;
    });
    source.onopen = () => { off.hidden = true; };
    source.onerror = () => { off.hidden = false; };
  }
  if (!region || !window.EventSource) return;

  const title = document.title;
  const offline = document.getElementById("offline");
  let said = "", waiting = false, again = false;

  // say tells a screen reader of the most doubtful call, when it changes.
  const say = () => {
    const first = region.querySelector("[data-say]");
    const words = first ? first.dataset.say : "";
    const loud = first && ["alarm", "listed", "warning"].includes(first.dataset.level);
    document.title = loud ? "⚠ " + words : title;
    if (words === said) return;
    said = words;
    const box = document.getElementById("say");
    if (box) box.textContent = words;
  };

  const show = (doc) => {
    const fresh = doc && doc.getElementById("now");
    if (!fresh) return;
    const focus = document.activeElement && region.contains(document.activeElement) ? document.activeElement.id : "";
    region.replaceChildren(...document.adoptNode(fresh).childNodes);
    if (focus) {
      const same = document.getElementById(focus);
      if (same) same.focus();
    }
    tick();
    say();
  };

  // recent draws the list of past calls anew, once the record of a call that
  // ended had time to be written.
  const recent = () => {
    const old = document.getElementById("recent");
    if (!old) return;
    const x = new XMLHttpRequest();
    x.open("GET", "/");
    x.responseType = "document";
    x.onload = () => {
      const fresh = x.responseXML && x.responseXML.getElementById("recent");
      if (x.status === 200 && fresh) old.replaceWith(document.adoptNode(fresh));
    };
    x.send();
  };

  // refresh fetches one at a time; what happens meanwhile asks for one more.
  const refresh = () => {
    if (waiting) { again = true; return; }
    waiting = true;
    const x = new XMLHttpRequest();
    x.open("GET", region.dataset.live);
    x.responseType = "document";
    x.timeout = 10000;
    x.onloadend = () => {
      waiting = false;
      if (x.status === 200) show(x.responseXML);
      if (again) { again = false; setTimeout(refresh, 150); }
    };
    x.send();
  };

  const events = new EventSource(region.dataset.events || "/v1/events");
  for (const kind of ["snapshot", "started", "verdict", "ringing", "announced", "choice", "answered", "warning", "ended"]) {
    events.addEventListener(kind, (e) => {
      refresh();
      document.dispatchEvent(new CustomEvent("ringward", { detail: { kind, data: JSON.parse(e.data) } })); // to phone.js
    });
  }
  events.addEventListener("ended", () => setTimeout(recent, 1500));
  events.onopen = () => { offline.hidden = true; };
  events.onerror = () => { offline.hidden = false; };
  say();
})();
