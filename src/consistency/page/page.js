(function () {
  "use strict";
  var data;
  try { data = JSON.parse(document.getElementById("data").textContent); } catch (error) { return; }
  var canvas = document.getElementById("canvas"), told = document.getElementById("told");
  var pen = canvas.getContext && canvas.getContext("2d");
  // Without a canvas, or without operations, the drawing of the page stays.
  if (!pen || !data.operations.length) { return; }
  document.documentElement.classList.add("live");
  var OUTCOMES = ["ok", "info", "fail"], ops = data.operations, rows = data.rows.length;
  var end = Math.max(data.end, 1), from = 0, until = end, chosen = -1, width = 0, height = 0, left = 0, pitch = 0, top = 20, waiting = false;

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim(); }
  function x(time) { return left + (time - from) / (until - from) * (width - left - 6); }
  function time(place) { return from + (place - left) / (width - left - 6) * (until - from); }
  function stop(op) { return op[4] < 0 ? end : op[3] + op[4]; }
  function seconds(micro) {
    var digits = until - from < 2e4 ? 6 : until - from < 2e6 ? 4 : 3;
    return (micro / 1e6).toFixed(digits) + " s";
  }
  function later() { if (!waiting) { waiting = true; requestAnimationFrame(function () { waiting = false; draw(); }); } }

  function measure() {
    var ratio = window.devicePixelRatio || 1;
    width = canvas.clientWidth;
    left = width < 560 ? 62 : 78;
    pitch = Math.max(1, Math.min(22, Math.max(width < 560 ? 12 : 15, 3), 620 / Math.max(rows, 1)));
    if (rows <= 12) { pitch = 22; }
    height = top + rows * pitch + 46;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = height + "px";
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  function nice(raw) {
    var power = Math.pow(10, Math.floor(Math.log10(raw)));
    return [1, 2, 5, 10].map(function (step) { return step * power; }).filter(function (step) { return step >= raw * 0.999; })[0];
  }

  function short(address) {
    var host = address.replace(/:\d+$/, "");
    return host.length > 16 ? "…" + host.slice(-14) : host;
  }

  function band(y, tall, list, paint) {
    list.forEach(function (one) {
      var a = Math.max(left, x(one[2])), b = Math.min(width - 6, x(one[3]));
      if (b >= left && a <= width - 6) { paint(one, a, Math.max(1, b - a), y, tall); }
    });
  }

  function draw() {
    var bottom = top + rows * pitch, ink = colour("ink"), soft = colour("soft");
    pen.clearRect(0, 0, width, height);
    pen.font = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
    pen.textBaseline = "middle";
    var row, every = Math.max(1, Math.ceil(12 / pitch));
    for (row = 0; row < rows; row += 1) {
      if (row % 2 === 0) { pen.globalAlpha = .55; pen.fillStyle = colour("empty"); pen.fillRect(left, top + row * pitch, width - left - 6, pitch); pen.globalAlpha = 1; }
      if (row % every === 0) { pen.fillStyle = soft; pen.textAlign = "right"; pen.fillText(data.rows[row].slice(0, 12), left - 7, top + (row + .5) * pitch); }
    }
    band(top, bottom - top, data.faults, function (one, a, wide, y, tall) {
      pen.globalAlpha = Number(colour("pale")) || .3; pen.fillStyle = colour(one[0]); pen.fillRect(a, y, wide, tall); pen.globalAlpha = 1;
    });
    band(2, 14, data.faults, function (one, a, wide, y, tall) {
      pen.fillStyle = colour(one[0]); pen.fillRect(a, y, wide, tall);
      if (pen.measureText(one[1]).width + 8 < wide) { pen.fillStyle = colour("on"); pen.textAlign = "left"; pen.fillText(one[1], a + 4, y + 7.5); }
    });
    var step = nice((until - from) / Math.max(2, width / 110)), at;
    pen.strokeStyle = colour("grid"); pen.lineWidth = 1; pen.textAlign = "center"; pen.fillStyle = soft;
    for (at = Math.ceil(from / step) * step; at <= until; at += step) {
      var place = Math.round(x(at)) + .5;
      pen.beginPath(); pen.moveTo(place, top); pen.lineTo(place, bottom + 22); pen.stroke();
      pen.fillText(parseFloat((at / 1e6).toFixed(6)) + " s", Math.min(place, width - 24), bottom + 33);
    }
    var fill = [colour("valid"), colour("info"), colour("fail")], thick = Math.max(1, pitch * .72), gap = (pitch - thick) / 2;
    ops.forEach(function (op) {
      var a = x(op[3]), b = x(stop(op));
      if (b < left || a > width - 6) { return; }
      a = Math.max(a, left); b = Math.min(Math.max(b, a + 1), width - 6);
      var y = top + op[0] * pitch + gap;
      pen.globalAlpha = op[2] === 2 ? .8 : 1;
      pen.fillStyle = fill[op[2]];
      pen.fillRect(a, y, b - a, thick);
      pen.globalAlpha = 1;
      var wide = b - a > 14;
      // Not by colour alone: failed ones are struck through, unknown ones are open at their end.
      if (wide && pitch > 6 && op[2] === 2) { pen.strokeStyle = colour("on"); pen.lineWidth = 1; pen.beginPath(); pen.moveTo(a, y + thick / 2); pen.lineTo(b, y + thick / 2); pen.stroke(); }
      if (wide && pitch > 10 && op[2] === 1) { pen.fillStyle = colour("on"); pen.textAlign = "right"; pen.fillText("?", b - 3, y + thick / 2); }
      if (b - a > 60 && pitch > 12 && op[2] !== 2) {
        pen.save(); pen.beginPath(); pen.rect(a, y, b - a - (op[2] === 1 ? 14 : 3), thick); pen.clip();
        pen.fillStyle = colour("on"); pen.textAlign = "left"; pen.fillText((data.functions[op[1]] || "") + " " + op[6], a + 3, y + thick / 2); pen.restore();
      }
    });
    ops.forEach(function (op, number) {
      var a = x(op[3]), b = x(stop(op));
      if (b < left || a > width - 6 || !(op[7] || number === chosen)) { return; }
      var y = top + op[0] * pitch;
      if (op[7] & 2) { var m = Math.min(Math.max(b, left), width - 6); pen.fillStyle = colour("lost"); pen.beginPath(); pen.moveTo(m - 4, y); pen.lineTo(m + 4, y); pen.lineTo(m, y + 7); pen.fill(); }
      if (op[7] & 1 || number === chosen) {
        pen.strokeStyle = number === chosen ? ink : colour("proof"); pen.lineWidth = number === chosen ? 2.5 : 2;
        pen.strokeRect(Math.max(a, left) - 2, y, Math.min(b, width - 6) - Math.max(a, left) + 4, pitch);
      }
    });
    band(bottom + 4, 16, data.terms, function (one, a, wide, y, tall) {
      pen.fillStyle = colour("primary"); pen.fillRect(a, y, wide - (wide > 3 ? 1 : 0), tall);
      var words = [short(one[0]) + " · term " + one[1], short(one[0]), "term " + one[1]].filter(function (text) { return pen.measureText(text).width + 8 < wide; })[0];
      if (words) { pen.fillStyle = colour("on-primary"); pen.textAlign = "left"; pen.fillText(words, a + 4, y + 8.5); }
    });
    if (data.terms.length) { pen.fillStyle = soft; pen.textAlign = "right"; pen.fillText("primary", left - 7, bottom + 12); }
  }

  function move(a, b) {
    var span = Math.min(Math.max(b - a, 50), end), middle = (a + b) / 2;
    from = Math.min(Math.max(0, middle - span / 2), end - span);
    until = from + span;
    later();
  }
  function zoom(by, place) {
    var still = place === undefined ? (from + until) / 2 : time(Math.max(place, left)), span = Math.min(Math.max((until - from) * by, 50), end);
    var share = (still - from) / (until - from), a = still - span * share;
    move(a, a + span);
  }
  function pan(share) { var span = until - from; move(from + span * share, until + span * share); }

  function choose(number) {
    var op = ops[number];
    chosen = number;
    told.textContent = op ? data.rows[op[0]] + ": " + data.functions[op[1]] + " " + op[6] + " — " + OUTCOMES[op[2]] + ", " + seconds(op[3]) + " to " + (op[4] < 0 ? "never" : seconds(stop(op)) + " (" + (op[4] / 1e3).toFixed(2) + " ms)") + ", index " + op[5] + (op[7] & 2 ? ", lost" : "") + (op[7] & 1 ? ", evidence" : "") : "";
    later();
  }
  function next(by) {
    var number = chosen;
    if (number < 0 || stop(ops[number]) < from || ops[number][3] > until) {
      number = ops.findIndex(function (op) { return op[3] >= from; }) - (by > 0 ? 1 : 0);
    }
    number = Math.min(Math.max(number + by, 0), ops.length - 1);
    choose(number);
    var op = ops[number];
    if (op[3] < from || op[3] > until) { var half = (until - from) / 2; move(op[3] - half, op[3] + half); }
  }
  function under(px, py) {
    var row = Math.floor((py - top) / pitch), at = time(px), near = (until - from) / width * 4, best = -1, least = Infinity;
    if (row < 0 || row >= rows) { return -1; }
    ops.forEach(function (op, number) {
      if (op[0] !== row) { return; }
      var off = at < op[3] ? op[3] - at : at > stop(op) ? at - stop(op) : 0;
      if (off <= near && off <= least) { best = number; least = off; }
    });
    return best;
  }
  function show(place) {
    var number = ops.findIndex(function (op) { return op[5] === place; });
    if (number < 0) { return false; }
    var op = ops[number], span = Math.max((op[4] < 0 ? 0 : op[4]) * 12, 4e4);
    move(op[3] + Math.max(op[4], 0) / 2 - span / 2, op[3] + Math.max(op[4], 0) / 2 + span / 2);
    choose(number);
    document.getElementById("timeline").scrollIntoView();
    canvas.focus({ preventScroll: true });
    return true;
  }

  var fingers = {}, dragged = 0, spread = 0;
  canvas.addEventListener("pointerdown", function (event) { fingers[event.pointerId] = event.offsetX; dragged = 0; spread = 0; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", function (event) {
    var ids = Object.keys(fingers), before = fingers[event.pointerId];
    if (before === undefined) { if (event.pointerType === "mouse") { var number = under(event.offsetX, event.offsetY); if (number >= 0 && number !== chosen) { choose(number); } } return; }
    if (ids.length === 2) {
      var other = fingers[ids[0] === String(event.pointerId) ? ids[1] : ids[0]], apart = Math.max(10, Math.abs(event.offsetX - other));
      if (spread) { zoom(spread / apart, (event.offsetX + other) / 2); }
      spread = apart;
    } else {
      dragged += Math.abs(event.offsetX - before);
      pan(-(event.offsetX - before) / (width - left - 6));
    }
    fingers[event.pointerId] = event.offsetX;
  });
  function lift(event) { if (fingers[event.pointerId] !== undefined && dragged < 4) { choose(under(event.offsetX, event.offsetY)); } delete fingers[event.pointerId]; spread = 0; }
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", function (event) { delete fingers[event.pointerId]; });
  canvas.addEventListener("wheel", function (event) {
    // A wheel alone scrolls the page.
    if (event.ctrlKey || event.metaKey) { event.preventDefault(); zoom(Math.pow(1.0015, event.deltaY), event.offsetX); }
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) { event.preventDefault(); pan(event.deltaX / width); }
  }, { passive: false });
  canvas.addEventListener("dblclick", function (event) { zoom(.25, event.offsetX); });
  canvas.addEventListener("keydown", function (event) {
    var keys = { "+": function () { zoom(.5); }, "=": function () { zoom(.5); }, "-": function () { zoom(2); }, "0": function () { move(0, end); }, ArrowLeft: function () { pan(-.25); }, ArrowRight: function () { pan(.25); }, Home: function () { move(0, until - from); }, End: function () { move(end - until + from, end); }, n: function () { next(1); }, p: function () { next(-1); } };
    if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); keys[event.key](); }
  });
  [["in", function () { zoom(.5); }], ["out", function () { zoom(2); }], ["left", function () { pan(-.25); }], ["right", function () { pan(.25); }], ["all", function () { move(0, end); }], ["next", function () { next(1); }], ["previous", function () { next(-1); }]].forEach(function (pair) { document.getElementById(pair[0]).addEventListener("click", pair[1]); });
  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a.show");
    if (link && show(Number(link.getAttribute("data-place")))) { event.preventDefault(); history.replaceState(null, "", link.getAttribute("href")); }
  });
  window.addEventListener("resize", function () { measure(); later(); });
  if (window.matchMedia) { var dark = matchMedia("(prefers-color-scheme: dark)"); if (dark.addEventListener) { dark.addEventListener("change", later); } }
  measure();
  draw();
  var hash = /^#t(\d+)$/.exec(location.hash);
  if (hash) { show(Number(hash[1])); }
}());
