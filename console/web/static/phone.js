// The telephone in the browser. The page's live region (console.js) shows who
// calls and what was checked; this script rings, answers and hangs up. What the
// server says of a call (call.phone: ringing, taken) is what counts.
"use strict";
(() => {
  const root = document.getElementById("phone");
  if (!root) return;
  const words = root.dataset;
  const el = (id) => document.getElementById(id);
  const title = document.title;
  const calls = new Map(); // by id, as the server told last
  let line = null; // the call that this page answered
  let notice = "", unasked = false;

  const ringing = () => [...calls.values()].find((c) => c.phone === "ringing" && !(line && line.call === c.call));

  // ---- what is shown ----

  const show = (id, on) => { el(id).hidden = !on; };
  const draw = () => {
    const ring = line ? null : ringing();
    const call = line ? calls.get(line.call) : ring;
    let state = notice || words.ready;
    if (line) state = line.state === "talking" && line.muted ? words.muted : words[line.state];
    else if (ring) state = words.ringing;
    el("handset-state").textContent = state;
    el("handset").className = "handset" + (line ? " busy" : ring ? " rings" : "");
    show("setup", unasked && !call); // what is known of a call comes first
    show("handset-answer", !!ring);
    show("handset-reject", !!ring);
    for (const id of ["handset-mute", "handset-keypad", "handset-leave"]) show(id, !!line);
    if (!line) show("handset-keys", false);
    show("handset-number", !!call);
    if (call) el("handset-number").querySelector("bdi").textContent = call.caller || "—";
    const time = el("handset-time");
    if (line && line.since) time.dataset.since = line.since;
    else { delete time.dataset.since; time.textContent = ""; }
    alertOf(ring);
  };

  // ---- ringing: sound, title, notification ----

  let sound = null, beat = 0, told = new Map();
  const beep = () => {
    try {
      sound = sound || new AudioContext();
      if (sound.state !== "running") return void sound.resume();
      for (const hz of [440, 480]) {
        const o = sound.createOscillator(), g = sound.createGain();
        o.frequency.value = hz;
        g.gain.value = 0.08;
        o.connect(g).connect(sound.destination);
        o.start();
        o.stop(sound.currentTime + 0.9);
      }
    } catch { /* the title and the notification have to do */ }
  };
  const alertOf = (ring) => {
    if (!ring) {
      if (beat) { clearInterval(beat); beat = 0; document.title = title; }
      return;
    }
    tellOf(ring);
    if (beat) return;
    let n = 0;
    beep();
    beat = setInterval(() => {
      n++;
      document.title = n % 2 ? "☎ " + words.incoming : title;
      if (n % 3 === 0) beep();
    }, 1000);
  };
  // tellOf shows a notification while the page is in the background: once when
  // a call comes in, again when its verdict is raised.
  const tellOf = (call) => {
    const level = call.verdict.level, loud = level === "warning" || level === "alarm";
    if (told.get(call.call) === level) return;
    told.set(call.call, level);
    if (!document.hidden || !window.Notification || Notification.permission !== "granted") return;
    const reason = call.verdict.reasons && call.verdict.reasons[0];
    const zh = document.documentElement.lang.startsWith("zh");
    try {
      const n = new Notification(loud ? words.warning : words.incoming,
        { body: (call.caller || "—") + (reason ? "\n" + (zh ? reason.zh : reason.en) : ""), tag: call.call, requireInteraction: true });
      n.onclick = () => { window.focus(); n.close(); };
      setTimeout(() => n.close(), 60000);
    } catch { /* some phones have none for pages */ }
  };

  // ---- what the server says ----

  const take = (c, kind) => {
    if (kind === "ended") { calls.delete(c.call); told.delete(c.call); } else calls.set(c.call, c);
    if (!line || line.call !== c.call) return;
    if (kind === "ended") return drop(words.over);
    if (c.phone === "taken") line.taken = true;
    else if (line.taken || c.phone !== "ringing") return drop(words.elsewhere);
    if (c.verdict.level === "warning" || c.verdict.level === "alarm") tellOf(c);
  };
  document.addEventListener("ringward", (e) => {
    const { kind, data } = e.detail;
    if (kind === "snapshot") {
      calls.clear();
      for (const c of data.items) take(c, "snapshot");
      if (line && !calls.has(line.call)) drop(words.over);
    } else take(data.call, kind);
    if (ringing()) notice = "";
    draw();
  });

  const post = async (call, act, body) => {
    const res = await fetch("/v1/phone/" + encodeURIComponent(call) + "/" + act, {
      method: "POST", credentials: "same-origin", signal: AbortSignal.timeout(8000), body: body && JSON.stringify(body),
      headers: { "Content-Type": "application/json", "X-CSRF-Token": words.csrf },
    });
    if (!res.ok) throw Object.assign(new Error("answered " + res.status), { status: res.status });
    return res.json();
  };

  // ---- one call ----

  // gathered waits until the browser knows its addresses, not longer than 2 s.
  const gathered = (pc) => new Promise((done) => {
    if (pc.iceGatheringState === "complete") return done();
    setTimeout(done, 2000);
    pc.addEventListener("icegatheringstatechange", () => { if (pc.iceGatheringState === "complete") done(); });
  });
  const negotiate = async (l, act, options) => {
    await l.pc.setLocalDescription(await l.pc.createOffer(options));
    await gathered(l.pc);
    const answer = await post(l.call, act, { sdp: l.pc.localDescription.sdp });
    await l.pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
  };

  const answer = async () => {
    const ring = ringing();
    if (!ring || line) return;
    const l = line = { call: ring.call, state: "connecting", muted: false, taken: false };
    draw();
    try {
      l.mic = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
    } catch { return line === l && drop(words.nomic); }
    if (line !== l) return l.mic.getTracks().forEach((t) => t.stop());
    const pc = l.pc = new RTCPeerConnection({ iceServers: JSON.parse(words.relays), bundlePolicy: "max-bundle" });
    l.sender = pc.addTrack(l.mic.getAudioTracks()[0], l.mic);
    pc.ontrack = (e) => {
      const box = el("handset-sound");
      box.srcObject = e.streams[0] || new MediaStream([e.track]);
      box.play().catch(() => {});
    };
    pc.onconnectionstatechange = () => watch(l);
    pc.oniceconnectionstatechange = () => watch(l);
    try {
      await negotiate(l, "answer");
    } catch (err) {
      if (line === l) drop(err.status === 404 ? words.elsewhere : words.failed);
      return;
    }
    setTimeout(() => { if (line === l && !l.since) drop(words.failed); }, 20000);
  };

  // watch follows the path. One that is lost is looked for anew until the call
  // is over: the network of a phone changes.
  const watch = (l) => {
    if (line !== l) return;
    if (l.pc.connectionState === "connected" && ["connected", "completed"].includes(l.pc.iceConnectionState)) {
      l.state = "talking";
      l.since = l.since || new Date().toISOString();
    } else if (l.since && ["disconnected", "failed"].includes(l.pc.iceConnectionState)) {
      l.state = "searching";
      if (!l.searching) l.searching = setTimeout(() => search(l), l.pc.iceConnectionState === "failed" ? 0 : 1500);
    }
    draw();
  };
  const search = async (l) => {
    l.searching = 0;
    if (line !== l || l.restarting || l.state !== "searching") return;
    l.restarting = true;
    try {
      await negotiate(l, "restart", { iceRestart: true });
    } catch (err) {
      if (line === l && err.status === 404) drop(words.over);
    }
    l.restarting = false;
    watch(l); // a path that still stands tells nothing of itself
    if (line === l && l.state === "searching" && !l.searching) l.searching = setTimeout(() => search(l), 3000);
  };
  const moved = () => {
    if (!line || !line.since) return;
    line.state = "searching";
    draw();
    search(line);
  };
  addEventListener("online", moved);
  if (navigator.connection) navigator.connection.addEventListener("change", moved);

  const drop = (why) => {
    const l = line;
    line = null;
    notice = why;
    if (l) {
      clearTimeout(l.searching);
      if (l.mic) l.mic.getTracks().forEach((t) => t.stop());
      if (l.pc) l.pc.close();
    }
    el("handset-sound").srcObject = null;
    el("handset-mute").setAttribute("aria-pressed", "false");
    draw();
  };
  // leave asks the server to end the call before the path is closed: the record
  // then says who hung up.
  const leave = async () => {
    const l = line, ring = ringing();
    const call = l ? l.call : ring && ring.call;
    if (!call) return;
    if (l && l.mic) l.mic.getTracks().forEach((t) => t.stop());
    if (!l) { ring.phone = ""; draw(); }
    try { await post(call, "leave"); } catch { /* it is over already */ }
    if (l && line === l) drop(words.over);
  };

  el("handset-answer").onclick = answer;
  el("handset-reject").onclick = leave;
  el("handset-leave").onclick = leave;
  el("handset-mute").onclick = () => {
    if (!line || !line.mic) return;
    line.muted = !line.muted;
    line.mic.getAudioTracks().forEach((t) => { t.enabled = !line.muted; });
    el("handset-mute").setAttribute("aria-pressed", String(line.muted));
    draw();
  };
  el("handset-keypad").onclick = () => {
    const on = el("handset-keys").hidden;
    show("handset-keys", on);
    el("handset-keypad").setAttribute("aria-expanded", String(on));
  };
  el("handset-keys").onclick = (e) => {
    const key = e.target.dataset && e.target.dataset.key;
    if (key && line && line.sender && line.sender.dtmf) line.sender.dtmf.insertDTMF(line.sender.dtmf.toneBuffer + key, 160, 80);
  };
  addEventListener("beforeunload", (e) => { if (line) e.preventDefault(); });

  // ---- permissions, asked for before the first call ----

  const setup = async () => {
    if (!navigator.mediaDevices || !window.RTCPeerConnection) {
      notice = words.unsafe;
      return draw();
    }
    let mic = "prompt";
    try { mic = (await navigator.permissions.query({ name: "microphone" })).state; } catch { /* not every browser tells */ }
    const note = window.Notification ? Notification.permission : "denied";
    show("allow-mic", mic !== "granted");
    show("allow-note", note === "default");
    unasked = mic !== "granted" || note === "default";
    if (mic === "denied") notice = words.nomic;
    draw();
  };
  el("allow-mic").onclick = async () => {
    try {
      (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks().forEach((t) => t.stop());
      beepless();
    } catch { notice = words.nomic; }
    setup();
  };
  // beepless wakes the sound while a click allows it, so that it can ring later.
  const beepless = () => { try { sound = sound || new AudioContext(); sound.resume(); } catch { /* silent */ } };
  el("allow-note").onclick = async () => { await Notification.requestPermission(); setup(); };
  setup();
})();
