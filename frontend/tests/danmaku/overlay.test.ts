import { afterEach, describe, expect, it, vi } from "vitest";
import { item, Scene } from "./made";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const some = (count: number, changes: object = {}): ReturnType<typeof item>[] =>
  Array.from({ length: count }, (_, id) => item(id, { position_ms: id * 10, ...changes }));

describe("frames", () => {
  it("are asked for one after the other while something flies, and no longer when all has gone", () => {
    const scene = new Scene(some(5), {}, 0.1);
    for (let i = 0; i < 50; i++) scene.pass(100);
    expect(scene.asked).toBe(51);
    for (let i = 0; i < 60; i++) scene.pass(100);
    const asked = scene.asked;
    expect(asked).toBeLessThan(90);
    for (let i = 0; i < 20; i++) scene.tell("timeupdate");
    expect(scene.run()).toBe(0);
    expect(scene.asked).toBe(asked);
  });

  it("are not asked for while there is nothing, and begin shortly before something comes", () => {
    const scene = new Scene([], {});
    for (const name of ["play", "playing", "timeupdate", "seeked"]) scene.tell(name);
    expect(scene.asked).toBe(0);
    scene.overlay.add([item(1, { position_ms: 10_000 })]);
    expect(scene.run()).toBe(1); // it looks once
    for (const name of ["play", "timeupdate"]) scene.tell(name);
    expect(scene.run()).toBe(0);
    scene.media.currentTime = 9.7;
    scene.tell("timeupdate");
    expect(scene.run(5)).toBe(5);
  });

  it("are not asked for while everything is blocked", () => {
    const scene = new Scene(some(5), { onlyLearning: true }, 0.1);
    scene.run();
    for (let i = 0; i < 20; i++) scene.tell("timeupdate");
    expect(scene.asked).toBe(1);
  });

  it("are not asked for in a pause, but once for a seek or a change", () => {
    const scene = new Scene(some(5), {}, 1);
    scene.media.paused = true;
    scene.tell("pause");
    expect(scene.run()).toBe(1);
    scene.media.currentTime = 2;
    scene.tell("seeked");
    expect(scene.run()).toBe(1);
    scene.overlay.update({ area: 0.5 });
    expect(scene.run()).toBe(1);
    scene.overlay.update({ area: 0.5 });
    expect(scene.run()).toBe(0);
    scene.media.paused = false;
    scene.tell("play");
    expect(scene.run(10)).toBe(10);
  });

  it("are not asked for while the page is hidden, while media waits, or for those who want no motion", () => {
    const scene = new Scene(some(5), {}, 1);
    scene.run(1);
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    expect(scene.run()).toBe(1); // the one that was asked for before
    const { asked } = scene;
    for (const name of ["timeupdate", "seeked", "play"]) scene.tell(name);
    expect(scene.asked).toBe(asked);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(scene.run(10)).toBe(10);
    scene.media.readyState = 2;
    expect(scene.run(10)).toBe(1);
    vi.stubGlobal("matchMedia", () => Object.assign(new EventTarget(), { matches: true }));
    const still = new Scene(some(5), {}, 1);
    still.run();
    still.tell("timeupdate");
    expect([still.asked, still.overlay.visible()]).toEqual([1, 0]);
  });

  it("end, with the canvas, when the overlay goes", () => {
    const scene = new Scene(some(5), {}, 1);
    expect(scene.container.querySelectorAll("canvas")).toHaveLength(1);
    scene.overlay.destroy();
    const { asked } = scene;
    for (const name of ["timeupdate", "seeked", "play"]) scene.tell(name);
    expect([scene.run(), scene.asked, scene.container.children.length]).toEqual([0, asked, 0]);
  });
});

