/**
 * Takes pictures of the pages at 360 and 1280 px into `shots/`, light and dark, and the README's picture into
 * `docs/`. It starts a server of its own in an empty folder and plays a class in it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { Page } from 'playwright-core';

import { openChromium } from '../test/support/chromium.ts';

const PORT = 8_199;
const SIZES = { phone: { width: 360, height: 720 }, desktop: { width: 1280, height: 800 } } as const;

const data = mkdtempSync(join(tmpdir(), 'weike-shots-'));
const server = spawn(process.execPath, ['src/main.ts'], {
  env: { ...process.env, DATA_DIR: data, PORT: String(PORT), LOG_LEVEL: 'error' },
  stdio: ['ignore', 'inherit', 'pipe'],
});
for await (const line of createInterface({ input: server.stderr })) if (line.includes('running at')) break;
server.stderr.resume();

const browser = await openChromium();
mkdirSync('shots', { recursive: true });
mkdirSync('docs', { recursive: true });
const url = `http://127.0.0.1:${PORT}`;

async function say(page: Page, words: string) {
  await page.fill('#text', words);
  await page.press('#text', 'Enter');
  await page.getByText(words, { exact: true }).last().waitFor();
}

try {
  const class1 = await browser.newPage({ viewport: SIZES.desktop });
  await class1.goto(`${url}/sandbox?room=huacha&as=huacha-01`);
  await class1.locator('.message').first().waitFor({ timeout: 60_000 });
  await say(class1, '1B 2C 3错');
  await class1.goto(`${url}/sandbox?room=huacha&as=huacha-02`);
  await say(class1, '打卡 回去就换罐子');
  await class1.getByText('已打卡').waitFor({ timeout: 60_000 });
  await class1.close();

  for (const scheme of ['light', 'dark'] as const)
    for (const [name, viewport] of Object.entries(SIZES)) {
      const page = await browser.newPage({ viewport, colorScheme: scheme });
      for (const [shot, path] of [
        ['home', '/'],
        ['lesson', '/l/cunchu-huacha'],
        ['sandbox', '/sandbox?room=huacha&as=huacha-02'],
      ] as const) {
        await page.goto(url + path);
        await page.waitForLoadState('load');
        if (shot === 'sandbox') await page.locator('.message.mine').first().waitFor();
        await page.screenshot({ path: `shots/${shot}-${name}-${scheme}.png`, fullPage: shot !== 'sandbox' });
        if (shot === 'sandbox' && name === 'desktop' && scheme === 'light')
          await page.screenshot({ path: 'docs/sandbox.png' });
      }
      await page.close();
    }
} finally {
  await browser.close();
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(data, { recursive: true, force: true });
}
