import { expect, it } from "vitest";
import { holdSpeed } from "../../src/player/speed";

it("is what was chosen, also for what is loaded anew, and a held finger's is no choice", () => {
  const video = Object.assign(new EventTarget(), { playbackRate: 1.5 });
  const end = new AbortController();
  const heard: number[] = [];
  let isHeld = false;
  let chosen = 1.5;
  holdSpeed(video as unknown as HTMLVideoElement, {
    chosen: () => chosen,
    isHeld: () => isHeld,
    onChoice: (rate) => { heard.push(chosen = rate); },
  }, end.signal);
  const becomes = (rate: number): void => {
    video.playbackRate = rate;
    video.dispatchEvent(new Event("ratechange"));
  };
  video.playbackRate = 1; // by the loading, of which two events tell afterwards
  for (const name of ["emptied", "ratechange"]) video.dispatchEvent(new Event(name));
  expect([video.playbackRate, heard]).toEqual([1.5, [1.5]]);
  isHeld = true;
  becomes(2);
  isHeld = false;
  becomes(1.25);
  expect([chosen, heard]).toEqual([1.25, [1.5, 1.25]]);
  end.abort();
  becomes(3);
  expect(heard).toHaveLength(2);
});
