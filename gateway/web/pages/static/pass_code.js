// The text of a pass's code: as gateway/passes/codes.py. SHA-256 is our own: a browser gives its own (crypto.subtle) to
// pages over HTTPS only, and a visitor may have opened this one over plain HTTP.
(function () {
  "use strict";
  var WINDOW_S = 30, BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", K = [], START = [];

  // FIPS 180-4: fractional parts of the roots of the first primes, exact in doubles for the 32 bits that are wanted.
  (function () {
    for (var n = 2; K.length < 64; n++) {
      var prime = true;
      for (var d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
      if (!prime) continue;
      if (START.length < 8) START.push((Math.pow(n, 1 / 2) * 4294967296) | 0);
      K.push((Math.pow(n, 1 / 3) * 4294967296) | 0);
    }
  })();

  function turned(x, by) { return (x >>> by) | (x << (32 - by)); }

  function sha256(bytes) {
    var length = bytes.length, padded = bytes.concat([0x80]), h = START.slice(), w = [];
    while (padded.length % 64 !== 56) padded.push(0);
    // Texts here are short: the upper half of the length in bits is 0.
    padded.push(0, 0, 0, 0, (length >>> 21) & 255, (length >>> 13) & 255, (length >>> 5) & 255, (length << 3) & 255);
    for (var at = 0; at < padded.length; at += 64) {
      for (var i = 0; i < 64; i++) {
        if (i < 16) {
          var p = at + i * 4;
          w[i] = (padded[p] << 24) | (padded[p + 1] << 16) | (padded[p + 2] << 8) | padded[p + 3];
        } else {
          var s0 = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ (w[i - 15] >>> 3);
          var s1 = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ (w[i - 2] >>> 10);
          w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
        }
      }
      var v = h.slice();
      for (i = 0; i < 64; i++) {
        var e = v[4], a = v[0];
        var t1 = (v[7] + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + K[i] + w[i]) | 0;
        var t2 = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]))) | 0;
        v = [(t1 + t2) | 0, a, v[1], v[2], (v[3] + t1) | 0, e, v[5], v[6]];
      }
      for (i = 0; i < 8; i++) h[i] = (h[i] + v[i]) | 0;
    }
    var out = [];
    h.forEach(function (word) { out.push((word >>> 24) & 255, (word >>> 16) & 255, (word >>> 8) & 255, word & 255); });
    return out;
  }

  // The key has 32 bytes, less than a block of 64.
  function hmac(key, bytes) {
    var inner = [], outer = [];
    for (var i = 0; i < 64; i++) {
      inner.push((key[i] || 0) ^ 0x36);
      outer.push((key[i] || 0) ^ 0x5c);
    }
    return sha256(outer.concat(sha256(inner.concat(bytes))));
  }

  function fromHex(text) {
    return text.match(/../g).map(function (pair) { return parseInt(pair, 16); });
  }

  function fromBase32(text) {
    var out = [], held = 0, bits = 0;
    for (var i = 0; i < text.length; i++) {
      held = ((held << 5) | BASE32.indexOf(text.charAt(i))) & 0xfff;
      bits += 5;
      if (bits >= 8) { bits -= 8; out.push((held >>> bits) & 255); }
    }
    return out;
  }

  function toBase32(bytes) {
    var out = "", held = 0, bits = 0;
    bytes.forEach(function (one) {
      held = ((held << 8) | one) & 0xfff;
      bits += 8;
      while (bits >= 5) { bits -= 5; out += BASE32.charAt((held >>> bits) & 31); }
    });
    return bits ? out + BASE32.charAt((held << (5 - bits)) & 31) : out;
  }

  function text(keyHex, id, number) {
    var head = fromBase32(id.toUpperCase()).concat([number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255]);
    return "V" + toBase32(head.concat(hmac(fromHex(keyHex), head).slice(0, 8)));
  }

  window.anjuPassCode = { text: text, sha256: sha256, hmac: hmac, WINDOW_S: WINDOW_S };
})();
