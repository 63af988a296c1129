import { issueLoginToken } from '../people/sessions.ts';
import { type Output, printOne, withDb } from './parts.ts';

export const run = (output: Output): Promise<void> =>
  withDb(async (db, config) => {
    const url = `${config.publicUrl}/enter?t=${await issueLoginToken(db, 'admin', Date.now())}`;
    printOne({ url }, `${url}\nworks once, within ten minutes`, output);
  });
