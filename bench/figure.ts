/** What a bench reports: a figure of ours beside its bare limit of the same run, and what it is meant to be. */

export interface Measured {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

export interface Figure extends Measured {
  /** The same work with nothing of ours around it, measured in the same run. */
  readonly bare?: Measured;
  /** `value / bare.value`. */
  readonly ratio?: number;
  /** In words, as it was set. */
  readonly aim?: string;
  readonly met?: boolean;
  /** What a reader has to know to trust it. */
  readonly note?: string;
}

export interface Aim {
  /** On `value`, or on `ratio` where there is a bare limit. */
  readonly of: 'value' | 'ratio';
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** A figure with its ratio and verdict worked out. */
export function figure(
  measured: Measured,
  extra: { bare?: Measured; aim?: Aim; note?: string } = {},
): Figure {
  const { bare, aim, note } = extra;
  const ratio = bare && measured.value / bare.value;
  const judged = aim && (aim.of === 'value' ? measured.value : ratio);
  return {
    ...measured,
    ...(bare ? { bare } : {}),
    ...(ratio === undefined ? {} : { ratio }),
    ...(aim ? { aim: sayAim(aim, measured.unit) } : {}),
    ...(aim && judged !== undefined
      ? { met: judged <= (aim.atMost ?? Infinity) && judged >= (aim.atLeast ?? -Infinity) }
      : {}),
    ...(note === undefined ? {} : { note }),
  };
}

function sayAim({ of, atMost, atLeast }: Aim, unit: string): string {
  const sign = atMost === undefined ? '≥' : '≤';
  return `${sign} ${atMost ?? atLeast ?? ''}${of === 'ratio' ? ' × bare' : ` ${unit}`}`;
}

export interface BenchOptions {
  /** The honest form, which takes its time; else a short one. */
  readonly full: boolean;
  /** A folder of its own, on the disk that the server would use; removed afterwards. */
  readonly folder: string;
  /** Of the big county: so many answers instead of its own number, by as many members in as many groups. */
  readonly answers?: number;
  /** Tells whoever waits what is being done. */
  readonly say: (what: string) => void;
}

export interface Bench {
  readonly name: string;
  readonly title: string;
  readonly run: (options: BenchOptions) => Promise<Figure[]>;
}

/** The value below which `share` (0 to 1) of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The middle one: what a single hiccup of the machine doesn't move. */
export const median = (values: readonly number[]): number => percentile(values, 0.5);
