// Shows the code of this half minute, with or without a network, and asks whether the pass still holds.
(function () {
  "use strict";
  var data = document.getElementById("pass").dataset, texts = JSON.parse(data.texts);
  var byId = function (id) { return document.getElementById(id); };
  var ASK_MS = 10000, SEEN = "anju-pass-" + data.id, WINDOW_MS = 30000;
  var shown = null, state = "open", since = Number(data.since), until = Number(data.until);
  var clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: data.timezone });

  function load() { try { return JSON.parse(localStorage.getItem(SEEN)) || {}; } catch (error) { return {}; } }
  function keep(value) { try { localStorage.setItem(SEEN, JSON.stringify(value)); } catch (error) { /* a private window: this page's own time then */ } }

  // How much the phone's clock is off. A page that the phone has kept carries the time of a former day: it is known.
  var before = load(), server = Number(data.now);
  var off = before.page === server ? before.off || 0 : server - Date.now();
  function settle(value) { off = Math.abs(value) < 1500 ? 0 : value; keep({ page: server, off: off }); }
  settle(off);
  function now() { return Date.now() + off; }

  function draw() {
    var time = now(), holds = state === "open" && time >= since && time <= until;
    var number = Math.floor(time / WINDOW_MS), left = Math.ceil((WINDOW_MS - (time % WINDOW_MS)) / 1000);
    byId("clock").textContent = clock.format(new Date(time));
    byId("qr").hidden = !holds;
    byId("live").hidden = !holds;
    tell(holds ? "" : state !== "open" ? texts[state] || texts.gone : time < since ? texts.early : texts.over);
    if (!holds) { shown = null; byId("modules").setAttribute("d", ""); return; }
    byId("left").textContent = left;
    byId("bar").value = left;
    if (shown === number) return;
    shown = number;
    var text = anjuPassCode.text(data.key, data.id, number);
    byId("modules").setAttribute("d", anjuPassQr.path(text));
    byId("qr").setAttribute("data-code", text);
  }
  function tell(text) {
    var notice = byId("notice");
    notice.hidden = !text;
    if (notice.textContent !== text) notice.textContent = text;
  }

  function ask() {
    if (document.hidden) return;
    var sent = Date.now();
    fetch(data.root + "v/" + data.token + "/state", { credentials: "omit", cache: "no-store" }).then(function (response) {
      if (response.status === 404 || response.status === 410) { state = "gone"; draw(); return null; }
      return response.ok ? response.json() : null;
    }).then(function (answer) {
      if (!answer) return;
      var took = Date.now() - sent;
      if (took < 2000) settle(answer.now + took / 2 - Date.now());
      state = answer.state === "early" ? "open" : answer.state;
      byId("network").textContent = texts.online;
      if (answer.uses !== null) byId("uses").textContent = texts.uses.replace("{left}", Math.max(0, answer.uses - answer.used)).replace("{uses}", answer.uses);
      draw();
    }).catch(function () { byId("network").textContent = texts.offline; });
  }

  byId("page").hidden = false;
  draw();
  setInterval(draw, 250);
  setInterval(ask, ASK_MS);
  ask();
  window.addEventListener("online", ask);
  document.addEventListener("visibilitychange", function () { draw(); ask(); });
  if ("wakeLock" in navigator) navigator.wakeLock.request("screen").catch(function () { /* the phone's own setting then */ });
  var kept = byId("kept");
  if (window.isSecureContext && "serviceWorker" in navigator) {
    navigator.serviceWorker.register(data.root + "v/sw.js", { scope: data.root + "v/" }).then(function () {
      return navigator.serviceWorker.ready;
    }).then(function (ready) {
      // The worker was not there yet when this page was loaded.
      ready.active.postMessage({ keep: location.href });
      kept.textContent = texts.kept;
    }, function () { kept.textContent = texts.open; });
  } else {
    kept.textContent = texts.open;
  }
})();
