/** The system's Chromium, through playwright-core. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { type Browser, chromium, type Page } from 'playwright-core';

/** Shorter than a test may take, ms: what fails is a named wait, not the test as a whole. */
const LONGEST_WAIT = 30_000;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where it is, or `undefined` when there is none. */
export const findChromium = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((file) => existsSync(file));

export async function openChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('no Chromium in PATH: apt-get install chromium');
  const args = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-sync',
    '--disable-component-update',
  ];
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  const browser = await chromium.launch({ executablePath, args });
  browser.on('context', (context) => context.setDefaultTimeout(LONGEST_WAIT));
  return browser;
}

/** Notes what no page of ours may do: fail, hold people up with a dialog, be refused by its own policy. */
export function watch(page: Page, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('dialog', (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/Content Security Policy|Refused/i.test(message.text())) faults.push(message.text());
  });
}
