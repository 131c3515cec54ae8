import { afterEach, beforeEach, expect, it, vi } from "vitest";
import "../../src/studio/guide";

const MINE = "mine <b>";
let sent: { method: string; path: string; condition: string | null }[];
let answers: Record<string, Response[]>;

const json = (status: number, body: object): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const saved = (version: number, markdown = MINE): Response => json(200, { markdown, version, html: "", questions: [] });
const late = (): Response => json(412, { title: "This has changed", status: 412, detail: "late" });

function field(name: string): HTMLInputElement {
  const found = document.querySelector<HTMLInputElement>(`[name=${name}]`);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

async function save(): Promise<void> {
  const before = sent.length;
  document.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await vi.waitFor(() => { expect(sent.length).toBeGreaterThan(before); });
  await vi.waitFor(() => { expect(document.body.textContent).not.toContain("Saving."); });
}

beforeEach(() => {
  sent = [];
  answers = { PUT: [], GET: [] };
  vi.stubGlobal("fetch", (path: string, { method, headers }: { method: string; headers: Record<string, string> }) => {
    if (path.endsWith("/preview")) return Promise.resolve(json(200, { html: "" }));
    sent.push({ method, path, condition: headers["If-Match"] ?? null });
    return Promise.resolve(answers[method]?.shift() ?? json(500, { title: "", status: 500, detail: "unexpected" }));
  });
  const guide = document.createElement("edu-guide");
  guide.setAttribute("video-id", "v1");
  guide.innerHTML = `<form><input type="text" name="version" value="3" hidden>
    <div class="field"><textarea name="markdown">before</textarea></div><button>Save</button></form>`;
  document.body.append(guide);
  field("markdown").value = MINE;
});

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

it("saves upon the version that was read, and goes on from the new one", async () => {
  answers["PUT"] = [saved(4), saved(5)];
  await save();
  await save();
  expect(sent.map(({ method, condition }) => [method, condition])).toEqual([["PUT", '"3"'], ["PUT", '"4"']]);
  expect(document.body.textContent).toContain("Saved.");
});

it("shows what somebody else saved meanwhile, keeps what was typed, and replaces theirs when asked again", async () => {
  answers["PUT"] = [late(), saved(8)];
  answers["GET"] = [saved(7, "theirs")];
  await save();
  await vi.waitFor(() => { expect(document.querySelector("pre")?.textContent).toBe("theirs"); });
  expect(field("markdown").value).toBe(MINE);
  await save();
  expect(sent.at(-1)).toEqual({ method: "PUT", path: "/api/v1/videos/v1/study-guide", condition: '"7"' });
  expect(document.querySelector("pre")).toBeNull();
});

it("sends once what is saved twice in a moment, and keeps what is typed meanwhile", async () => {
  answers["PUT"] = [saved(4)];
  const kept = vi.fn();
  document.querySelector("edu-guide")?.addEventListener("input", kept);
  const first = save();
  document.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  field("markdown").value = `${MINE} and more`;
  await first;
  expect(sent).toHaveLength(1);
  expect(document.body.textContent).toContain("Saved.");
  expect([field("markdown").value, kept.mock.calls.length]).toEqual([`${MINE} and more`, 1]);
});

it("says that nothing was saved where their text cannot be read", async () => {
  answers["PUT"] = [late()];
  await save();
  await vi.waitFor(() => { expect(document.body.textContent).toContain("unexpected"); });
  expect([field("version").value, field("markdown").value]).toEqual(["3", MINE]);
});
