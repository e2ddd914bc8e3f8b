// Draws the one kind of QR code that a pass needs: version 2 (25 modules), level Q, 29 alphanumeric characters
// (ISO/IEC 18004). A library for all versions is five times as large.
(function () {
  "use strict";
  var SIZE = 25, DATA = 22, CHECK = 22, LEVEL_Q = 3;
  var LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
  var EXP = [], LOG = [];
  (function () {
    for (var i = 0, x = 1; i < 255; i++) {
      EXP[i] = x;
      LOG[x] = i;
      x = x & 128 ? (x << 1) ^ 0x11d : x << 1;
    }
  })();

  function times(a, b) { return a && b ? EXP[(LOG[a] + LOG[b]) % 255] : 0; }

  function dataBytes(text) {
    var bits = "";
    function put(value, count) { for (var i = count - 1; i >= 0; i--) bits += (value >>> i) & 1; }
    put(2, 4);
    put(text.length, 9);
    for (var i = 0; i < text.length; i += 2) {
      var first = LETTERS.indexOf(text.charAt(i));
      if (i + 1 < text.length) put(first * 45 + LETTERS.indexOf(text.charAt(i + 1)), 11);
      else put(first, 6);
    }
    bits += "0000".slice(0, Math.max(0, Math.min(4, DATA * 8 - bits.length)));
    while (bits.length % 8) bits += "0";
    var bytes = bits.match(/.{8}/g).map(function (one) { return parseInt(one, 2); });
    for (var pad = 0; bytes.length < DATA; pad++) bytes.push(pad % 2 ? 0x11 : 0xec);
    return bytes;
  }

  function checkBytes(data) {
    var divisor = [1], rest = [], i, j;
    for (i = 0; i < CHECK; i++) {
      var next = divisor.concat([0]);
      for (j = 0; j < divisor.length; j++) next[j + 1] ^= times(divisor[j], EXP[i]);
      divisor = next;
    }
    for (i = 0; i < CHECK; i++) rest.push(0);
    data.forEach(function (one) {
      var factor = one ^ rest.shift();
      rest.push(0);
      for (var k = 0; k < CHECK; k++) rest[k] ^= times(divisor[k + 1], factor);
    });
    return rest;
  }

  function blank() {
    var grid = [], fixed = [];
    for (var i = 0; i < SIZE; i++) { grid.push([]); fixed.push([]); for (var j = 0; j < SIZE; j++) { grid[i].push(false); fixed[i].push(false); } }
    function set(row, column, dark) {
      if (row < 0 || column < 0 || row >= SIZE || column >= SIZE) return;
      grid[row][column] = dark;
      fixed[row][column] = true;
    }
    function square(row, column, rings) {
      var reach = rings.length - 1;
      for (var y = -reach; y <= reach; y++) for (var x = -reach; x <= reach; x++) set(row + y, column + x, rings[Math.max(Math.abs(x), Math.abs(y))]);
    }
    for (i = 0; i < SIZE; i++) { set(6, i, i % 2 === 0); set(i, 6, i % 2 === 0); }
    [[3, 3], [3, SIZE - 4], [SIZE - 4, 3]].forEach(function (at) { square(at[0], at[1], [true, true, false, true, false]); });
    square(18, 18, [true, false, true]);
    return { grid: grid, fixed: fixed, set: set };
  }

  function putFormat(made, mask) {
    var value = (LEVEL_Q << 3) | mask, rest = value;
    for (var i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
    var bits = ((value << 10) | rest) ^ 0x5412;
    function bit(n) { return ((bits >>> n) & 1) === 1; }
    for (i = 0; i < 15; i++) {
      made.set(i < 6 ? i : i < 8 ? i + 1 : SIZE - 15 + i, 8, bit(i));
      made.set(8, i < 8 ? SIZE - 1 - i : i < 9 ? 15 - i : 14 - i, bit(i));
    }
    made.set(SIZE - 8, 8, true);
  }

  function putData(made, bytes) {
    var at = 0, up = true;
    for (var right = SIZE - 1; right > 0; right -= 2) {
      if (right === 6) right = 5;
      for (var step = 0; step < SIZE; step++) {
        var row = up ? SIZE - 1 - step : step;
        for (var side = 0; side < 2; side++) {
          if (made.fixed[row][right - side]) continue;
          made.grid[row][right - side] = at < bytes.length * 8 && ((bytes[at >>> 3] >>> (7 - (at & 7))) & 1) === 1;
          at++;
        }
      }
      up = !up;
    }
  }

  var MASKS = [
    function (y, x) { return (y + x) % 2 === 0; },
    function (y) { return y % 2 === 0; },
    function (y, x) { return x % 3 === 0; },
    function (y, x) { return (y + x) % 3 === 0; },
    function (y, x) { return (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0; },
    function (y, x) { return (y * x) % 2 + (y * x) % 3 === 0; },
    function (y, x) { return ((y * x) % 2 + (y * x) % 3) % 2 === 0; },
    function (y, x) { return ((y + x) % 2 + (y * x) % 3) % 2 === 0; },
  ];

  // The standard's four features: runs, blocks, patterns like a finder's, and the share of dark modules.
  function penalty(grid) {
    var sum = 0, dark = 0, y, x;
    for (y = 0; y < SIZE; y++) {
      for (var turned = 0; turned < 2; turned++) {
        var line = "";
        for (x = 0; x < SIZE; x++) line += (turned ? grid[x][y] : grid[y][x]) ? "1" : "0";
        (line.match(/1{5,}|0{5,}/g) || []).forEach(function (run) { sum += run.length - 2; });
        for (x = 0; x + 11 <= SIZE; x++) { var part = line.substr(x, 11); if (part === "10111010000" || part === "00001011101") sum += 40; }
      }
      for (x = 0; x < SIZE; x++) {
        if (grid[y][x]) dark++;
        if (y && x && grid[y][x] === grid[y - 1][x] && grid[y][x] === grid[y][x - 1] && grid[y][x] === grid[y - 1][x - 1]) sum += 3;
      }
    }
    return sum + Math.floor(Math.abs(dark * 20 - SIZE * SIZE * 10) / (SIZE * SIZE)) * 10;
  }

  function modules(text) {
    var data = dataBytes(text), bytes = data.concat(checkBytes(data)), best = null, least = Infinity;
    MASKS.forEach(function (inverts, mask) {
      var made = blank();
      putFormat(made, mask);
      putData(made, bytes);
      for (var y = 0; y < SIZE; y++) for (var x = 0; x < SIZE; x++) if (!made.fixed[y][x] && inverts(y, x)) made.grid[y][x] = !made.grid[y][x];
      var score = penalty(made.grid);
      if (score < least) { least = score; best = made.grid; }
    });
    return best;
  }

  // The path of an SVG whose view box leaves four modules of white around the code.
  function path(text) {
    var drawn = "";
    modules(text).forEach(function (row, y) {
      row.forEach(function (dark, x) { if (dark) drawn += "M" + (x + 4) + " " + (y + 4) + "h1v1h-1z"; });
    });
    return drawn;
  }

  window.anjuPassQr = { modules: modules, path: path, SIZE: SIZE };
})();
