/**
 * Judges what an overlay shows by the rectangles alone, and gives lanes in the simplest way for comparison. It shares
 * nothing with the engine, so that a fault of its lanes cannot hide here.
 */
const STEP_MS = 100;
const TEACHER = 30;
const QUESTION = 10;

/** What it is worth to a class that this is seen. */
const worth = (item) => item.weight + (item.kind === "teacher" ? TEACHER : item.kind === "question" ? QUESTION : 0);

function shares(items, isShown) {
  const sum = (list) => list.reduce((total, item) => total + worth(item), 0);
  const shown = items.filter(isShown);
  const teachers = items.filter(({ kind }) => kind === "teacher");
  return {
    items: items.length, shown: shown.length, worth: sum(items), worthShown: sum(shown),
    teachers: teachers.length, teachersShown: teachers.filter(isShown).length,
  };
}

/** Look at `boxesAt(timeMs)` ten times a second: pairs that touched, and what was seen. */
export function judged(items, boxesAt, displayMs) {
  const seen = new Set();
  const touched = new Set();
  const end = items.at(-1).position_ms + displayMs;
  for (let time = 0; time < end; time += STEP_MS) {
    const boxes = boxesAt(time).sort((a, b) => a.y - b.y);
    for (const [i, a] of boxes.entries()) {
      seen.add(a.id);
      for (let j = i + 1; j < boxes.length; j++) {
        const b = boxes[j];
        if (b.y >= a.y + a.height) break; // so is everything after it
        if (a.x < b.x + b.width && b.x < a.x + a.width) touched.add(`${a.id} ${b.id}`);
      }
    }
  }
  return { overlaps: touched.size, ...shares(items, (item) => seen.has(item.id)) };
}

/** Who comes first takes the first lane where it touches nobody; who finds none is not shown. */
export function firstCome(items, { font, width, height, displayMs, fontPx }) {
  const ruler = document.createElement("canvas").getContext("2d");
  const laneHeight = Math.ceil(fontPx * 1.3);
  const lanes = Array.from({ length: Math.floor(height / laneHeight) }, () => []);
  const shown = new Set();
  for (const item of items) {
    const px = Math.round((fontPx * Math.min(Math.max(item.size_px, 12), 64)) / 25);
    ruler.font = font.replace(/\d+px/, `${px}px`);
    const wide = Math.ceil(ruler.measureText(item.text).width) + 6;
    const need = Math.ceil((px * 1.25) / laneHeight);
    const at = (time) => {
      const part = (time - item.position_ms) / displayMs;
      if (item.mode === "scroll") return width - part * (width + wide);
      return item.mode === "reverse" ? part * (width + wide) - wide : (width - wide) / 2;
    };
    const one = { start: item.position_ms, wide, at };
    const touches = (other) => {
      if (Math.abs(other.start - one.start) >= displayMs) return false;
      const times = [Math.max(other.start, one.start), Math.min(other.start, one.start) + displayMs];
      const sides = times.map((time) => (one.at(time) >= other.at(time) + other.wide + 15 ? 1 : other.at(time) >= one.at(time) + wide + 15 ? -1 : 0));
      return sides[0] !== sides[1] || sides[0] === 0;
    };
    const row = lanes.findIndex((_, i) => i + need <= lanes.length && !lanes.slice(i, i + need).some((lane) => lane.some(touches)));
    if (row < 0) continue;
    for (const lane of lanes.slice(row, row + need)) {
      lane.push(one);
      if (lane.length > 40) lane.shift();
    }
    shown.add(item.id);
  }
  return shares(items, (item) => shown.has(item.id));
}
