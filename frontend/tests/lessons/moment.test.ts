import { expect, test } from "vitest";
import { localMinute, utcMinute, utcMoment } from "../../src/lessons/moment";

function shown(value: string): { form: HTMLFormElement; input: HTMLInputElement; label: string } {
  const parsed = document.createElement("template");
  parsed.innerHTML = `<form><edu-moment><label for="at">Time (UTC)</label>
    <input id="at" type="datetime-local" name="at" value="${value}"></edu-moment></form>`;
  document.body.replaceChildren(document.importNode(parsed.content, true)); // parsed before it is upgraded, as in pages
  const form = document.querySelector("form");
  const input = document.querySelector("input");
  if (!form || !input) throw new Error("no form");
  return { form, input, label: document.querySelector("label")?.textContent ?? "" };
}

test("a time is shown by the reader's clock with its zone, and sent in UTC", () => {
  const { form, input, label } = shown("2027-06-01T12:30");
  expect(input.value).toBe("2027-06-01T20:30");
  expect(label).toContain("China");
  const sent = new FormData();
  sent.set("at", input.value);
  form.dispatchEvent(Object.assign(new Event("formdata"), { formData: sent }));
  expect(sent.get("at")).toBe("2027-06-01T12:30");
});

test("what a browser has kept for whoever comes back is by their clock already", () => {
  const parsed = document.createElement("template");
  parsed.innerHTML = `<form><edu-moment><label for="at">Time (UTC)</label><input id="at" type="datetime-local" name="at" value="2027-06-01T12:30"></edu-moment></form>`;
  const page = document.importNode(parsed.content, true);
  const input = page.querySelector("input");
  if (input) input.value = "2027-07-01T18:00";
  document.body.replaceChildren(page);
  expect(document.querySelector("input")?.value).toBe("2027-07-01T18:00");
});

test("nothing chosen is nothing sent", () => {
  const { form, input } = shown("");
  expect(input.value).toBe("");
  const sent = new FormData();
  sent.set("at", "");
  form.dispatchEvent(Object.assign(new Event("formdata"), { formData: sent }));
  expect(sent.get("at")).toBe("");
});

test("minutes come and go unchanged", () => {
  const moment = utcMoment("2027-12-31T23:59");
  expect(utcMinute(moment)).toBe("2027-12-31T23:59");
  expect(localMinute(moment)).toBe("2028-01-01T07:59");
  expect(new Date(localMinute(moment)).getTime()).toBe(moment.getTime());
});
