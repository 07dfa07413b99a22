/**
 * The bare limit of a ping: nats.js alone, with no program of ours. `respond`: connections that verify what they are
 * asked and answer. `ask`: asks all of them at once, with bytes of their own each, signed for it alone, as often as a
 * line comes on stdin, and writes how long that took.
 *
 *   node bench/dist/fleet/bare.js respond <key file> <fleet.jsonl> <from> <count>
 *   node bench/dist/fleet/bare.js ask <key file> <fleet.jsonl> <nats url> <credentials file> <inbox prefix> <wait ms>
 */
import { createPrivateKey, createPublicKey, randomUUID, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { keyFromSeed } from '@citrus/kit-crypto';
import { wsconnect } from '@nats-io/nats-core';
import { connect, credsAuthenticator } from '@nats-io/transport-node';

type Line = { readonly nkeySeed: string; readonly welcome: { readonly agentId: string; readonly natsJwt: string; readonly natsUrls: string[] } };
type Ping = { readonly keyId: string; readonly command: string; readonly signature: string };

const CONNECTING_AT_ONCE = 20;
const TRIES = 10;
const SENT_AT_ONCE = 32;
const bytesToSign = (command: string): Buffer => Buffer.from(`citrus-command-v1\n${command}`);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const fleetIn = (file: string): Line[] => readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line) as Line);

const respond = async (keyFile: string, file: string, from: number, count: number): Promise<void> => {
  const key = createPublicKey(readFileSync(keyFile, 'utf8'));
  const left = fleetIn(file).slice(from, from + count);
  const open = async ({ nkeySeed, welcome: { agentId, natsJwt, natsUrls } }: Line): Promise<void> => {
    const user = keyFromSeed(nkeySeed);
    const nats = await wsconnect({
      servers: natsUrls, name: agentId, inboxPrefix: `agent.${agentId}.inbox`, reconnect: false, pingInterval: 60_000,
      authenticator: (nonce) => ({ jwt: natsJwt, nkey: user.getPublicKey(), sig: Buffer.from(user.sign(Buffer.from(nonce ?? ''))).toString('base64url') }),
    });
    nats.subscribe(`agent.${agentId}.cmd`, {
      callback: (_, message) => {
        const { command, signature } = message.json<Ping>();
        const isGood = verify(null, bytesToSign(command), key, Buffer.from(signature, 'base64url'));
        message.respond(JSON.stringify({ outcome: isGood ? 'accepted' : 'refused' }));
      },
    });
    await nats.flush();
  };
  /** On a busy machine the broker may find somebody too slow. */
  const openAtLast = async (line: Line): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await open(line);
      } catch (error) {
        if (tries >= TRIES) throw error;
      }
    }
  };
  const worker = async () => {
    for (let next = left.pop(); next; next = left.pop()) await openAtLast(next);
  };
  await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, worker));
  say({ connected: count });
};

const ask = async ([keyFile = '', file = '', url = '', credsFile = '', inboxPrefix = '', wait = '']: readonly string[]): Promise<void> => {
  const privateKey = createPrivateKey(readFileSync(keyFile, 'utf8'));
  const nats = await connect({ servers: url, authenticator: credsAuthenticator(readFileSync(credsFile)), inboxPrefix });
  const agents = fleetIn(file).map(({ welcome }) => welcome.agentId);
  say({ connected: agents.length });
  for await (const _ of createInterface({ input: process.stdin })) {
    let answered = 0;
    const startedAt = performance.now();
    const underWay: Promise<void>[] = [];
    for (let from = 0; from < agents.length; from += SENT_AT_ONCE) {
      for (const agentId of agents.slice(from, from + SENT_AT_ONCE)) {
        const now = Date.now();
        const command = JSON.stringify({ agentId, commandId: randomUUID(), expiresAt: new Date(now + 60_000).toISOString(), notBefore: new Date(now).toISOString(), type: 'ping' });
        const body = JSON.stringify({ keyId: '0123456789abcdef', command, signature: sign(null, bytesToSign(command), privateKey).toString('base64url') });
        underWay.push(nats.request(`agent.${agentId}.cmd`, body, { timeout: Number(wait) }).then((answer) => void (answered += answer.json<{ outcome: string }>().outcome === 'accepted' ? 1 : 0), () => undefined));
      }
      await nextTurn();
    }
    await Promise.all(underWay);
    say({ answered, ms: performance.now() - startedAt });
  }
  await nats.close();
};

const [role, ...given] = process.argv.slice(2);
if (role === 'respond') await respond(given[0] ?? '', given[1] ?? '', Number(given[2]), Number(given[3]));
else await ask(given);
