/** What a page has to be for everybody: whole on a phone, in large type and in the dark, pressable by a thumb, readable by a machine. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { Page } from 'playwright-core';

export interface Look {
  readonly viewport: { width: number; height: number };
  readonly colorScheme?: 'light' | 'dark';
  readonly isLarge?: boolean;
}

export const PHONE: Look['viewport'] = { width: 360, height: 720 };
export const DESKTOP: Look['viewport'] = { width: 1280, height: 800 };

export const LOOKS: Readonly<Record<string, Look>> = {
  phone: { viewport: PHONE },
  desktop: { viewport: DESKTOP },
  'phone in the dark, in large type': { viewport: PHONE, colorScheme: 'dark', isLarge: true },
};

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const PRESSED =
  'main button:visible, main .button:visible, main select:visible, main input:visible:not([type=checkbox], [type=radio], [type=file]), main summary:visible, nav a:visible';

/** What is on a page is the same in each look; how it looks is not. */
const rulesFor = (look: Look) =>
  look === LOOKS.phone ? {} : { runOnly: ['color-contrast', 'target-size', 'link-in-text-block'] };

/** Every fault of the page as it stands; none is as it should be. */
export async function findFaults(page: Page, look: Look): Promise<string[]> {
  const over = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  const small = await page
    .locator(PRESSED)
    .evaluateAll((all) =>
      all
        .filter((one) => one.getBoundingClientRect().height < 43.5 && one.getAttribute('tabindex') !== '-1')
        .map((one) => one.outerHTML.slice(0, 120)),
    );
  const options = { resultTypes: ['violations'], ...rulesFor(look) };
  // Our policy of what a page may load forbids a script tag: it is run from outside.
  const found = await page.evaluate<{ id: string; impact: string | null; nodes: { html: string }[] }[]>(
    `${AXE};axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations)`,
  );
  const serious = found.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return [
    ...(over === 0 ? [] : [`wider than the screen by ${over}`]),
    ...small.map((one) => `too small to press: ${one}`),
    ...serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 100)).join(' | ')}`),
  ];
}
