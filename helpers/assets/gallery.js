"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const N = data.captions.length, CHUNK = 60; // photos added to the page at a time

// Colours that colour-blind people can tell apart; from the eighth album on the shape changes too.
const LIGHT = ["#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#ca9161", "#56b4e9"];
const DARK = ["#56b4e9", "#e69f00", "#2fc79a", "#ff7f3f", "#e093d2", "#d8a97c", "#a9b8ff"];
const night = matchMedia("(prefers-color-scheme: dark)");
const colour = (album) => (night.matches ? DARK : LIGHT)[album % 7];

const plain = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
const albumOf = data.albums.flatMap((album, a) => Array(album.count).fill(a));
const starts = data.albums.map((_, a) => albumOf.indexOf(a));
const spoken = data.captions.map((caption, i) => ` ${plain(`${caption} ${data.classes[i]}`)}`);
const UNSURE = "It looks like nothing that the captioner has learnt: the caption is a guess.";
const says = (i) => data.captions[i] || "A photo without a caption";
const tells = (i) => says(i) + (data.unsure[i] ? " (unsure)" : "");
const doubt = (i) => (data.unsure[i] ? [" ", make("small", { className: "unsure", title: UNSURE }, "unsure")] : []);
const photos = (n) => `${n.toLocaleString("en")} photo${n === 1 ? "" : "s"}`;

let list = []; // the photos to be seen, in order
let shown = new Uint8Array(N).fill(1); // on the map the others are grey
let drawn = 0; // how many of `list` are on the page
let view = ""; // "", or "album-3"
let fromHere = false; // whether going back in history closes the photo

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function picture(i, alt) {
  const [width, height] = data.sizes[i];
  return make("img", { loading: "lazy", decoding: "async", alt, width, height, src: data.thumbs[i] });
}

// --- what stands on the page ---------------------------------------------------------------------------------

function card(i) {
  const shot = make("span", { className: "shot" }, picture(i, tells(i)));
  const said = make("span", { className: "said", ariaHidden: "true" }, says(i), ...doubt(i)); // the picture's alt says it
  return make("li", {}, make("a", { href: `#photo-${i}` }, shot, said));
}

function albumCard(album, a) {
  const others = [0, 1, 2].map((j) => starts[a] + Math.floor((j * album.count) / 3));
  const covers = [...new Set([album.cover, ...others])].slice(0, album.count > 2 ? 3 : 1);
  const mosaic = make("span", { className: "mosaic" }, ...covers.map((i) => picture(i, "")));
  const words = album.words.slice(0, 5).join(", ");
  const name = make("span", { className: "name" }, mark(a), make("b", {}, album.name), " ");
  name.append(make("small", {}, photos(album.count), words && ` · ${words}`));
  return make("li", {}, make("a", { href: `#album-${a}` }, mosaic, name));
}

function mark(a) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "-1 -1 2 2");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", outline(a).map(([x, y], i) => `${i ? "L" : "M"}${x} ${y}`).join("") + "Z");
  path.setAttribute("fill", colour(a));
  svg.append(path);
  return svg;
}

function more() {
  $("grid").append(...list.slice(drawn, drawn + CHUNK).map(card));
  drawn = Math.min(drawn + CHUNK, list.length);
}

function show() {
  const query = plain($("search").value).split(/\s+/).filter(Boolean);
  const album = view ? Number(view.slice(6)) : null;
  const all = [...Array(N).keys()];
  const isHome = !query.length && album === null;
  if (query.length) list = all.filter((i) => query.every((word) => spoken[i].includes(` ${word}`)));
  else list = isHome ? all : all.filter((i) => albumOf[i] === album);
  shown = new Uint8Array(N);
  for (const i of list) shown[i] = 1;

  $("grid").className = isHome ? "albums" : "";
  $("grid").replaceChildren(...(isHome ? data.albums.map(albumCard) : []));
  drawn = isHome ? N : 0;
  if (!isHome) more();
  $("heading").textContent = query.length ? `“${$("search").value.trim()}”` : isHome ? "Albums" : data.albums[album].name;
  $("status").textContent = isHome ? "" : list.length ? photos(list.length) : "No caption says that.";
  $("words").replaceChildren();
  if (isHome) return redraw();
  $("words").append(make("a", { href: "#", onclick: clear }, "← All albums"));
  if (!query.length)
    for (const word of data.albums[album].words.slice(0, 8))
      $("words").append(make("button", { onclick: () => seek(word) }, word));
  redraw();
}

