/** What every page showed when a test failed: a machine of CI is gone before anybody can look. */
import { afterEach } from 'vitest';
import { openBrowsers } from './browser.ts';

const MOST_CHARACTERS = 6000;

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const pages = [...openBrowsers].flatMap((browser) => browser.contexts()).flatMap((context) => context.pages());
  for (const page of pages) {
    const shown = await page.locator('body').innerText({ timeout: 5000 }).catch(String);
    process.stdout.write(`── "${task.name}" failed; ${page.url()} shows:\n${shown.slice(0, MOST_CHARACTERS)}\n`);
  }
});
