/** What the terminal says once the server runs: where to go, and what is not as somebody who goes there would expect. */
import { type Config, isLocalOnly, leadsNowhere } from './config.ts';

export interface Greeting {
  readonly config: Pick<Config, 'host' | 'publicUrl' | 'channels' | 'sandboxToken' | 'lessonsDir'>;
  /** Where the pages are on this machine, without a slash at the end. */
  readonly url: string;
  /** How many lessons there are. */
  readonly lessons: number;
  /** Whether the sandbox was filled just now, with a lesson that goes out at once. */
  readonly isNew: boolean;
  /** The token of the first admin's link, where one was issued. */
  readonly adminToken?: string;
}

/** Lines for standard error. The links in them are keys: they go to no log. */
export function greeting({ config, url, lessons, isNew, adminToken }: Greeting): string[] {
  const isReal = config.channels.some(({ kind }) => kind !== 'sandbox');
  const isNowhere = leadsNowhere(config.publicUrl) && !isLocalOnly(config);
  return [
    `微课 is running at ${url}/`,
    ...(config.channels.some(({ kind }) => kind === 'sandbox') ? [sandboxLine()] : []),
    ...(lessons === 0
      ? [`There is no lesson in ${config.lessonsDir}: put Markdown files there, or set LESSONS_DIR`]
      : []),
    ...(isNowhere || (isReal && leadsNowhere(config.publicUrl))
      ? [
          `Set PUBLIC_URL to the address by which others reach this server: ${config.publicUrl} leads nowhere from elsewhere`,
        ]
      : []),
    ...(adminToken === undefined
      ? []
      : [
          `First admin, once, within ten minutes: ${isNowhere ? url : config.publicUrl}/enter?t=${adminToken}`,
        ]),
  ];

  function sandboxLine(): string {
    const lesson = isNew && lessons > 0 ? ' (a lesson arrives within a minute)' : '';
    if (isLocalOnly(config)) return `Try it in the sandbox: ${url}/sandbox${lesson}`;
    return config.sandboxToken === undefined
      ? 'The sandbox is open to who has logged in: set SANDBOX_TOKEN to open it to others, too'
      : `Try it in the sandbox: ${url}/sandbox?token=… with your SANDBOX_TOKEN${lesson}`;
  }
}
