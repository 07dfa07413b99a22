/** What somebody hostile has: the protocol of NATS byte by byte, and a client that tells what it was refused. For tests. */
import { createConnection } from 'node:net';
import { eventually } from '@citrus/kit-testing';
import type { NatsConnection, Status } from '@nats-io/nats-core';
import { PermissionViolationError } from '@nats-io/nats-core';
import type { KeyPair } from '@nats-io/nkeys';
import { expect } from 'vitest';

export type Raw = {
  readonly nonce: string;
  /** Everything that the server has sent. */
  said(): string;
  send(text: string): void;
  /** The CONNECT of a client that has this JWT and key, with whatever else it likes to say. */
  signIn(jwt: string | undefined, key: KeyPair, more?: Record<string, unknown>): void;
  isClosed(): boolean;
  close(): void;
};

/** A TCP connection to the broker that speaks for itself. */
export const rawClient = async (port: number): Promise<Raw> => {
  const socket = createConnection(port, '127.0.0.1');
  let said = '';
  let isClosed = false;
  socket.on('data', (data) => {
    said += data.toString();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
  });
  const info = await eventually(() => /^INFO (.*)\r\n/.exec(said)?.[1] ?? Promise.reject(new Error('the broker does not greet')));
  const { nonce } = JSON.parse(info) as { nonce: string };
  const send = (text: string) => void socket.write(text);
  return {
    nonce, send,
    said: () => said,
    signIn: (jwt, key, more = {}) => send(`CONNECT ${JSON.stringify({ verbose: false, pedantic: false, lang: 'raw', version: '1', protocol: 1, headers: true, ...(jwt && { jwt }), sig: Buffer.from(key.sign(Buffer.from(nonce))).toString('base64url'), ...more })}\r\nPING\r\n`),
    isClosed: () => isClosed,
    close: () => void socket.destroy(),
  };
};

/** What the server says no to on this connection, as `publish <subject>` and `subscription <subject>`. */
const refusalsOf = (nc: NatsConnection): string[] => {
  const refusals: string[] = [];
  const note = (status: Status) => {
    if (status.type === 'error' && status.error instanceof PermissionViolationError) refusals.push(`${status.error.operation} ${status.error.subject}`);
  };
  void (async () => {
    for await (const status of nc.status()) note(status);
  })();
  return refusals;
};

/** Each of these is refused by the broker, one by one. */
export const expectRefused = async (nc: NatsConnection, wanted: { publish?: readonly string[]; subscribe?: readonly string[]; queue?: string }): Promise<void> => {
  const refusals = refusalsOf(nc);
  for (const subject of wanted.publish ?? []) nc.publish(subject, '{}');
  for (const subject of wanted.subscribe ?? []) nc.subscribe(subject, { callback: () => undefined, ...(wanted.queue && { queue: wanted.queue }) });
  await nc.flush();
  const expected = [...(wanted.publish ?? []).map((subject) => `publish ${subject}`), ...(wanted.subscribe ?? []).map((subject) => `subscription ${subject}`)];
  await eventually(() => expect(refusals.toSorted()).toEqual(expected.toSorted()));
};

/** Whether a subject without wildcards is one of these patterns. */
export const isAmong = (patterns: readonly string[], subject: string): boolean => patterns.some((pattern) => {
  const [wanted, tokens] = [pattern.split('.'), subject.split('.')];
  return wanted.every((token, index) => tokens[index] !== undefined && (token === '>' || token === '*' || token === tokens[index])) && (wanted.at(-1) === '>' || wanted.length === tokens.length);
});
/** A subject that the pattern allows. */
export const sampleOf = (pattern: string): string => pattern.replaceAll('{{name()}}', 'agent-some1').split('.').map((token) => (token === '*' ? 'agent-some1' : token === '>' ? 'some.thing' : token)).join('.');
