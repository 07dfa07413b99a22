/** A real headless Chromium: the system's, else the one that comes from npm with our own arguments. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import bundled from '@sparticuz/chromium';
import { chromium, type Browser, type LaunchOptions } from 'playwright-core';

const SYSTEM_BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// The package's own arguments switch web security off; these don't. They keep the browser from calling home.
const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-features=OptimizationHints,MediaRouter',
];

/** The package brings NSS and expat for machines that lack them, but unpacks them in its maker's cloud only. */
const unpackLibraries = (): string => {
  const dir = join(tmpdir(), 'citrus-chromium-libraries');
  if (existsSync(join(dir, 'lib'))) return join(dir, 'lib');
  mkdirSync(dir, { recursive: true });
  const archive = fileURLToPath(new URL('../bin/al2023.tar.br', import.meta.resolve('@sparticuz/chromium')));
  const { status, stderr } = spawnSync('tar', ['-x', '-C', dir], { input: brotliDecompressSync(readFileSync(archive)) });
  if (status !== 0) throw new Error(`the browser's libraries could not be unpacked: ${stderr.toString()}`);
  return join(dir, 'lib');
};

const bundledBrowser = async (): Promise<LaunchOptions> => ({
  executablePath: await bundled.executablePath(),
  env: { ...process.env, LD_LIBRARY_PATH: unpackLibraries(), FONTCONFIG_PATH: join(tmpdir(), 'fonts') },
});

const AGAINST_POLICY = /content security policy|trusted ?type/i;

/** Those of this test file. */
export const openBrowsers = new Set<Browser>();

/** Closing it fails when a page in it did what the panel's content policy forbids. */
export const openBrowser = async (): Promise<Browser> => {
  const system = SYSTEM_BROWSERS.find((path) => existsSync(path));
  const browser = await chromium.launch({ ...(system ? { executablePath: system } : await bundledBrowser()), headless: true, args: ARGUMENTS });
  const forbidden: string[] = [];
  browser.on('context', (context) => context.on('console', (message) => { if (AGAINST_POLICY.test(message.text())) forbidden.push(message.text()); }));
  const close = browser.close.bind(browser);
  openBrowsers.add(browser);
  browser.close = async () => {
    openBrowsers.delete(browser);
    await close();
    if (forbidden.length > 0) throw new Error(`the content policy had to forbid: ${forbidden.join('\n')}`);
  };
  return browser;
};
