import { afterEach, beforeEach, expect, it, vi } from "vitest";
import "../../src/shell/offline";
import { visit } from "../../src/shell/visited";

const reload = vi.fn();

function comesBack(person: string): void {
  if (person) document.body.dataset["person"] = person;
  else delete document.body.dataset["person"];
  dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
}

beforeEach(() => {
  localStorage.clear();
  reload.mockClear();
  vi.spyOn(location, "reload").mockImplementation(reload);
});

afterEach(() => { vi.restoreAllMocks(); });

it("a page that the browser has kept is loaded anew when its person has left since", () => {
  visit("ada");
  comesBack("ada");
  expect(reload).not.toHaveBeenCalled();
  visit("");
  comesBack("ada");
  expect(reload).toHaveBeenCalledOnce();
});

it("it stays where it is not known who was here", () => {
  comesBack("ada");
  expect(reload).not.toHaveBeenCalled();
});
