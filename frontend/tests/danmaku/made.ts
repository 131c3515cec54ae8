/** Danmaku, media and frames that tests are in command of. */
import fc from "fast-check";
import { vi } from "vitest";
import { createDanmakuOverlay, type DanmakuItem, type DanmakuOverlay, type DanmakuSettings } from "../../src/danmaku";

export const STAGE = { width: 1280, height: 720 };

export function item(id: number, changes: Partial<DanmakuItem> = {}): DanmakuItem {
  return {
    id: String(id), position_ms: 0, mode: "scroll", color: "#ffffff", size_px: 25, text: `text ${id}`, weight: 5,
    kind: "comment", author_key: "a", ...changes,
  };
}

const pick = fc.constantFrom;

/** A minute of danmaku of every kind, in the order of time; dense enough that many find no room. */
export const crowds = (modes: DanmakuItem["mode"][] = ["scroll", "reverse", "top", "bottom"]): fc.Arbitrary<DanmakuItem[]> =>
  fc.array(
    fc.record({
      position_ms: fc.integer({ min: 0, max: 60_000 }),
      mode: pick(...modes),
      text: fc.integer({ min: 1, max: 60 }).map((length) => "字".repeat(length)),
      size_px: pick(18, 25, 36, 64),
      weight: fc.integer({ min: 0, max: 10 }),
      kind: pick<DanmakuItem["kind"]>("comment", "comment", "comment", "question", "answer", "teacher"),
      own: fc.boolean(),
    }),
    { minLength: 1, maxLength: 300, size: "max" },
  ).map((rows) => rows.sort((a, b) => a.position_ms - b.position_ms).map((row, id) => item(id, row)));

export class FakeMedia extends EventTarget {
  currentTime = 0;
  paused = false;
  ended = false;
  readyState = 4;
  playbackRate = 1;
}

/** An overlay on a stage of 1280 by 720, with a clock and frames of its own. */
export class Scene {
  readonly media = new FakeMedia();
  readonly container = document.createElement("div");
  readonly overlay: DanmakuOverlay;
  /** How many frames were asked for. */
  asked = 0;
  private waiting: (() => void) | undefined;

  constructor(items: DanmakuItem[], settings: Partial<DanmakuSettings> = {}, startS = 0) {
    vi.stubGlobal("requestAnimationFrame", (frame: () => void) => {
      this.asked++;
      this.waiting = frame;
      return this.asked;
    });
    vi.stubGlobal("cancelAnimationFrame", () => { this.waiting = undefined; });
    Object.defineProperties(this.container, { clientWidth: { value: STAGE.width }, clientHeight: { value: STAGE.height } });
    this.media.currentTime = startS;
    this.overlay = createDanmakuOverlay({
      container: this.container, media: this.media as unknown as HTMLMediaElement, items, settings,
    });
  }

  /** Let frames pass until none is asked for, at most so many; returns how many passed. */
  run(most = 100): number {
    let passed = 0;
    for (; passed < most && this.waiting; passed++) this.pass();
    return passed;
  }

  /** Let one frame pass, `ms` of media time after the one before. */
  pass(ms = 0): void {
    const frame = this.waiting;
    this.waiting = undefined;
    this.media.currentTime += ms / 1000;
    frame?.();
  }

  tell(name: string): void {
    this.media.dispatchEvent(new Event(name));
  }

  /** Where everything is at a time, by id. */
  placesAt(timeS: number): Record<string, number[]> {
    this.media.currentTime = timeS;
    return Object.fromEntries(this.overlay.boxes().map(({ id, x, y, width, height }) => [id, [x, y, width, height]]));
  }

  ids(): string[] {
    return this.overlay.boxes().map(({ id }) => id).sort();
  }
}

/** Judge by what the overlay says of itself at many moments, knowing nothing of lanes. */
export function overlapsOf(scene: Scene, untilS: number, stepS = 0.1): string[] {
  const found: string[] = [];
  for (let timeS = 0; timeS <= untilS; timeS += stepS) {
    scene.media.currentTime = timeS;
    const boxes = scene.overlay.boxes();
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        if (!apart) found.push(`${a.id} and ${b.id} at ${timeS}`);
      }
    }
  }
  return found;
}
