import { expect, it } from "vitest";
import { type Source, waysOf } from "../../src/upload/sources";

function source(id: string, state: Source["upload"]["state"]): Source {
  return {
    video: { id, title: `Lesson ${id}`, state: "draft" },
    upload: { id: `u${id}`, protocol: "tus", url: `/api/v1/uploads/u${id}`, state, filename: "a.mp4", created_at: "2026-11-28T00:00:00Z" },
  };
}

const told = (sources: Source[]) => waysOf(sources).map((way) => (way.kind === "send" ? "send" : `${way.kind} ${way.source.video.id}`));

it("proposes what sends least, of the newest, and leaves the choice", () => {
  expect(told([])).toEqual(["send"]);
  expect(told([source("1", "completed"), source("2", "completed")])).toEqual(["reuse 1", "send"]);
  expect(told([source("1", "completed"), source("2", "started"), source("3", "started")])).toEqual(["resume 2", "reuse 1", "send"]);
  expect(told([source("1", "aborted")])).toEqual(["send"]);
});
