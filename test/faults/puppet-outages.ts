/** Drops and freezes the gRPC server of a puppet, under load: inbound messages and sends. */
import type { Outcome } from './crash.ts';
import { type Outage, runOutages } from './outages.ts';
import { openPuppet, type PuppetChat } from './puppet-client.ts';

interface PuppetOptions {
  readonly seed: number;
  /** How long it is away each time, in real time, ms. */
  readonly dropped: readonly number[];
  readonly frozen: readonly number[];
}

const PEOPLE = 200;
/** Slower than elsewhere: what counts as a hang must outlast a loaded machine. */
const FACTOR = 10;

export async function troublePuppet({ seed, dropped, frozen }: PuppetOptions): Promise<Outcome> {
  let chat: PuppetChat | undefined;
  const isAway: Outage['shows'] = ({ parts }) => parts.channels.some(({ state }) => state !== 'online');
  const outages = [
    ...dropped.map((lasts): Outage => ({
      name: `the puppet's server dropped for ${lasts} ms`,
      begin: async () => await chat?.drop(),
      end: async () => await chat?.comeBack(),
      lasts,
      ...(lasts > 0 ? { shows: isAway } : {}),
      // Messages that were offered and whose words went with the server.
      errors: true,
    })),
    ...frozen.map((lasts): Outage => ({
      name: `the puppet's server frozen for ${lasts} ms`,
      begin: () => chat?.freeze(true),
      end: () => chat?.freeze(false),
      lasts,
      shows: isAway,
    })),
  ];
  return await runOutages(
    {
      dialect: 'sqlite',
      seed,
      factor: FACTOR,
      openChat: async (folder, speed) => {
        chat = await openPuppet(folder, speed, PEOPLE);
        return chat;
      },
    },
    outages,
  );
}
