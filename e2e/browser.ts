/** A real headless Chromium: the system's, else the one that comes from npm with our own arguments. */
import { existsSync } from 'node:fs';
import bundled from '@sparticuz/chromium';
import { chromium, type Browser } from 'playwright-core';

const SYSTEM_BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// Its default arguments switch web security off; these don't. The rest keeps it from calling home.
const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-features=OptimizationHints,MediaRouter',
];

export const openBrowser = async (): Promise<Browser> => {
  const executablePath = SYSTEM_BROWSERS.find((path) => existsSync(path)) ?? (await bundled.executablePath());
  return chromium.launch({ executablePath, headless: true, args: ARGUMENTS });
};
