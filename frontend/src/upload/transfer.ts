/** What a way of sending a file tells the element that shows it, and what the element may ask of it. */

/**
 * Why nothing is sent at this moment: nobody can be reached; only the server or its store does not do its part; its disk
 * is full; the same upload is being sent from elsewhere.
 */
export type Obstacle = "network" | "server" | "full" | "busy";

export interface TransferListener {
  /** Bytes that are there or on their way; may go back when something was lost. */
  progress(sentBytes: number): void;
  /** Nothing is sent for now; the transfer goes on by itself. */
  waiting(obstacle: Obstacle): void;
  done(): void;
  /** It has stopped for good, or until somebody starts it again. */
  failed(error: unknown): void;
}

export interface Transfer {
  /** Begin, or go on with what the server does not have yet. */
  start(): void;
  /** Stop sending; nothing is lost that the server has confirmed. */
  pause(): void;
}

export type BeginTransfer = (url: string, file: File, listener: TransferListener) => Transfer;
