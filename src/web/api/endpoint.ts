/** What an endpoint of `/api/v1` is: its address, what it takes and gives as schemas, and what it does. */
import type { z } from 'zod';

import type { Desk } from '../console/parts.ts';

/** One call: who asks and when, beside what all pages work with. */
export type Call = Desk;

export type Method = 'get' | 'post' | 'delete';

type Shape = z.ZodObject | undefined;
type Read<S extends Shape> = S extends z.ZodObject ? z.output<S> : undefined;

interface Description<P extends Shape, Q extends Shape, B extends Shape, R extends z.ZodType> {
  readonly method: Method;
  /** With its parameters in braces: `/groups/{key}`. */
  readonly path: string;
  /** Its name in the document, and in what is made from it. */
  readonly id: string;
  readonly summary: string;
  /** What a key needs. */
  readonly needs: 'read' | 'write';
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly result: R;
  /** The status of success, 200 when it is left out. */
  readonly status?: 200 | 201;
  readonly run: (
    call: Call,
    given: { readonly params: Read<P>; readonly query: Read<Q>; readonly body: Read<B> },
  ) => Promise<z.input<R>>;
}

/** As the router sees it: what was read has been checked against the schemas before `run` gets it. */
export interface Endpoint extends Omit<Description<Shape, Shape, Shape, z.ZodType>, 'run'> {
  readonly run: (
    call: Call,
    given: { readonly params: never; readonly query: never; readonly body: never },
  ) => Promise<unknown>;
}

export const endpoint = <
  R extends z.ZodType,
  P extends Shape = undefined,
  Q extends Shape = undefined,
  B extends Shape = undefined,
>(
  described: Description<P, Q, B, R>,
): Endpoint => described;
