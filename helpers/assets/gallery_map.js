"use strict"; // the second half of gallery.js, which makes the names used here

const map = $("map"), pen = map.getContext("2d");
const looking = { scale: 1, x: 500, y: 500 }; // how near, and at what place
let cursor = -1, waiting = false, grabbed = null;

function outline(a) {
  const kind = Math.floor(a / 7) % 3; // circle, square, triangle
  const corners = [16, 4, 3][kind], turned = [0, Math.PI / 4, -Math.PI / 2][kind];
  return Array.from({ length: corners }, (_, i) => {
    const angle = turned + (2 * Math.PI * i) / corners;
    return [Math.cos(angle), Math.sin(angle)].map((v) => Math.round(100 * v) / 100);
  });
}

function stamp(a, radius, fill, sharp) { // one dot of an album, drawn once and then printed many times
  const canvas = make("canvas"), half = Math.ceil(radius) + 1, ink = canvas.getContext("2d");
  canvas.width = canvas.height = 2 * half * sharp;
  ink.scale(sharp, sharp);
  outline(a).forEach(([u, v], j) => ink[j ? "lineTo" : "moveTo"](half + radius * u, half + radius * v));
  ink.fillStyle = fill;
  ink.fill();
  return [canvas, half];
}

let width = 1, height = 1; // of the map in pixels: read once a drawing, for asking makes the browser lay out
const STRETCH = 1.8; // the map fills a long window, for only what is near means anything
const side = () => 0.94 * Math.min(width, height);
const unit = () => [width, height].map( // pixels along x and along y
  (length) => (Math.min(0.94 * length, STRETCH * side()) / 1000) * looking.scale,
);
const toScreen = ([x, y]) => {
  const [across, down] = unit();
  return [width / 2 + (x - looking.x) * across, height / 2 + (y - looking.y) * down];
};
const toMap = (x, y) => {
  const [across, down] = unit();
  return [looking.x + (x - width / 2) / across, looking.y + (y - height / 2) / down];
};

function near(x, y, count) { // the photos nearest to a place on the map
  const distance = data.places.map(([a, b]) => (a - x) ** 2 + (b - y) ** 2);
  const best = [];
  for (let i = 0; i < N; i++) {
    if (best.length === count && distance[i] >= distance[best[count - 1]]) continue;
    let at = best.length;
    while (at && distance[best[at - 1]] > distance[i]) at--;
    best.splice(at, 0, i);
    best.length = Math.min(best.length, count);
  }
  return best;
}

function redraw() {
  if (!waiting) requestAnimationFrame(draw);
  waiting = true;
}

function draw() {
  waiting = false;
  const style = getComputedStyle(document.body), sharp = devicePixelRatio || 1;
  [width, height] = [map.clientWidth, map.clientHeight];
  map.width = width * sharp;
  map.height = height * sharp;
  pen.scale(sharp, sharp);
  const radius = Math.max(1.7, Math.min(5, 0.012 * side(), 80 / Math.sqrt(N))) * Math.sqrt(looking.scale);
  for (const kind of [0, 1])
    data.albums.forEach((album, a) => {
      pen.fillStyle = kind ? colour(a) : style.getPropertyValue("--line");
      pen.globalAlpha = kind ? 0.85 : 0.6;
      const [dot, half] = stamp(a, radius, pen.fillStyle, sharp);
      for (let i = starts[a]; i < starts[a] + album.count; i++) {
        const [x, y] = toScreen(data.places[i]);
        if (shown[i] !== kind || x < 0 || y < 0 || x > width || y > height) continue;
        if (radius < 2.5) pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius); // far faster, looks alike
        else pen.drawImage(dot, x - half, y - half, 2 * half, 2 * half);
      }
    });
  pen.globalAlpha = 1;
  label(style);
  if (cursor < 0) return;
  pen.beginPath();
  pen.arc(...toScreen(data.places[cursor]), radius + 4, 0, 7);
  pen.lineWidth = 3;
  pen.strokeStyle = style.getPropertyValue("--ink");
  pen.stroke();
}

function label(style) {
  const taken = [20, 35, 50, 65, 80, 95].map((y) => [width - 33, y, 27]); // the two buttons
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  Object.assign(pen, { font: "600 12.5px system-ui, sans-serif", textAlign: "center", textBaseline: "middle",
    lineJoin: "round", lineWidth: 4, strokeStyle: style.getPropertyValue("--card"),
    fillStyle: style.getPropertyValue("--ink") });
  data.albums.forEach((album, a) => {
    const members = data.places.slice(starts[a], starts[a] + album.count).filter((_, j) => shown[starts[a] + j]);
    if (!members.length) return;
    const [x0, y0] = toScreen([middle(members.map((p) => p[0])), middle(members.map((p) => p[1]))]);
    const half = pen.measureText(album.name).width / 2 + 3;
    const x = Math.max(half, Math.min(width - half, x0));
    for (const down of [0, 16, -16, 32, -32, 48, -48]) {
      const y = y0 + down;
      if (y < 10 || y > height - 10) continue;
      if (taken.some(([u, v, w]) => Math.abs(u - x) < half + w && Math.abs(v - y) < 15)) continue;
      taken.push([x, y, half]);
      pen.strokeText(album.name, x, y);
      pen.fillText(album.name, x, y);
      return;
    }
  });
}

