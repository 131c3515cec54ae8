import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isListed } from "../../src/embed/origins";

const OWN = "https://edu.example";

describe("which origins a list of sites means", () => {
  it("holds every site while it is empty, but none without a name", () => {
    for (const origin of ["https://school.example", "http://localhost:8000"]) expect(isListed(origin, [], OWN)).toBe(true);
    for (const origin of ["null", "", "file://", "about:blank", "https://", "https://school.example/", "data:text/html,x"]) {
      expect(isListed(origin, [], OWN)).toBe(false);
    }
  });

  it.each([
    ["https://school.example", "school.example", true],
    ["https://school.example", "https://school.example", true],
    ["https://school.example", "http://school.example", true], // http:// means both
    ["http://school.example", "http://school.example", true],
    ["http://school.example", "school.example", false], // we are served by https
    ["http://school.example", "https://school.example", false],
    ["https://a.school.example", "*.school.example", true],
    ["https://a.b.school.example", "*.school.example", true],
    ["https://school.example", "*.school.example", false],
    ["https://evilschool.example", "*.school.example", false],
    ["https://evilschool.example", "school.example", false],
    ["https://school.example.evil", "school.example", false],
    ["https://school.example:8443", "school.example", false],
    ["https://school.example:8443", "school.example:8443", true],
    ["https://school.example", "school.example:443", true],
    ["https://school.example", "http://school.example:80", true],
    ["https://other.example", "school.example", false],
    [OWN, "school.example", true],
  ])("%s by %s: %s", (origin, source, expected) => {
    expect(isListed(origin, [source], OWN)).toBe(expected);
  });

  it("lets http in without a scheme where we are served by http", () => {
    expect(isListed("http://localhost:9000", ["localhost:9000"], "http://127.0.0.1:8000")).toBe(true);
    expect(isListed("http://localhost:9000", ["localhost:9001"], "http://127.0.0.1:8000")).toBe(false);
  });

  it("never lets in what is not on the list, whatever the origin and the list hold", () => {
    fc.assert(fc.property(fc.string(), fc.array(fc.string(), { minLength: 1 }), (origin, sources) => {
      expect(isListed(origin, sources, OWN) && !sources.some((source) => origin.includes(source.replace(/^.*(?:\/\/|\*\.)/, "").replace(/:\d+$/, "")))).toBe(false);
    }));
  });
});
