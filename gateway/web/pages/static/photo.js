// Makes a phone's photograph small before it is sent. The page works without it.
(function () {
  "use strict";
  var LONGEST = 1600;
  var ENOUGH = 1024 * 1024;
  var input = document.getElementById("photo");
  var form = input && input.form;
  if (!form || !window.DataTransfer || !HTMLCanvasElement.prototype.toBlob) return;
  var button = form.querySelector("button");
  var shrinking = false;
  var asked = false;

  function shrink(file, done) {
    var url = URL.createObjectURL(file);
    var image = new Image();
    image.onerror = function () { URL.revokeObjectURL(url); done(null); };
    image.onload = function () {
      var scale = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
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
    if (!file || (file.size <= ENOUGH && file.type === "image/jpeg")) return;
    shrinking = true;
    shrink(file, function (blob) {
      if (blob && input.files[0] === file) {
        var files = new DataTransfer();
        files.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
        input.files = files.files;
      }
      shrinking = false;
      if (asked) form.submit();
    });
  });

  form.addEventListener("submit", function (event) {
    setTimeout(function () { button.disabled = true; }, 0);
    if (!shrinking) return;
    event.preventDefault();
    asked = true;
  });
  window.addEventListener("pageshow", function () { button.disabled = false; asked = false; });
})();
