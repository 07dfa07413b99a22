/** The panel as somebody has it before them: a browser of their own, the form to sign in, and the rooms. */
import { expect } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from './browser.ts';
import { openShell, type Shell } from './citrus.ts';
import { startSystem, type StartOptions, type System } from './system.ts';

/** Of somebody's own: cookies are not shared. Waiting for animations would test nothing; an error in the page fails the test. */
export const newBrowser = async (browser: Browser): Promise<Page> => {
  const page = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage();
  page.on('pageerror', (error) => { throw error; });
  page.setDefaultTimeout(40_000);
  return page;
};

/** Fills the form that is there and sends it; what comes then is for the caller to wait for. */
export const signIn = async (page: Page, { email, password }: { readonly email: string; readonly password: string }): Promise<void> => {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
};

export const rooms = (page: Page) => page.getByRole('navigation', { name: 'Rooms' });

/** The second half of a step of an app on a phone may be over before the code is typed. */
export const inTimeForACode = (also: () => boolean = () => true): Promise<unknown> => expect.poll(() => also() && Date.now() % 30_000 < 20_000, { timeout: 45_000 }).toBe(true);

export type Office = { readonly system: System; readonly shell: Shell; readonly browser: Browser; readonly owner: Page; close(): Promise<void> };

/** A system of its own, a shell, and the owner signed in, with the rooms before them. */
export const openOffice = async (options: StartOptions): Promise<Office> => {
  const system = await startSystem(options);
  const shell = openShell(system.home);
  let browser: Browser | undefined;
  const close = async () => {
    shell.dispose();
    await system.dispose().finally(() => browser?.close());
  };
  try {
    browser = await openBrowser();
    const owner = await newBrowser(browser);
    await owner.goto(system.url);
    await signIn(owner, system.credentials);
    await rooms(owner).waitFor();
    return { system, shell, browser, owner, close };
  } catch (error) {
    await close();
    throw error;
  }
};
