/** Recognizing a file that was sent before, and what can be done instead of sending it again. */
import { call } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";

export type Source = components["schemas"]["SameSourceOut"];

/** What is to happen with a chosen file; the first of a list is what is proposed. */
export type Way = { kind: "resume" | "reuse"; source: Source } | { kind: "send" };

export const SEND: Way = { kind: "send" };

/** Ask which uploads of mine are of a file, newest first. */
export async function sourcesOf(sizeBytes: number, fingerprint: string): Promise<Source[]> {
  const query = new URLSearchParams({ size_bytes: String(sizeBytes), fingerprint });
  return (await call<components["schemas"]["SameSourcesOut"]>("GET", `/api/v1/sources?${query.toString()}`)).items;
}

/** Return the ways of a new lesson, the one that sends least first; only "send" where the file is new. Pure. */
export function waysOf(sources: readonly Source[]): Way[] {
  const started = sources.find(({ upload }) => upload.state === "started");
  const completed = sources.find(({ upload }) => upload.state === "completed");
  return [
    ...(started ? [{ kind: "resume" as const, source: started }] : []),
    ...(completed ? [{ kind: "reuse" as const, source: completed }] : []),
    SEND,
  ];
}

/** Return the words of a way. */
export function wordsOf(way: Way): string {
  if (way.kind === "send") return t("Send the file all the same");
  const { title } = way.source.video;
  return way.kind === "resume" ? t("Go on with the upload that was begun for “{title}”", { title }) : t("Use the recording of “{title}” again, without sending it", { title });
}
