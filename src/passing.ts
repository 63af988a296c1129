/**
 * The places at which a crash leaves the most behind. The parts call the hook as they pass; the fault tests
 * give one that kills the process there, everybody else gives none.
 */
export type PassedPoint =
  /** A message is committed, its channel has not been told. */
  | 'inbox-committed'
  /** A message is understood and recorded in a transaction that is not committed. */
  | 'before-handled'
  /** Recorded and committed with the reply that is owed; the reply has no job yet. */
  | 'handled'
  /** An occurrence and its deliveries are committed and have no jobs yet. */
  | 'planned'
  /** Rows are marked `queued` and have no jobs yet. */
  | 'before-enqueue'
  | 'enqueued'
  | 'before-claim'
  /** Claimed and committed, nothing said. */
  | 'after-claim'
  /** The channel has answered, nothing of it is written down. */
  | 'after-send'
  /** The outcome is committed. */
  | 'after-settle'
  /** Our own message came back and was written down. */
  | 'after-echo';

export type Passing = (point: PassedPoint) => void | Promise<void>;

export const passOn: Passing = () => undefined;
