/** The parts of a file that is sent in parts, and how long to wait after a failure. Pure. */

/** Every part has `partSizeBytes` but the last, which has the rest; numbers begin at 1. */
export interface PartPlan {
  sizeBytes: number;
  partSizeBytes: number;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;

/** Return the bytes of a part as [begin, end). */
export function rangeOf(plan: PartPlan, number: number): [number, number] {
  const begin = (number - 1) * plan.partSizeBytes;
  return [begin, Math.min(begin + plan.partSizeBytes, plan.sizeBytes)];
}

/** Return the numbers that are not there in their full size, in order. */
export function missingParts(plan: PartPlan, arrived: readonly { number: number; size_bytes: number }[]): number[] {
  const sizes = new Map(arrived.map((part) => [part.number, part.size_bytes]));
  const numbers = Array.from({ length: Math.ceil(plan.sizeBytes / plan.partSizeBytes) }, (_, index) => index + 1);
  return numbers.filter((number) => {
    const [begin, end] = rangeOf(plan, number);
    return sizes.get(number) !== end - begin;
  });
}

/** Return how long to wait after so many failures in a row (from 1): doubling, and spread so that not all come at once. */
export function pauseMs(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20));
  return longest * (0.5 + random() / 2);
}
