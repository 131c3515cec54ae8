import { expect, it } from "vitest";
import { Turns } from "../../src/upload/turns";

const settled = () => new Promise((resolve) => setTimeout(resolve));

function asker(turns: Turns) {
  const controller = new AbortController();
  const one = { has: false, failed: false, giveBack: (): void => undefined, stop: () => { controller.abort(); } };
  turns.take(controller.signal).then((giveBack) => Object.assign(one, { has: true, giveBack }), () => { one.failed = true; });
  return one;
}

it("are had by so many at once, the others in the order they came", async () => {
  const turns = new Turns(2);
  const all = [1, 2, 3, 4].map(() => asker(turns));
  await settled();
  expect(all.map(({ has }) => has)).toEqual([true, true, false, false]);
  all[1]?.giveBack();
  all[1]?.giveBack(); // once is enough
  await settled();
  expect(all.map(({ has }) => has)).toEqual([true, true, true, false]);
});

it("are not lost where somebody stops waiting, not even in the moment the turn comes", async () => {
  const turns = new Turns(1);
  const [first, second, third, fourth] = [1, 2, 3, 4].map(() => asker(turns));
  await settled();
  second?.stop();
  first?.giveBack();
  third?.stop(); // the turn was given and not taken up yet
  await settled();
  expect([second?.failed, third?.failed, fourth?.has]).toEqual([true, true, true]);
  fourth?.giveBack();
  const late = asker(turns);
  await settled();
  expect(late.has).toBe(true);
});
