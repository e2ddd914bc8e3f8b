// Records scans of checkpoints. Without a signal they stay in this phone and are delivered later, with their time.
(function () {
  "use strict";
  var body = document.getElementById("patrol");
  var data = body.dataset;
  var texts = JSON.parse(data.texts);
  var QUEUE = "anju-patrol-queue", LAST = "anju-patrol-last", USER = "anju-patrol-user";
  var AGAIN_MS = 120000, RETRY_MS = 20000, TIMEOUT_MS = 10000, MOST = 500, BATCH = 50;
  var memory = {}, storing = true, sending = false, again = false, timer = null;
  var clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: data.timezone });
  var byId = function (id) { return document.getElementById(id); };
  var result = byId("result"), waiting = byId("waiting");

  function load(key, otherwise) {
    try { return JSON.parse(localStorage.getItem(key)) || memory[key] || otherwise; } catch (error) { return memory[key] || otherwise; }
  }
  function keep(key, value) {
    memory[key] = value;
    try { localStorage.setItem(key, JSON.stringify(value)); } catch (error) { storing = false; }
  }
  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, function (_, name) { return values[name]; });
  }
  function show(kind, text, more) {
    result.className = "result " + kind;
    result.textContent = text;
    if (more) {
      var small = document.createElement("small");
      small.textContent = more;
      result.appendChild(small);
    }
  }
  function randomKey() {
    var bytes = crypto.getRandomValues(new Uint8Array(12));
    return Array.prototype.map.call(bytes, function (one) { return ("0" + one.toString(16)).slice(-2); }).join("");
  }
  function tokenIn(text) {
    var found = /\/c\/([A-Za-z0-9_-]{32})(?:[\/?#]|$)/.exec(text);
    return found ? found[1] : null;
  }
  // A shell that the service worker kept knows no user: it is the one who was signed in last in this browser.
  if (data.user && data.guard) keep(USER, data.user);
  var user = data.shell ? load(USER, "") : data.guard ? data.user : "";
  var token = data.token || (data.shell ? tokenIn(location.pathname) : "") || "";

  function mine(one) { return !one.user || one.user === user; }

  function scan(code) {
    var now = Date.now(), last = load(LAST, {}), queue = load(QUEUE, []);
    var recent = queue.some(function (one) { return one.token === code && mine(one) && now - one.made < 3600000 && now >= one.made; });
    if (last.token === code && now - last.at < AGAIN_MS && now >= last.at) {
      show("ok", texts.again, last.name);
    } else if (!recent) {
      queue.push({ token: code, key: randomKey(), made: now, user: user });
      keep(QUEUE, queue.slice(-MOST));
    }
    deliver();
  }

  function post(path, content) {
    var stop = new AbortController(), limit = setTimeout(function () { stop.abort(); }, TIMEOUT_MS);
    return fetch(data.root + path, {
      method: "POST", credentials: "same-origin", cache: "no-store", signal: stop.signal,
      headers: { "Content-Type": "application/json", "Accept-Language": data.language === "en" ? "en" : "zh-CN" },
      body: JSON.stringify(content),
    }).finally(function () { clearTimeout(limit); });
  }

  function deliver() {
    clearTimeout(timer);
    var batch = load(QUEUE, []).filter(mine).slice(0, BATCH);
    note();
    if (sending) { again = true; return; }
    if (batch.length === 0) return;
    if (!user && !data.shell) { askToSignIn(); return; }
    sending = true;
    var fresh = batch.some(function (one) { return Date.now() - one.made < 60000; });
    if (fresh) show("", texts.sending);
    post("api/v1/patrols/scans", {
      sent: new Date().toISOString(),
      scans: batch.map(function (one) { return { token: one.token, key: one.key, made: new Date(one.made).toISOString() }; }),
    }).then(function (response) {
      sending = false;
      if (response.status === 401) { user = ""; askToSignIn(); return null; }
      if (response.status === 403) { show("bad", texts.failed); askToSignIn(); return null; }
      if (!response.ok) { show("kept", texts.failed); later(); return null; }
      return response.json().then(function (answer) { settled(batch, answer.items); });
    }, function () {
      sending = false;
      show("kept", texts.kept);
      later();
    }).then(function () {
      note();
      // The signal may have come back while the last attempt was still failing.
      if (again) { again = false; deliver(); }
    });
  }

  function settled(batch, items) {
    var answered = {};
    items.forEach(function (one) { answered[one.key] = one; });
    keep(QUEUE, load(QUEUE, []).filter(function (one) { return !answered[one.key]; }));
    var newest = items[items.length - 1];
    batch.forEach(function (one) {
      var answer = answered[one.key];
      if (answer && answer.checkpoint) keep(LAST, { token: one.token, at: one.made, name: answer.checkpoint.name[data.language] });
    });
    if (newest) tell(newest, items.filter(function (one) { return one.late; }).length);
    rounds();
    if (load(QUEUE, []).filter(mine).length) later();
  }

  function tell(answer, late) {
    var record = byId("record");
    if (record) record.hidden = true;
    if (!answer.checkpoint) { show("bad", texts.bad_code); return; }
    var name = answer.checkpoint.name[data.language];
    if (answer.doubt) { show("bad", texts.doubt, name); return; }
    var more = [name];
    if (late) more.push(texts.late + (late > 1 ? " ×" + late : ""));
    if (answer.round) more.push(answer.round.name[data.language] + " " + answer.round.done + "/" + answer.round.total);
    else more.push(texts.no_round);
    show("ok", texts.done, more.join(" · "));
  }

  function note() {
    var queue = load(QUEUE, []), left = queue.filter(mine).length, others = queue.filter(function (one) { return !mine(one); });
    var lines = [];
    if (left && !sending && (user || data.shell)) lines.push(fill(texts.kept_more, { n: left }));
    if (others.length) lines.push(fill(texts.other, { n: others.length, user: others[0].user }));
    if (!storing) lines.push(texts.no_storage);
    waiting.hidden = lines.length === 0;
    waiting.textContent = lines.join(" ");
  }
  function later() { clearTimeout(timer); timer = setTimeout(deliver, RETRY_MS); }
  function askToSignIn() {
    if (data.token) byId("back").value = data.token;
    byId("signin").hidden = false;
    if (result.classList.contains("ok") === false) result.textContent = "";
  }

  function rounds() {
    if (!user) return;
    fetch(data.root + "api/v1/patrols", { credentials: "same-origin", cache: "no-store" }).then(function (response) {
      return response.ok ? response.json() : null;
    }).then(function (answer) {
      if (!answer) return;
      var now = Date.now();
      var open = answer.items.filter(function (one) { return Date.parse(one.opens_at) <= now && now <= Date.parse(one.closes_at); });
      byId("rounds").hidden = open.length === 0;
      var list = byId("list");
      list.textContent = "";
      open.forEach(function (one) { list.appendChild(roundItem(one)); });
    }).catch(function () { /* shown when there is a signal again */ });
  }
  function roundItem(round) {
    var item = document.createElement("li"), head = document.createElement("b"), points = document.createElement("ol");
    var next = true;
    head.textContent = clock.format(new Date(round.due_at)) + " " + round.name[data.language];
    round.checkpoints.forEach(function (point) {
      var row = document.createElement("li"), sign = document.createElement("span"), words = document.createElement("span");
      sign.className = "sign";
      sign.textContent = point.scan ? "✓" : point.state === "missed" ? "✕" : next ? "➤" : "○";
      row.className = point.scan ? "ok" : point.state === "missed" ? "missed" : next ? "next" : "";
      if (!point.scan) next = false;
      words.textContent = point.name[data.language];
      row.appendChild(sign);
      row.appendChild(words);
      points.appendChild(row);
    });
    item.appendChild(head);
    item.appendChild(points);
    return item;
  }

  // The camera: the browser's own reader where there is one, else a small library, loaded when it is needed.
  var stream = null;
  function decoder() {
    if ("BarcodeDetector" in window) {
      return BarcodeDetector.getSupportedFormats().then(function (formats) {
        return formats.indexOf("qr_code") < 0 ? library() : ownReader();
      }, library);
    }
    return library();
  }
  function ownReader() {
    var reader = new BarcodeDetector({ formats: ["qr_code"] });
    return function (canvas) { return reader.detect(canvas).then(function (found) { return found.length ? found[0].rawValue : null; }); };
  }
  function library() {
    return import(data.root + "qr-decoder.js").then(function (module) {
      return function (canvas) {
        var image = canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, canvas.width, canvas.height);
        return Promise.resolve(module.decode(image.data, image.width, image.height));
      };
    });
  }
  function startCamera() {
    var video = byId("video"), canvas = document.createElement("canvas");
    Promise.all([decoder(), navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } })]).then(function (both) {
      stream = both[1];
      byId("camera").hidden = false;
      byId("scan").hidden = true;
      video.srcObject = stream;
      return video.play().then(function () { look(both[0], video, canvas); });
    }).catch(function () { stopCamera(); show("bad", texts.camera); });
  }
  function look(decode, video, canvas) {
    if (!stream) return;
    var scale = Math.min(1, 640 / (video.videoWidth || 640));
    canvas.width = Math.max(1, Math.round(video.videoWidth * scale));
    canvas.height = Math.max(1, Math.round(video.videoHeight * scale));
    canvas.getContext("2d", { willReadFrequently: true }).drawImage(video, 0, 0, canvas.width, canvas.height);
    decode(canvas).catch(function () { return null; }).then(function (text) {
      var code = text ? tokenIn(text) : null;
      if (code) { stopCamera(); scan(code); return; }
      if (text) show("bad", texts.bad_code);
      setTimeout(function () { look(decode, video, canvas); }, 200);
    });
  }
  function stopCamera() {
    if (stream) stream.getTracks().forEach(function (track) { track.stop(); });
    stream = null;
    byId("camera").hidden = true;
    byId("scan").hidden = false;
  }

  if (window.isSecureContext && navigator.mediaDevices) {
    byId("scan").hidden = false;
    byId("scan").addEventListener("click", startCamera);
    byId("stop").addEventListener("click", stopCamera);
  }
  var offline = byId("offline");
  if (!window.isSecureContext) {
    offline.textContent = texts.insecure;
  } else if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register(data.root + "c/sw.js", { scope: data.root + "c/" }).then(function () {
      return navigator.serviceWorker.ready;
    }).then(function () { offline.textContent = texts.offline_ready; }, function () { offline.textContent = texts.no_offline; });
  } else {
    offline.textContent = texts.no_offline;
  }
  var record = byId("record");
  if (record) record.addEventListener("submit", function (event) { event.preventDefault(); scan(token); });
  window.addEventListener("online", deliver);
  document.addEventListener("visibilitychange", function () { if (!document.hidden) deliver(); });
  if (data.shell) byId("signin").hidden = true;
  function begin() {
    if (token && !data.done) scan(token); else deliver();
    rounds();
  }
  // Opened by another app, the browser may have left the cookie out. A page that this one opens gets it.
  var asked = "anju-patrol-asked";
  function openAgain(answer) {
    var before = sessionStorage.getItem(asked);
    if (!answer || !answer.guard || before === location.href) { begin(); return; }
    sessionStorage.setItem(asked, location.href);
    location.replace(location.href);
  }
  if (data.user || data.shell) {
    begin();
  } else {
    fetch(data.root + "c/who", { credentials: "same-origin", cache: "no-store" }).then(function (response) {
      return response.ok ? response.json() : null;
    }).then(openAgain).catch(begin);
  }
})();
