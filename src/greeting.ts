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

/** `lines` are for standard error, since the links in them are keys; `warnings` for the log. */
export function greeting({ config, url, lessons, isNew, adminToken }: Greeting): {
  lines: string[];
  warnings: string[];
} {
  const isReal = config.channels.some(({ kind }) => kind !== 'sandbox');
  const isAstray = leadsNowhere(config.publicUrl) && (isReal || !isLocalOnly(config));
  const lines = [`微课 is running at ${url}/`];
  if (config.channels.some(({ kind }) => kind === 'sandbox')) lines.push(sandboxLine());
  if (adminToken !== undefined)
    lines.push(
      `First admin, once, within ten minutes: ${isAstray ? url : config.publicUrl}/enter?t=${adminToken}`,
    );
  const warnings: string[] = [];
  if (lessons === 0)
    warnings.push(`there is no lesson in ${config.lessonsDir}: put Markdown files there, or set LESSONS_DIR`);
  if (isAstray)
    warnings.push(
      `links with ${config.publicUrl} open on this machine only: set PUBLIC_URL to the address by which others reach it`,
    );
  return { lines, warnings };

  function sandboxLine(): string {
    const lesson = isNew && lessons > 0 ? ' (a lesson arrives within a minute)' : '';
    if (isLocalOnly(config)) return `Try it in the sandbox: ${url}/sandbox${lesson}`;
    return config.sandboxToken === undefined
      ? 'The sandbox is open to who has logged in: set SANDBOX_TOKEN to open it to others, too'
      : `Try it in the sandbox: ${url}/sandbox?token=… with your SANDBOX_TOKEN${lesson}`;
  }
}
