/** Changes by a press: done, said on the page that one came from, undone from there where that can be. */
import type { Context } from 'hono';

import { UserError } from '../../errors.ts';
import { wordsOf } from '../words.ts';
import { say, type Undo } from './flash.ts';
import { backTo, type ConsoleSite, type Desk, deskOf, type Form, readForm } from './parts.ts';

export interface Done {
  readonly text: string;
  readonly undo?: Undo;
  /** False when it could not be done, and nothing was changed. */
  readonly done?: boolean;
  /** Where to go on; else back to where one came from. */
  readonly to?: string;
}

/**
 * Runs a change and leads to the next page. What can't be done is said there; what isn't there, or isn't theirs,
 * is answered as any address that leads nowhere.
 */
export const acts =
  (site: ConsoleSite, otherwise: string, work: (desk: Desk, form: Form, c: Context) => Promise<Done>) =>
  async (c: Context): Promise<Response> => {
    const form = await readForm(c);
    const desk = deskOf(site, c);
    const back = backTo(form.get('back'), otherwise);
    try {
      const { text, undo, done = true, to = back } = await work(desk, form, c);
      say(c, site, { text, kind: done ? 'good' : 'bad', ...(undo ? { undo } : {}) });
      if (done) await desk.poke();
      return c.redirect(to, 303);
    } catch (error) {
      if (!(error instanceof UserError) || error.name === 'NotFoundError') throw error;
      say(c, site, { text: wordsOf(error), kind: 'bad' });
      return c.redirect(back, 303);
    }
  };
