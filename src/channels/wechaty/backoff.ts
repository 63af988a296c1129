/** How long to wait before attempt number `attempt` + 1, ms: doubling, with jitter, between a floor and a ceiling. */
export interface Backoff {
  readonly first: number;
  readonly longest: number;
}

/** `random` in [0, 1) spreads the wait over half to the whole of it, so that many clients don't come back at once. */
export function backoffDelay({ first, longest }: Backoff, attempt: number, random: number): number {
  const whole = Math.min(longest, first * 2 ** Math.min(30, Math.max(0, attempt - 1)));
  return Math.round(whole * (0.5 + random / 2));
}
