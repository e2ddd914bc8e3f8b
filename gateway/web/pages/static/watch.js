// Looks every 20 seconds whether the page would say something else by now, and shows that. The page has a link for it too.
(function () {
  "use strict";
  var shown = null;

  function look() {
    if (document.hidden) return;
    fetch(location.href, { cache: "no-store", credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.text() : null; })
      .then(function (text) {
        if (text === null) return;
        if (shown === null) shown = text;
        else if (text !== shown) location.reload();
      })
      .catch(function () { /* no signal: the next look may have one */ });
  }
  setInterval(look, 20000);
  document.addEventListener("visibilitychange", look);
  look();
})();
