import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sentenceOf } from "../../src/upload/problems";
import type { Obstacle, Transfer } from "../../src/upload/transfer";
import { beginTus } from "../../src/upload/tus";
import { TusStandIn } from "./tus_server";

// The one of browsers: vitest would take that of Node.
vi.mock("tus-js-client", () => vi.importActual<typeof import("tus-js-client")>("../../node_modules/tus-js-client/lib.esm/browser/index.js"));

const LECTURE = "abcdefghijklmnopqrstuvwxyz0123456789"; // three parts and six bytes

/** Begin a transfer, and tell what it told. */
function watch(server: TusStandIn, file = server.file) {
  const obstacles: Obstacle[] = [];
  let transfer: Transfer | undefined;
  const ended = new Promise<string>((resolve) => {
    transfer = beginTus("http://edu/upload", file, {
      progress: () => undefined,
      waiting: (obstacle) => { obstacles.push(obstacle); },
      done: () => { resolve("done"); },
      failed: (error) => { resolve(sentenceOf(error)); },
    });
    transfer.start();
  });
  return { obstacles, ended, transfer: transfer as unknown as Transfer };
}

async function endOf(ended: Promise<string>): Promise<string> {
  await vi.runAllTimersAsync();
  return ended;
}

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("sends part after part, each with its SHA-256", async () => {
  const server = new TusStandIn(LECTURE);
  expect(await endOf(watch(server).ended)).toBe("done");
  expect(server.stored).toBe(LECTURE);
  expect(server.patches).toEqual(["0+10", "10+10", "20+10", "30+6"]);
});

it("goes on where the server is, and from there by whole parts", async () => {
  const server = new TusStandIn(LECTURE);
  server.stored = LECTURE.slice(0, 13);
  expect(await endOf(watch(server).ended)).toBe("done");
  expect(server.stored).toBe(LECTURE);
  expect(server.patches).toEqual(["13+7", "20+10", "30+6"]);
});

it("stops at a pause and goes on after it", async () => {
  const server = new TusStandIn(LECTURE);
  const { ended, transfer } = watch(server);
  transfer.pause();
  await vi.runAllTimersAsync();
  expect(server.patches).toEqual([]);
  transfer.start();
  expect(await endOf(ended)).toBe("done");
});

describe("faults", () => {
  it.each([
    [0, "network"],
    [423, "busy"],
    [409, "busy"],
    [503, "server"],
    [507, "full"],
  ])("%i is waited out, for hours: %s", async (status, obstacle) => {
    const server = new TusStandIn(LECTURE);
    server.faults.push(...new Array<number>(500).fill(status));
    const { ended, obstacles } = watch(server);
    expect(await endOf(ended)).toBe("done");
    expect(new Set(obstacles)).toEqual(new Set([obstacle]));
    expect(server.stored).toBe(LECTURE);
  });

  it.each([[410, "cancelled or has expired"], [413, "larger than"], [401, "signed out"], [400, "stopped"]])("%i ends with what to do", async (status, words) => {
    const server = new TusStandIn(LECTURE);
    server.faults.push(status);
    expect(await endOf(watch(server).ended)).toContain(words);
    expect(server.patches).toHaveLength(1);
  });

  it("have a damaged part sent again, three times at most", async () => {
    const server = new TusStandIn(LECTURE);
    server.damages = 2;
    expect(await endOf(watch(server).ended)).toBe("done");
    expect(server.patches.filter((patch) => patch === "0+10")).toHaveLength(3);
    const bad = new TusStandIn(LECTURE);
    bad.damages = 99;
    expect(await endOf(watch(bad).ended)).toContain("damaged");
    expect(bad.patches).toHaveLength(3);
  });

  it("of a file that is changed meanwhile end with a sentence", async () => {
    const server = new TusStandIn(LECTURE);
    const { file } = server;
    const { ended } = watch(server, file);
    Object.defineProperty(file, "lastModified", { value: file.lastModified + 1 });
    expect(await endOf(ended)).toContain("was changed");
    expect(server.patches).toEqual([]);
  });
});
