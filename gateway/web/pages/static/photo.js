// Scales a phone's photo down before it is sent. The page also works without this script.
(function () {
  "use strict";
  var MAX_SIDE = 1600;
  var MAX_BYTES = 1024 * 1024;
  var input = document.getElementById("photo");
  var form = input && input.form;
  if (!form || !window.DataTransfer || !HTMLCanvasElement.prototype.toBlob) return;
  var button = form.querySelector("button");
  var scaling = false;
  var submitted = false;

  function scaleDown(file, done) {
    var url = URL.createObjectURL(file);
    var image = new Image();
    image.onerror = function () { URL.revokeObjectURL(url); done(null); };
    image.onload = function () {
      var scale = Math.min(1, MAX_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
      var canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
      canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(url);
      canvas.toBlob(done, "image/jpeg", 0.82);
    };
    image.src = url;
  }

  input.addEventListener("change", function () {
    var file = input.files[0];
    if (!file || (file.size <= MAX_BYTES && file.type === "image/jpeg")) return;
    scaling = true;
    scaleDown(file, function (blob) {
      if (blob && input.files[0] === file) {
        var files = new DataTransfer();
        files.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
        input.files = files.files;
      }
      scaling = false;
      if (submitted) form.submit();
    });
  });

  form.addEventListener("submit", function (event) {
    setTimeout(function () { button.disabled = true; }, 0);
    if (!scaling) return;
    event.preventDefault();
    submitted = true;
  });
  window.addEventListener("pageshow", function () { button.disabled = false; submitted = false; });
})();
