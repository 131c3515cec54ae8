/** What the protocol's refusals mean for people: what passes by itself, and what to do about the rest. */
import { type Problem, ProblemError } from "../api/client";
import { t } from "../i18n";
import type { Obstacle } from "./transfer";

const SIGNED_OUT = 401;
const REQUEST_TIMEOUT = 408;
const CONFLICT = 409;
export const GONE = 410;
export const TOO_LARGE = 413;
const LOCKED = 423;
const TOO_MANY = 429;
const CHECKSUM_MISMATCH = 460;
const DISK_FULL = 507;

/** Return what an HTTP status (0: no answer) says stands in the way for now; undefined where waiting does not help. */
export function obstacleOf(status: number): Obstacle | undefined {
  if (status === 0) return "network";
  if (status === LOCKED) return "busy";
  if (status === DISK_FULL) return "full";
  return status >= 500 || status === TOO_MANY || status === REQUEST_TIMEOUT ? "server" : undefined;
}

/** Return the same of an error: fetch throws TypeError without a network. */
export function obstacleOfError(error: unknown): Obstacle | undefined {
  if (error instanceof ProblemError) return obstacleOf(error.problem.status);
  return error instanceof TypeError ? "network" : undefined;
}

/** Return a sentence that says what to do about an error. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ProblemError) return sentenceOfProblem(error.problem);
  if (error instanceof TypeError) return t("The network is away. What was sent is kept.");
  return error instanceof Error ? error.message : stopped();
}

function sentenceOfProblem({ status, detail, type = "" }: Problem): string {
  if (status === SIGNED_OUT) return t("You are signed out. Sign in in another window, then go on here.");
  if (status === CONFLICT && type.endsWith("/upload-completed")) return t("This recording is complete already; there is nothing more to send.");
  if (status === GONE) return gone();
  if (status === TOO_LARGE && !type.endsWith("/quota-exceeded")) return t("This file is larger than was announced or than is allowed. Cancel this upload and choose another file.");
  if (status === CHECKSUM_MISMATCH) return damaged();
  return detail || stopped(); // the server's own words, in the reader's language
}

/** Nothing can be added to the upload any more. */
export class GoneError extends Error {}

export function isGone(error: unknown): boolean {
  return error instanceof GoneError || (error instanceof ProblemError && error.problem.status === GONE);
}

export function gone(): string {
  return t("This upload was cancelled or has expired. Its lesson is still there and can get a new recording.");
}

/** What is said after the same part came damaged several times. */
export function damaged(): string {
  return t("A part of this file arrives damaged again and again. Try another network or browser; what was sent is kept.");
}

export function stopped(): string {
  return t("The upload stopped. What was sent is kept; go on when you like.");
}
