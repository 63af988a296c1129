/** The gRPC server of a puppet is dropped and frozen for a while, under load. */
import { expect, it } from 'vitest';

import { troublePuppet } from './puppet-outages.ts';

it('says nothing twice and loses nothing acknowledged when the puppet’s server is dropped or frozen', async () => {
  const outcome = await troublePuppet({ seed: 51, dropped: [3_000], frozen: [8_000] });
  expect(outcome.states['lesson sent']).toBeGreaterThan(0);
}, 600_000);