describe("the overlay", () => {
  it("counts what is on screen, with known ids only once, at the offset of the viewer", () => {
    const scene = new Scene([item(1), item(2, { position_ms: 3000 })], {}, 1);
    scene.overlay.add([item(1), item(3, { position_ms: 500 })]);
    expect(scene.overlay.visible()).toBe(2);
    expect(Object.keys(scene.placesAt(8.2))).toEqual(["2", "3"]);
    scene.overlay.update({ offsetMs: 8000 });
    expect(scene.ids()).toEqual(["1"]);
    scene.overlay.remove(["1"]);
    expect(scene.overlay.visible()).toBe(0);
  });

  it("says which one is at a point, and lets one stand still while it is held", () => {
    const scene = new Scene([item(1, { text: "字字字字" })], {}, 1);
    const [box] = scene.overlay.boxes();
    const { x = 0, y = 0, width = 0 } = box ?? {};
    const at = (left: number): string | undefined => scene.overlay.at(left, y + 5)?.id;
    expect([at(x + 1), at(x + width + 1), scene.overlay.at(x + 1, y + 200)]).toEqual(["1", undefined, undefined]);
    scene.overlay.hold("1");
    scene.media.currentTime = 3;
    expect(at(x + 1)).toBe("1");
    scene.overlay.hold();
    expect(at(x + 1)).toBeUndefined();
  });
});

describe("bitmaps", () => {
  /** Contexts that keep what is drawn; the canvas of the overlay is the one that images are drawn on. */
  function withContexts(): { drawn: { text: string[]; frames: number[]; pixels: () => number } } {
    const text: string[] = [];
    const frames: number[] = [];
    const made = new Set<HTMLCanvasElement>();
    const nothing = (): void => undefined;
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function (this: HTMLCanvasElement) {
      return {
        scale: nothing, fillRect: nothing, strokeText: nothing,
        measureText: (measured: string) => ({ width: measured.length * 25 }),
        fillText: (filled: string) => { text.push(filled); },
        clearRect: () => { frames.push(0); },
        drawImage: (image: HTMLCanvasElement) => {
          made.add(image);
          frames.push((frames.pop() ?? 0) + 1);
        },
      } as unknown as CanvasRenderingContext2D;
    });
    return { drawn: { text, frames, pixels: () => [...made].reduce((sum, image) => sum + image.width * image.height, 0) } };
  }

  it("are made once for equal texts, a few in a frame, and all are there soon after a seek", () => {
    const { drawn } = withContexts();
    const scene = new Scene([...some(100, { size_px: 12, position_ms: 0 }), ...some(300).map((each) => ({ ...each, id: `2333 ${each.id}`, text: "2333", position_ms: 20 }))], { avoidOverlap: false }, 0.5);
    scene.media.paused = true;
    let before = 0;
    for (let i = 0; i < 20; i++) {
      scene.run(1);
      expect(drawn.text.length - before).toBeLessThanOrEqual(24);
      before = drawn.text.length;
    }
    expect([drawn.text.length, scene.run()]).toEqual([101, 0]);
    expect(drawn.frames.at(-1)).toBe(400);
  });

  it("say how many danmaku one stands for", () => {
    const { drawn } = withContexts();
    new Scene([item(1, { text: "2333", count: 24 }), item(2, { text: "666", count: 1 })], {}, 1).run(1);
    expect(drawn.text).toEqual(["2333 ×24", "666"]);
  });

  it("are made ahead of time, so that nothing waits when it comes", () => {
    const { drawn } = withContexts();
    const scene = new Scene(some(40).map((each, id) => ({ ...each, position_ms: 1000 + id * 50 })), {}, 0.7);
    scene.pass();
    expect(drawn.text).toHaveLength(8);
    for (let i = 0; i < 200; i++) {
      const before = drawn.text.length;
      scene.pass(16);
      expect(drawn.text.length - before).toBeLessThanOrEqual(8);
      expect(drawn.frames.at(-1) ?? 0).toBe(scene.overlay.visible());
    }
  });

  it("are let go when there are too many, so that hours of danmaku take no more than minutes", async () => {
    withContexts();
    const { Bitmaps } = await import("../../src/danmaku/bitmaps");
    const bitmaps = new Bitmaps(2);
    for (let id = 0; id < 3000; id++) {
      bitmaps.begin();
      bitmaps.prepare(bitmaps.look(item(id, { text: `a text of some length ${id}` }), 25));
      expect(bitmaps.pixels).toBeLessThan(8_200_000);
    }
    const kept = bitmaps.look(item(2999, { text: "a text of some length 2999" }), 25);
    expect([kept.bitmap !== undefined, bitmaps.look(item(0, { text: "a text of some length 0" }), 25).bitmap]).toEqual([true, undefined]);
  });
});
