// Offers to send where the phone is, so that a plate far from its door is noticed. The page also works without it.
(function () {
  "use strict";
  var form = document.getElementById("locate");
  if (!form || !navigator.geolocation || !window.isSecureContext) return;
  form.hidden = false;
  form.addEventListener("submit", function (event) {
    if (form.elements.lat.value) return;
    event.preventDefault();
    var button = form.querySelector("button");
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      function (found) {
        document.querySelectorAll("form.located").forEach(function (each) {
          each.elements.lat.value = found.coords.latitude.toFixed(5);
          each.elements.lon.value = found.coords.longitude.toFixed(5);
          each.elements.accuracy.value = Math.round(found.coords.accuracy);
        });
        form.submit();
      },
      function () { form.hidden = true; },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 }
    );
  });
})();
