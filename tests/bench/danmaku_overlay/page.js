/** One overlay over a silent recording, and what the bench asks about it. engine.js is ours, danmaku.js that of npm. */
import { firstCome, judged } from "./checker.js";
import { createDanmakuOverlay } from "./engine.js";

const DISPLAY_MS = 6000;
const FONT = '600 25px "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", system-ui, sans-serif';
const WORDS = "这里为什么等于二老师讲得很清楚抛物线的顶点在哪没听懂再来一遍哈哈前方高能";
const stage = document.getElementById("stage");
const media = document.getElementById("media");
let visible = () => 0;
let frames = 0;

/** The same numbers in every run. */
function lots(seed) {
  let state = seed;
  return () => (state = (state * 1664525 + 1013904223) >>> 0) / 2 ** 32;
}

/** Three of four are Chinese, 4 to 17 characters long; `count` of them, evenly over a time. */
function crowd(count, overMs) {
  const lot = lots(7);
  return Array.from({ length: count }, (_, id) => {
    const isEnglish = lot() < 0.25;
    const letters = Array.from({ length: 4 + Math.floor(lot() * 14) }, () => WORDS[Math.floor(lot() * WORDS.length)]);
    return {
      id: String(id), position_ms: Math.floor((id * overMs) / count), mode: "scroll", color: "#ffffff", size_px: 25, weight: 5,
      kind: "comment", author_key: "a", text: isEnglish ? `why is x ${Math.floor(lot() * 999)} here` : letters.join(""),
    };
  });
}

function silence(seconds) {
  const bytes = new Uint8Array(44 + seconds * 8000).fill(128);
  const view = new DataView(bytes.buffer);
  const mark = (at, text) => { for (const [i, letter] of [...text].entries()) view.setUint8(at + i, letter.charCodeAt(0)); };
  mark(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  mark(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  for (const [at, value] of [[20, 1], [22, 1], [32, 1], [34, 8]]) view.setUint16(at, value, true);
  for (const at of [24, 28]) view.setUint32(at, 8000, true);
  mark(36, "data");
  view.setUint32(40, bytes.length - 44, true);
  return URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
}

const engines = {
  none: () => undefined,
  ours: (items, settings) => {
    const overlay = createDanmakuOverlay({
      container: stage, media, items, settings: { displayMs: DISPLAY_MS, avoidOverlap: false, ...settings },
    });
    visible = () => overlay.visible();
  },
  npm: async (items) => {
    const { default: Danmaku } = await import("./danmaku.js");
    const style = { font: FONT, fillStyle: "#ffffff", strokeStyle: "rgb(0 0 0 / 75%)", lineWidth: 3, lineJoin: "round" };
    const comments = items.map((item) => ({ text: item.text, time: item.position_ms / 1000, mode: "rtl", style: { ...style } }));
    const danmaku = new Danmaku({ container: stage, media, engine: "canvas", comments });
    danmaku.speed = stage.clientWidth / (DISPLAY_MS / 1000);
    visible = () => danmaku._.runningList.length;
  },
};

/** Play a minute of so many in ten seconds under an engine. */
window.play = async (engine, perTenSeconds, settings) => {
  media.src = silence(60);
  await engines[engine](crowd(perTenSeconds * 6, 60_000), settings);
  const count = () => {
    frames++;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  await media.play();
};

window.look = () => ({ frames, visible: visible() });

class StillMedia extends EventTarget {
  currentTime = 0;
  paused = true;
  ended = false;
  readyState = 4;
  playbackRate = 1;
}

function overlayOf(items, settings) {
  const still = new StillMedia();
  return { still, overlay: createDanmakuOverlay({ container: stage, media: still, items, settings }) };
}

function msOf(action) {
  const began = performance.now();
  action();
  return performance.now() - began;
}

const middleOf = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** What is done at once, in milliseconds, with 9,000 in 24 minutes: the middle of nine. */
window.costs = () => {
  const found = { create: [], seek: [], update: [] };
  for (let round = 0; round < 9; round++) {
    const items = crowd(9000, 24 * 60_000);
    let made;
    found.create.push(msOf(() => { made = overlayOf(items, {}); }));
    const { still, overlay } = made;
    still.currentTime = 100 + round * 120;
    found.seek.push(msOf(() => overlay.visible()));
    found.update.push(msOf(() => { overlay.update({ blockedWords: [WORDS[round]] }); overlay.visible(); }));
    overlay.destroy();
  }
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, middleOf(values)]));
};

/** Show danmaku from beginning to end, and judge what was seen; kinds and weights are drawn by lot. */
window.judge = (plain, settings) => {
  const lot = lots(11);
  const items = plain.map((item) => {
    const die = lot();
    const kind = die < 0.02 ? "teacher" : die < 0.08 ? "question" : "comment";
    return { ...item, kind, weight: Math.floor(lot() * 11), author_key: "a" };
  });
  const { still, overlay } = overlayOf(items, settings);
  const ours = judged(items, (timeMs) => {
    still.currentTime = timeMs / 1000;
    return overlay.boxes();
  }, settings.displayMs);
  overlay.destroy();
  const theirs = firstCome(items, { ...settings, font: FONT, width: stage.clientWidth, height: stage.clientHeight });
  return { ...ours, firstCome: theirs };
};

window.isReady = true;
