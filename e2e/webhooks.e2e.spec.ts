/**
 * The promise of webhooks: an admin makes one in the panel, its secret is shown once, a test and a real event arrive signed at
 * a receiver outside, and what failed is seen and sent again. And an address of the inside is refused with words.
 */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seriousFaultsOf } from './accessibility.ts';
import { openOffice, type Office } from './panel.ts';

const SLOW = { timeout: 60_000 };

type Received = { readonly type: string; readonly isSigned: boolean };

let office: Office;
let server: Server;
let url: string;
let secret = '';
let isDown = false;
const received: Received[] = [];

const isSigned = (headers: Record<string, unknown>, text: string): boolean => {
  const expected = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64')).update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`).digest('base64');
  return String(headers['webhook-signature']).split(' ').includes(`v1,${expected}`);
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      received.push({ type: (JSON.parse(text) as { type: string }).type, isSigned: isSigned(request.headers, text) });
      response.writeHead(isDown ? 500 : 200).end(isDown ? 'out of <b>order</b>' : 'thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  office = await openOffice({ driver: 'none', env: { CITRUS_OUTBOUND_ALLOW: '127.0.0.1', CITRUS_OUTBOUND_ALLOW_HTTP: 'true' } });
});
afterAll(async () => {
  await office?.close();
  server?.closeAllConnections();
  server?.close();
});

test('a webhook is made, tested, failed, sent again, and carries what happens', async () => {
  const { owner, shell, system } = office;
  const dialog = owner.getByRole('dialog');
  await owner.goto(`${system.url}/webhooks`);
  await owner.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor(SLOW);
  await owner.getByRole('button', { name: 'Add a webhook' }).click();
  await dialog.getByLabel('Address').fill('http://169.254.169.254/latest');
  await dialog.getByLabel('Description').fill('chat');
  await dialog.getByLabel('Only these').check();
  await dialog.getByLabel('Event type').fill('Webhook*');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.getByRole('button', { name: 'Remove Webhook*' }).waitFor();
  expect(await seriousFaultsOf(owner), 'the dialog').toEqual([]);
  await dialog.getByRole('button', { name: 'Add a webhook' }).click();
  await dialog.getByText('is of a network that is not public').first().waitFor(SLOW);
  await dialog.getByLabel('Address').fill(url);
  await dialog.getByRole('button', { name: 'Add a webhook' }).click();
  secret = await dialog.getByLabel('Secret').inputValue();
  expect(secret).toMatch(/^whsec_/);
  await dialog.getByRole('button', { name: 'Done' }).click();

  isDown = true;
  await owner.getByRole('button', { name: 'Send a test to chat' }).click();
  await owner.getByText('The receiver answered 500').waitFor(SLOW);
  await owner.getByText('Answer and body').first().click();
  await owner.getByText('out of <b>order</b>').waitFor(SLOW);
  expect(await seriousFaultsOf(owner), 'a delivery that was given up').toEqual([]);
  isDown = false;
  await owner.getByRole('button', { name: 'Send again: ping' }).click();
  await owner.getByText('Delivered', { exact: true }).waitFor(SLOW);
  // On a slow line the button has its new words while the list is read once more: what is pressed then is done.
  await owner.route(/\/api\/webhooks\?/, async (route) => {
    await setTimeout(500);
    await route.continue();
  });
  await owner.getByRole('button', { name: 'Pause chat' }).click();
  await owner.getByRole('button', { name: 'Resume chat' }).click();
  await expect.poll(() => received.filter(({ type }) => type === 'WebhookResumed').length, SLOW).toBe(1);
  expect(received.filter((one) => !one.isSigned)).toEqual([]);

  const listed = JSON.parse((await shell.run('citrus webhooks --json')).out) as { items: { url: string; status: string }[] };
  expect(listed.items).toMatchObject([{ url, status: 'active' }]);
  expect((await shell.run('citrus webhooks ping chat')).out).toContain('The test arrived: 200');
  await owner.getByRole('button', { name: 'Delete chat' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await owner.getByText('No webhooks yet').waitFor(SLOW);
});