function point(i) { // set a photo off, and say what it is
  cursor = i;
  const tip = $("tip");
  tip.hidden = i < 0;
  redraw();
  if (i < 0) return;
  const [x, y] = toScreen(data.places[i]);
  tip.replaceChildren(Object.assign(picture(i, ""), { loading: "eager" }), says(i));
  tip.style.left = `${Math.max(0, Math.min(width - 170, x - 85))}px`;
  tip.style.top = y > 190 ? "" : `${y + 14}px`;
  tip.style.bottom = y > 190 ? `${map.parentElement.clientHeight - y + 14}px` : "";
}

function at(event, reach) { // the photo under the pointer, or -1
  const box = map.getBoundingClientRect(), here = [event.clientX - box.left, event.clientY - box.top];
  const [i] = near(...toMap(...here), 1), [x, y] = toScreen(data.places[i]);
  return Math.hypot(x - here[0], y - here[1]) < reach ? i : -1;
}

function zoom(by) {
  looking.scale = Math.max(1, Math.min(12, looking.scale * by));
  if (looking.scale === 1) looking.x = looking.y = 500;
  map.style.touchAction = looking.scale === 1 ? "" : "none"; // from near, a finger moves the map, not the page
  point(-1);
}

function walk(dx, dy) { // the next photo in one of four directions
  const [x, y] = cursor < 0 ? [looking.x, looking.y] : data.places[cursor];
  let best = cursor < 0 ? near(x, y, 1)[0] : cursor, least = Infinity;
  data.places.forEach(([a, b], i) => {
    const along = (a - x) * dx + (b - y) * dy, across = Math.abs((a - x) * dy) + Math.abs((b - y) * dx);
    if (along > 0 && along >= across && shown[i] && along + across < least) [best, least] = [i, along + across];
  });
  point(best);
}

const fingers = new Map(); // where they are: two of them, moving apart, zoom
const spread = () => {
  const [a, b] = [...fingers.values()];
  return Math.hypot(a.x - b.x, a.y - b.y) || 1;
};
const enter = (i) => { if (i >= 0) location.hash = `photo-${i}`; };

map.onpointerdown = (event) => {
  if (event.pointerType === "touch") fingers.set(event.pointerId, event);
  grabbed = { x: event.clientX, y: event.clientY, moved: false };
};
map.onpointermove = (event) => {
  if (fingers.size === 2 && fingers.has(event.pointerId)) {
    const before = spread();
    fingers.set(event.pointerId, event);
    grabbed = null;
    zoom(spread() / before);
  } else if (!grabbed) {
    const i = event.pointerType === "touch" ? -1 : at(event, 14);
    map.classList.toggle("pointing", i >= 0);
    if (i !== cursor) point(i);
  } else if (looking.scale > 1 || event.pointerType !== "touch") {
    const dx = event.clientX - grabbed.x, dy = event.clientY - grabbed.y;
    if (!grabbed.moved && Math.hypot(dx, dy) < 5) return;
    looking.x -= dx / unit()[0];
    looking.y -= dy / unit()[1];
    grabbed = { x: event.clientX, y: event.clientY, moved: true };
    point(-1);
  }
};
map.onpointerup = (event) => { // a finger cannot hover: its first touch says what is there, the second opens it
  const i = grabbed && !grabbed.moved ? at(event, 22) : -1, touched = event.pointerType === "touch";
  grabbed = null;
  fingers.delete(event.pointerId);
  if (touched && i !== cursor) point(i);
  else enter(i);
};
$("tip").onpointerup = () => enter(cursor);
map.onpointerleave = map.onpointercancel = (event) => {
  grabbed = null;
  fingers.delete(event.pointerId);
  if (event.pointerType !== "touch" && !$("photo").open) point(-1);
};
map.onblur = () => point(-1);
map.addEventListener("wheel", (event) => { // pinching on a trackpad comes as this, too
  if (!event.ctrlKey) return;
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 100));
}, { passive: false });
map.onkeydown = (event) => {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (way) walk(...way);
  else if (event.key === "Enter") enter(cursor);
  else if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? 1.5 : 1 / 1.5);
  else return;
  event.preventDefault();
};
$("closer").onclick = () => zoom(1.5);
$("farther").onclick = () => zoom(1 / 1.5);
addEventListener("resize", redraw);
night.addEventListener("change", show);
