import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Captions, chosenTracks } from "../../src/player/captions";
import { type Preferences, PREFERENCES } from "../../src/player/stored";

class FakeTrack extends EventTarget {
  mode = "disabled";
  activeCues: { getCueAsHTML: () => Node }[] = [];
  constructor(readonly kind: string, readonly language: string) {
    super();
  }
  say(text: string): void {
    this.activeCues = [{ getCueAsHTML: () => document.createTextNode(text) }];
    this.dispatchEvent(new Event("cuechange"));
  }
}

const asTracks = (tracks: FakeTrack[]): TextTrack[] => tracks as unknown as TextTrack[];

describe("which captions", () => {
  const [zh, en, fr] = [new FakeTrack("captions", "zh"), new FakeTrack("captions", "en"), new FakeTrack("subtitles", "fr-CA")];
  const chosen = (languages: string[]): string[] => chosenTracks(asTracks([zh, en, fr]), languages).map(({ language }) => language);

  it("are those of the page's language until the viewer chooses, or else the first", () => {
    document.documentElement.lang = "en";
    expect(chosen([])).toEqual(["en"]);
    document.documentElement.lang = "de";
    expect(chosen([])).toEqual(["zh"]);
  });

  it("are two, in the order chosen, also of another region; never the same twice", () => {
    expect(chosen(["fr", "zh"])).toEqual(["fr-CA", "zh"]);
    expect(chosen(["en", "en"])).toEqual(["en"]);
    expect(chosen(["en", "ko"])).toEqual(["en"]); // what a lesson does not have is not made up for
  });
});

describe("captions over the picture", () => {
  let tracks: FakeTrack[];
  let list: EventTarget;
  let video: HTMLVideoElement;
  let around: HTMLElement;
  let preferences: Preferences;
  let shows: boolean[];
  let captions: Captions;
  let listeners: AbortController;

  beforeEach(() => {
    document.documentElement.lang = "en";
    tracks = [new FakeTrack("captions", "zh"), new FakeTrack("captions", "en"), new FakeTrack("chapters", "zh")];
    list = Object.assign(new EventTarget(), { *[Symbol.iterator]() { yield* tracks; } });
    video = Object.assign(new EventTarget(), { textTracks: list }) as unknown as HTMLVideoElement;
    around = document.createElement("div");
    preferences = { ...PREFERENCES, captions: true, captionLanguages: ["en", "zh"] };
    shows = [];
    listeners = new AbortController();
    const onChoice = (changes: Partial<Preferences>): void => {
      Object.assign(preferences, changes);
      captions.apply();
    };
    captions = new Captions(video, { around, preferences, onChoice, onShow: (areShown) => { shows.push(areShown); } }, listeners.signal);
  });
  afterEach(() => { listeners.abort(); });

  const modes = (): string[] => tracks.map(({ mode }) => mode);
  const lines = (): string[] => [...around.querySelectorAll("p")].map((line) => `${line.lang} ${line.textContent}`);

  it("stand one above the other, each in its language, and leave chapters alone", () => {
    tracks[0]?.say("你好");
    tracks[1]?.say("Hello");
    expect(lines()).toEqual(["en Hello", "zh 你好"]);
    expect([modes(), around.className, shows]).toEqual([["showing", "showing", "disabled"], "captions-two", [true]]);
  });

  it("go at once when they are turned off", () => {
    tracks[1]?.say("Hello");
    Object.assign(preferences, { captions: false });
    captions.apply();
    expect([lines(), modes(), shows]).toEqual([[], ["disabled", "disabled", "disabled"], [true, false]]);
  });

  it("are not chosen by the browser while a lesson loads, only by whoever changes them once it plays", () => {
    const browserTurnsOff = (): void => {
      for (const track of tracks) if (track.language === "zh") track.mode = "disabled";
      list.dispatchEvent(new Event("change"));
    };
    browserTurnsOff();
    expect(modes()).toEqual(["showing", "showing", "disabled"]);
    video.dispatchEvent(new Event("playing"));
    browserTurnsOff();
    expect([modes(), preferences.captionLanguages]).toEqual([["disabled", "showing", "disabled"], ["en"]]);
  });

  it("are not chosen by the browser either when a lesson gets another track", () => {
    Object.assign(preferences, { captions: false });
    captions.apply();
    video.dispatchEvent(new Event("playing"));
    list.dispatchEvent(new Event("addtrack"));
    for (const track of tracks) if (track.language === "zh" && track.kind === "captions") track.mode = "showing";
    list.dispatchEvent(new Event("change"));
    expect([modes()[0], preferences.captions]).toEqual(["disabled", false]);
  });

  it("are the browser's own where it takes the picture out of the page", () => {
    tracks[1]?.say("Hello");
    video.dispatchEvent(new Event("webkitbeginfullscreen"));
    expect([lines(), around.classList.contains("captions-elsewhere")]).toEqual([[], true]);
    video.dispatchEvent(new Event("webkitendfullscreen"));
    expect(lines()).toEqual(["en Hello"]);
  });
});