function seek(words) {
  $("search").value = words;
  show();
  scrollTo(0, 0);
}

function clear() {
  $("search").value = "";
  show();
}

// --- where we are: #, #album-3, #photo-17 --------------------------------------------------------------------

function go() {
  const [, kind, number] = location.hash.match(/^#(album|photo)-(\d+)$/) || [];
  if (kind === "photo" && number < N) return open(Number(number));
  $("photo").close();
  const next = kind === "album" && number < data.albums.length ? `album-${number}` : "";
  if (next === view || (!next && !/^#?$/.test(location.hash))) return;
  view = next;
  $("search").value = "";
  show();
  scrollTo(0, 0);
  $("heading").focus({ preventScroll: true });
}

function open(i) {
  const big = $("big");
  big.onerror = () => { big.onerror = null; big.src = data.thumbs[i]; }; // a TIFF, say, or a file moved away
  big.style.backgroundImage = `url("${data.thumbs[i]}")`;
  [big.width, big.height] = data.sizes[i];
  big.src = data.links[i];
  big.alt = tells(i);
  $("said").replaceChildren(says(i), ...doubt(i));
  $("classes").textContent = data.classes[i] && `The CNN sees: ${data.classes[i]}`;
  $("file").href = data.links[i];
  $("name").textContent = data.names[i];
  $("album").textContent = data.albums[albumOf[i]].name;
  $("album").href = `#album-${albumOf[i]}`;
  const alike = near(...data.places[i], 7).filter((j) => j !== i).slice(0, 6);
  $("like").replaceChildren(...alike.map((j) => {
    const link = make("a", { href: `#photo-${j}` }, picture(j, says(j)));
    link.onclick = (event) => { event.preventDefault(); turn(j); };
    return make("li", {}, link);
  }));
  const at = list.indexOf(i);
  $("previous").disabled = at <= 0;
  $("next").disabled = at < 0 || at === list.length - 1;
  if (!$("photo").open) $("photo").showModal();
  $("photo").scrollTop = 0;
  cursor = i;
  redraw();
}

const turn = (i) => location.replace(`#photo-${i}`); // no step in the history: Back closes the photo
const step = (by) => {
  const i = list[list.indexOf(cursor) + by];
  if (i !== undefined && list.includes(cursor)) turn(i);
};

function shut() {
  if (fromHere) history.back();
  else location.replace(`#${view}`);
}

addEventListener("hashchange", (event) => {
  fromHere = fromHere || !/#photo-/.test(event.oldURL);
  go();
});
$("photo").addEventListener("cancel", (event) => { event.preventDefault(); shut(); });
$("photo").addEventListener("click", (event) => { if (event.target === $("photo")) shut(); });
$("close").onclick = shut;
$("previous").onclick = () => step(-1);
$("next").onclick = () => step(1);
$("search").oninput = show;
document.addEventListener("keydown", (event) => {
  if ($("photo").open) {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  } else if (event.key === "/" && event.target !== $("search")) {
    event.preventDefault();
    $("search").focus();
  }
});
new IntersectionObserver((seen) => { if (seen[0].isIntersecting && drawn < list.length) more(); },
  { rootMargin: "800px" }).observe($("end"));

// --- begin ---------------------------------------------------------------------------------------------------

addEventListener("DOMContentLoaded", () => { // when the map is there, too
  if (data.skipped.length) {
    $("skipped").hidden = false;
    $("skipped").firstChild.textContent = `${photos(data.lost)} could not be read`;
    $("skipped").lastChild.append(...data.skipped.map((why) => make("li", {}, why)));
  }
  show();
  go();
});
