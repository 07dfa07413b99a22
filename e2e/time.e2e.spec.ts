/**
 * The promise of the past and of the keyboard: a server and the fleet are seen as they were, at any event, by keys, by
 * mouse and by a link; what happened is found and explained; and every room is reached and used without a pointer.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFaultsOf } from './accessibility.ts';
import { Client, type ServerView } from './client.ts';
import { openOffice, type Office } from './panel.ts';

type Event = { type: string; stream: string; position: number; at: string; id: string };

const SLOW = { timeout: 30_000 };
let office: Office;
let page: Page;
let client: Client;
let [web, gone]: ServerView[] = [];
let events: Event[];

const eventOf = (type: string, server: ServerView | undefined): Event => {
  const found = events.find((event) => event.type === type && event.stream === `server-${server?.id}`);
  if (!found) throw new Error(`there is no ${type}`);
  return found;
};
const slider = () => page.getByRole('slider', { name: 'Moment' });
const moment = () => new URL(page.url()).searchParams.get('at');
const asOf = () => page.getByRole('status').filter({ hasText: /As of|how it is now/ });
const goTo = async (path: string): Promise<void> => {
  await page.goto(`${office.system.url}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
};

beforeAll(async () => {
  office = await openOffice({ driver: 'process' });
  page = office.owner;
  client = await new Client(office.system.credentials).signIn();
  const made = [await client.createServer('web-1'), await client.createServer('web-2')];
  [web, gone] = await Promise.all(made.map(({ id }) => client.serverIs(id, 'active')));
  await client.insist('DELETE', `/api/servers/${gone?.id}`);
  await client.serverIs(gone?.id ?? '', 'deleted');
  events = (await client.history()) as unknown as Event[];
});
afterAll(() => office?.close());

describe('the time slider of a server', () => {
  test('goes from event to event by keys, says where it is, and the way back leads back', async () => {
    await goTo(`/servers/${web?.id}/history`);
    await slider().waitFor();
    await asOf().filter({ hasText: 'This is how it is now.' }).waitFor();
    expect(await slider().getAttribute('aria-valuetext')).toMatch(/^Now, after \d+ events$/);
    await slider().focus();
    await page.keyboard.press('Home');
    await asOf().filter({ hasText: /^As of/ }).waitFor();
    const first = moment();
    expect(first).toBe(eventOf('ServerRequested', web).at);
    await page.getByRole('main').getByText('Creating', { exact: true }).first().waitFor();
    await page.getByRole('row', { name: /State changed Creating Active/ }).waitFor();
    await page.getByRole('row', { name: /Address new nothing 127\./ }).waitFor();
    await page.keyboard.press('ArrowRight');
    await expect.poll(moment).not.toBe(first);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(moment).toBe(first);
    expect(await seriousFaultsOf(page)).toEqual([]);
    // However many events were gone through, now is one step back.
    await page.goBack();
    await expect.poll(moment).toBeNull();
    await asOf().filter({ hasText: 'This is how it is now.' }).waitFor();
    await page.goForward();
    await expect.poll(moment).toBe(first);
    await slider().focus();
    await page.keyboard.press('PageUp');
    await expect.poll(() => slider().inputValue()).toBe(String(Math.min(10, Number(await slider().getAttribute('max')))));
    await page.keyboard.press('End');
    await expect.poll(moment).toBeNull();
  });

  test('is dragged by mouse, and a button leads back to now', async () => {
    const box = await slider().boundingBox();
    if (!box) throw new Error('there is no slider');
    await page.mouse.move(box.x + box.width - 5, box.y + box.height / 2);
    await page.mouse.down();
    for (const part of [0.8, 0.6, 0.5]) await page.mouse.move(box.x + box.width * part, box.y + box.height / 2);
    await page.mouse.up();
    await expect.poll(moment).not.toBeNull();
    await page.getByRole('button', { name: 'Back to now' }).click();
    await expect.poll(moment).toBeNull();
  });

  test('is where a link says, by instant or by place, and asks nobody for what is no moment', async () => {
    const accepted = eventOf('DropletAccepted', web);
    for (const at of [accepted.at, `provisioning:${accepted.position}`]) {
      await goTo(`/servers/${web?.id}/history?at=${at}`);
      await page.getByRole('row', { name: /State changed Provisioning Active/ }).waitFor();
      expect(await slider().getAttribute('aria-valuetext')).toMatch(/accepted/);
    }
    await goTo(`/servers/${web?.id}/history?at=<img src=x>`);
    await page.getByRole('alert').filter({ hasText: '“<img src=x>” is no moment' }).waitFor();
    await goTo(`/servers/${crypto.randomUUID()}/history`);
    await page.getByText('No such server').waitFor();
  });
});

describe('the fleet as it was', () => {
  test('has the servers that are gone, and says what is different now', async () => {
    const both = [eventOf('ServerActivated', web).at, eventOf('ServerActivated', gone).at].toSorted().at(-1);
    await goTo(`/events/fleet?at=${both}`);
    await page.getByRole('row', { name: /web-2 Active .*deleted since/ }).waitFor();
    await page.getByRole('row', { name: /web-1 Active/ }).waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await slider().focus();
    await page.keyboard.press('Home');
    await page.getByRole('region', { name: /come since/ }).getByRole('link', { name: /^web-/ }).first().waitFor();
    await page.keyboard.press('End');
    await expect.poll(() => page.getByRole('row', { name: /web-2/ }).count()).toBe(0);
    await page.goto(`${office.system.url}/servers/${gone?.id}/history`);
    await page.getByText('Deleted', { exact: true }).first().waitFor();
  });

  test('of another project is nobody’s to see', async () => {
    for (const path of ['history/state?of=server', `history/state?of=server&id=${web?.id}`, 'history/diff?of=server&from=provisioning:0', 'events?text=web', 'history/export?service=auth']) {
      const status = await page.evaluate(async (address) => (await fetch(address)).status, `/api/${path}&projectId=${crypto.randomUUID()}`);
      expect([path, status]).toEqual([path, 403]);
    }
  });
});

describe('the timeline', () => {
  test('is searched on the server, narrowed, and explains an event that has an address', async () => {
    await goTo('/events');
    await page.keyboard.press('/');
    await page.keyboard.type('web-2 deletionrequested');
    await expect.poll(() => page.url(), SLOW).toContain('text=web-2+deletionrequested');
    await expect.poll(() => page.locator('.fact').count(), SLOW).toBe(1);
    await page.locator('.fact-permalink').click();
    await page.getByRole('heading', { level: 1, name: /web-2 is to be deleted/ }).waitFor();
    await page.getByText('Begun by Administrator').waitFor();
    await page.getByRole('link', { name: /web-2 was deleted/ }).first().waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await page.getByRole('link', { name: 'See how it was then' }).click();
    await expect.poll(moment).toBe(eventOf('DeletionRequested', gone).at);
    await goTo(`/events?kind=access`);
    await page.locator('.fact').first().waitFor();
    expect(await page.locator('.fact').filter({ hasText: 'web-1' }).count()).toBe(0);
    await goTo(`/events/${crypto.randomUUID()}`);
    await page.getByRole('heading', { level: 1, name: 'No such event' }).waitFor();
  });

  test('keeps what is new for later while somebody reads further down', async () => {
    await page.setViewportSize({ width: 1280, height: 420 });
    await goTo('/events');
    await page.locator('.fact').nth(10).waitFor();
    await page.evaluate(() => scrollTo(0, 600));
    const [before, top] = [await page.locator('.fact').count(), await page.evaluate(() => scrollY)];
    await client.createServer('web-3');
    await page.getByRole('button', { name: /^\d+ new$/ }).waitFor(SLOW);
    expect([await page.locator('.fact').count(), await page.evaluate(() => scrollY)]).toEqual([before, top]);
    await page.getByRole('button', { name: /^\d+ new$/ }).click();
    await expect.poll(() => page.locator('.fact').count()).toBeGreaterThan(before);
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await page.setViewportSize({ width: 1280, height: 860 });
  });
});

describe('the palette', () => {
  const field = () => page.getByRole('combobox', { name: 'Find and do' });

  test('finds by name, leads there, and gives the focus back', async () => {
    await goTo('/people');
    const opener = page.getByRole('button', { name: 'Find and do' });
    await opener.focus();
    await page.keyboard.press('Control+k');
    await field().waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect.poll(() => opener.evaluate((button) => button === document.activeElement)).toBe(true);
    await opener.click();
    await field().fill('web-1');
    await page.getByRole('option', { name: /^Server web-1/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    expect(await page.getByRole('option', { selected: true }).textContent()).toContain('web-1');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'web-1' }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    await page.keyboard.press('Control+k');
    await field().fill('as it was');
    await page.getByRole('option', { name: /See web-1 as it was/ }).click();
    await slider().waitFor();
  });

  test('offers what a person may do, and nothing is left of it after', async () => {
    await page.keyboard.press('Control+k');
    await field().fill('colours dark');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
    await page.keyboard.press('Control+k');
    await field().fill('ping');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('status').filter({ hasText: /of \d+ agents answered/ }).waitFor(SLOW);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });
});

describe('by keyboard alone', () => {
  const ROOMS = [['s', 'Servers'], ['u', 'Groups'], ['b', 'Bundles'], ['j', 'Jobs'], ['r', 'Runs'], ['e', 'Events'], ['p', 'People'], ['c', 'Clouds'], ['w', 'Webhooks'], ['a', 'Audit'], ['i', 'Administration'], ['m', 'Your account']] as const;

  test('every room is reached, at phone width and in the dark, without a serious fault or a sideways scroll', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    for (const [key, title] of ROOMS) {
      await page.keyboard.type(`g${key}`);
      await page.getByRole('heading', { level: 1, name: new RegExp(`^${title}`) }).waitFor();
      await expect.poll(() => page.locator('.loading').count(), SLOW).toBe(0);
      expect(await seriousFaultsOf(page), title).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), title).toBeLessThanOrEqual(0);
    }
    const menu = page.getByRole('button', { name: /Rooms/ });
    await menu.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'Servers' }).waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect.poll(() => menu.getAttribute('aria-expanded')).toBe('false');
    await page.setViewportSize({ width: 1280, height: 860 });
  });

  test('rows are gone through and opened, and a field takes its letters for itself', async () => {
    await page.keyboard.type('gs');
    await page.getByRole('heading', { level: 1, name: 'Servers' }).waitFor();
    await page.getByRole('row', { name: /web-1/ }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('g jk?');
    expect(await page.getByRole('searchbox').inputValue()).toBe('g jk?');
    expect([new URL(page.url()).pathname, await page.getByRole('dialog').count()]).toEqual(['/servers', 0]);
    await page.keyboard.press('Escape');
    await page.getByRole('row', { name: /web-1/ }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /^web-/ }).waitFor();
  });

  test('a fault stays in its room, and can be told', async () => {
    await page.route('**/api/runs?*', (route) => route.fulfill({ json: { items: [null], nextCursor: null } }));
    await page.keyboard.type('gr');
    await page.getByRole('alert').filter({ hasText: /panel\.fault · [0-9a-f]{16}/ }).waitFor();
    await page.unroute('**/api/runs?*');
    await page.keyboard.type('gj');
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
  });

  test('all of it is turned off in the account', async () => {
    await goTo('/account');
    await page.getByRole('checkbox', { name: 'Keyboard shortcuts' }).uncheck();
    await page.evaluate(() => { if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); });
    for (const keys of ['?', 'Control+k', 'g', 's', 'j']) await page.keyboard.press(keys);
    expect([await page.getByRole('dialog').count(), new URL(page.url()).pathname]).toEqual([0, '/account']);
    await page.getByRole('button', { name: 'Find and do' }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('checkbox', { name: 'Keyboard shortcuts' }).check();
    await page.getByRole('radio', { name: 'As the system' }).check();
    await expect.poll(() => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('light dark');
  });
});
