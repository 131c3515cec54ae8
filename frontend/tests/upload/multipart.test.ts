import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { beginMultipart } from "../../src/upload/multipart";
import type { Obstacle, Transfer, TransferListener } from "../../src/upload/transfer";
import { StandIn } from "./store";

const LECTURE = Array.from({ length: 97 }, (_, index) => String.fromCharCode(97 + (index % 26))).join(""); // ten parts

/** Begin a transfer, and tell what it told. */
function watch(store: StandIn, file = store.file) {
  const obstacles: Obstacle[] = [];
  const sent: number[] = [];
  let transfer: Transfer | undefined;
  const ended = new Promise<string>((resolve) => {
    const listener: TransferListener = {
      progress: (bytes) => { sent.push(bytes); },
      waiting: (obstacle) => { obstacles.push(obstacle); },
      done: () => { resolve("done"); },
      failed: (error) => { resolve((error as Error).message); },
    };
    transfer = beginMultipart("/upload", file, listener);
    transfer.start();
  });
  return { obstacles, sent, ended, transfer: transfer as unknown as Transfer };
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

describe("a transfer in parts", () => {
  it("sends every part once, four at a time, and completes", async () => {
    const store = new StandIn(LECTURE);
    const { ended, sent, obstacles } = watch(store);
    expect(await endOf(ended)).toBe("done");
    expect(store.stored).toBe(LECTURE);
    expect(store.puts.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(store.mostAtOnce).toBe(4);
    expect(store.isHashed).toBe(true);
    expect(store.signed.flat().toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]); // each when its hash is known
    expect(sent.at(-1)).toBe(LECTURE.length);
    expect(obstacles).toEqual([]);
  });

  it("goes on with what the store has", async () => {
    const store = new StandIn(LECTURE);
    store.parts.set(2, LECTURE.slice(10, 20)).set(10, LECTURE.slice(90)).set(3, "short");
    const { ended, sent } = watch(store);
    expect(await endOf(ended)).toBe("done");
    expect(store.puts.toSorted((a, b) => a - b)).toEqual([1, 3, 4, 5, 6, 7, 8, 9]);
    expect(sent[0]).toBe(17);
  });

  it("needs no file where only the end is missing", async () => {
    const store = new StandIn("0123456789");
    store.parts.set(1, "0123456789");
    const { ended } = watch(store, new File([], "lecture.mp4"));
    expect(await endOf(ended)).toBe("done");
    expect(store.puts).toEqual([]);
  });

  it("sends no byte of another file", async () => {
    const store = new StandIn(LECTURE);
    const { ended } = watch(store, new File(["other"], "lecture.mp4"));
    expect(await endOf(ended)).toContain("another file");
    expect(store.puts).toEqual([]);
  });

  it("asks the server for the ETags that the store hides", async () => {
    const store = new StandIn(LECTURE);
    store.exposesEtag = false;
    expect(await endOf(watch(store).ended)).toBe("done");
  });

  it("waits while the store puts the file together", async () => {
    const store = new StandIn(LECTURE);
    store.completingRounds = 3;
    expect(await endOf(watch(store).ended)).toBe("done");
    expect(store.asked.filter((line) => line === "POST /complete")).toHaveLength(4);
  });

  it("tells that it is complete already", async () => {
    const store = new StandIn(LECTURE);
    store.state = "completed";
    expect(await endOf(watch(store).ended)).toBe("done");
    expect(store.asked).toEqual(["GET "]);
  });
});

describe("damage", () => {
  it("is noticed by the store and sent again, three times at most", async () => {
    const store = new StandIn(LECTURE);
    store.damages.set(4, 2);
    expect(await endOf(watch(store).ended)).toBe("done");
    expect(store.stored).toBe(LECTURE);
    expect(store.puts.filter((number) => number === 4)).toHaveLength(3);
    const bad = new StandIn(LECTURE);
    bad.damages.set(4, 9);
    expect(await endOf(watch(bad).ended)).toContain("damaged");
    expect(bad.puts.filter((number) => number === 4)).toHaveLength(3);
  });

  it("of the file itself ends with a sentence, and no byte of the other content is sent", async () => {
    const store = new StandIn(LECTURE);
    const { file } = store;
    const { ended } = watch(store, file);
    Object.defineProperty(file, "lastModified", { value: file.lastModified + 1 });
    expect(await endOf(ended)).toContain("was changed");
    expect(store.puts).toEqual([]);
  });

  it.each([["parts that are there", true], ["nothing sent yet", false]])("is not looked for where a program began without hashes, %s", async (_case, hasParts) => {
    const store = new StandIn(LECTURE);
    store.isHashed = false;
    if (hasParts) store.parts.set(2, LECTURE.slice(10, 20));
    expect(await endOf(watch(store).ended)).toBe("done");
    expect(store.stored).toBe(LECTURE);
  });
});

describe("several files at once", () => {
  it("share the lines to the store", async () => {
    const store = new StandIn(LECTURE);
    const other = new StandIn(LECTURE); // answers both: what counts is how many go at once
    const ends = [watch(store, other.file), watch(other)].map(({ ended }) => ended);
    await vi.runAllTimersAsync();
    expect(await Promise.all(ends)).toEqual(["done", "done"]);
    expect(other.mostAtOnce).toBe(4);
  });
});

describe("faults", () => {
  it("have a torn part sent again, by a new URL", async () => {
    const store = new StandIn(LECTURE);
    store.faults.set(3, [0, 503, 0]);
    expect(await endOf(watch(store).ended)).toBe("done");
    expect(store.puts.filter((number) => number === 3)).toHaveLength(4);
    expect(store.signed.filter((numbers) => numbers.includes(3))).toHaveLength(4);
  });

  it("are waited out without end while there is no network", async () => {
    const store = new StandIn("0123456789");
    store.apiFaults.push(...new Array<number>(50).fill(0));
    const { ended, obstacles } = watch(store);
    expect(await endOf(ended)).toBe("done");
    expect(new Set(obstacles)).toEqual(new Set(["network"]));
  });

  it("are the server's where it answers that it is away, and the store's where only that is silent", async () => {
    const away = new StandIn("0123456789");
    away.apiFaults.push(503);
    const one = watch(away);
    expect(await endOf(one.ended)).toBe("done");
    expect(one.obstacles).toEqual(["server"]);
    const silent = new StandIn("0123456789");
    silent.faults.set(1, [0, 0, 0, 0]);
    const other = watch(silent);
    expect(await endOf(other.ended)).toBe("done");
    expect(other.obstacles).toEqual(["network", "network", "network", "server"]);
  });

  it("have a URL that has expired signed anew, but not for ever", async () => {
    const store = new StandIn(LECTURE);
    store.faults.set(1, [403, 403]);
    expect(await endOf(watch(store).ended)).toBe("done");
    const refusing = new StandIn(LECTURE);
    refusing.faults.set(4, [403, 403, 403]);
    expect(await endOf(watch(refusing).ended)).toContain("refuses");
  });

  it("begin anew where the store has lost the transfer", async () => {
    const store = new StandIn(LECTURE);
    store.faults.set(5, [404]);
    expect(await endOf(watch(store).ended)).toBe("done");
    expect(store.asked.filter((line) => line === "GET ")).toHaveLength(2);
  });

  it("end with the server's own words where trying again cannot help", async () => {
    const store = new StandIn(LECTURE);
    store.apiFaults.push(404);
    expect(await endOf(watch(store).ended)).toBe("refused with 404");
  });
});

describe("people", () => {
  it("pause and go on", async () => {
    const store = new StandIn(LECTURE);
    const { ended, transfer } = watch(store);
    await vi.advanceTimersByTimeAsync(1);
    transfer.pause();
    await vi.runAllTimersAsync();
    expect(store.state).toBe("started");
    expect(store.stored.length).toBeLessThan(LECTURE.length);
    transfer.start();
    expect(await endOf(ended)).toBe("done");
    expect(store.stored).toBe(LECTURE);
  });

  it("are not kept waiting when the network is back", async () => {
    const store = new StandIn("0123456789");
    store.apiFaults.push(0, 0, 0, 0, 0, 0);
    const { ended } = watch(store);
    for (let tries = 0; tries < 6; tries++) {
      await vi.advanceTimersByTimeAsync(1);
      dispatchEvent(new Event("online"));
    }
    await vi.advanceTimersByTimeAsync(10);
    expect(await ended).toBe("done");
  });
});
