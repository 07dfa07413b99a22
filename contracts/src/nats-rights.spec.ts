/** The rights on NATS say what the streams and the calls say about themselves: nobody reaches more, nothing declared is out of reach. */
import { describe, expect, test } from 'vitest';
import * as contracts from './index.ts';
import { AGENT_RIGHTS, SERVICE_RIGHTS, STEWARD_RIGHTS, type NatsRights } from './nats-rights.ts';
import type { RequestDefinition } from './request.ts';
import { ServiceName } from './services.ts';
import { STREAMS } from './streams.ts';

/** Whether some subject is matched by both. */
const overlap = (one: string, other: string): boolean => {
  const [a, b] = [one.split('.'), other.split('.')];
  for (let n = 0; n < Math.max(a.length, b.length); n += 1) {
    if (a[n] === '>' || b[n] === '>') return a[n] !== undefined && b[n] !== undefined;
    if (a[n] === undefined || b[n] === undefined) return false;
    if (a[n] !== b[n] && a[n] !== '*' && b[n] !== '*') return false;
  }
  return true;
};
/** Whether every subject of `inner` is one of `outer`. */
const covers = (outer: string, inner: string): boolean => {
  const [a, b] = [outer.split('.'), inner.split('.')];
  for (let n = 0; n < a.length; n += 1) {
    if (a[n] === '>') return b.length > n;
    if (b[n] === undefined || b[n] === '>' || (a[n] !== '*' && a[n] !== b[n])) return false;
  }
  return a.length === b.length;
};
const reaches = (allowed: readonly string[], subject: string): boolean => allowed.some((pattern) => overlap(pattern, subject));
const isAllowed = (allowed: readonly string[], subject: string): boolean => allowed.some((pattern) => covers(pattern, subject));

const agent: NatsRights = { publish: AGENT_RIGHTS.publish.map((subject) => subject.replace('{{name()}}', 'agent-one')), subscribe: AGENT_RIGHTS.subscribe };
const PROGRAMS = { ...SERVICE_RIGHTS, agent };
const READING = ['CONSUMER.CREATE', 'CONSUMER.DURABLE.CREATE', 'CONSUMER.MSG.NEXT', 'DIRECT.GET', 'STREAM.MSG.GET'];
const CHANGING = ['STREAM.CREATE', 'STREAM.UPDATE', 'STREAM.DELETE', 'STREAM.PURGE', 'STREAM.MSG.DELETE', 'STREAM.RESTORE', 'STREAM.SNAPSHOT'];
const who = (may: (rights: NatsRights) => boolean): string[] => Object.entries(PROGRAMS).filter(([, rights]) => may(rights)).map(([name]) => name).toSorted();

describe.each(STREAMS)('the stream $name', ({ name, subjects, writers, readers }) => {
  test('is written by whom it says', () => expect(who(({ publish }) => subjects.some((subject) => reaches(publish, subject)))).toEqual([...writers].toSorted()));
  test('is read by whom it says', () => expect(who(({ publish }) => READING.some((verb) => reaches(publish, `$JS.API.${verb}.${name}`) || reaches(publish, `$JS.API.${verb}.${name}.>`)))).toEqual([...readers].toSorted()));
  test('is made and changed by none of them', () => expect(who(({ publish }) => CHANGING.some((verb) => reaches(publish, `$JS.API.${verb}.${name}`)))).toEqual([]));
});

test('T307. each service writes to the audit in its own name alone', () => {
  for (const service of ServiceName.options) expect(who(({ publish }) => reaches(publish, `audit.${service}`)), service).toEqual([service]);
  expect(STEWARD_RIGHTS.publish.some((pattern) => overlap(pattern, 'audit.>'))).toBe(false);
});

const isDefinition = (value: unknown): value is RequestDefinition => typeof value === 'object' && value !== null && 'subject' in value && 'access' in value && 'input' in value;
/** Those made for each service are made here. */
const definitions = Object.entries(contracts).flatMap(([name, value]): [string, RequestDefinition][] => (isDefinition(value) ? [[name, value]] : []));
const ownerOf = ({ subject }: RequestDefinition): string => subject.split('.')[1] ?? '';

test('there are definitions to look at', () => expect(definitions.length).toBeGreaterThan(20));

describe.each(definitions)('%s', (_name, definition) => {
  const { subject, access } = definition;
  if (access.by === 'agent') {
    test('is asked by agents and by no service', () => {
      expect(reaches(agent.publish, subject)).toBe(true);
      expect(who(({ publish }) => reaches(publish, subject))).toEqual(['agent']);
    });
    return;
  }
  test('is answered by its service', () => expect(isAllowed(SERVICE_RIGHTS[ServiceName.parse(ownerOf(definition))].subscribe, subject)).toBe(true));
  test('is out of reach for agents', () => expect(reaches(agent.publish, subject)).toBe(false));
  if (access.by === 'service') test('is asked by the services it names, and by no other', () => expect(who(({ publish }) => reaches(publish, subject))).toEqual([...access.services].toSorted()));
  else test('is asked by the hub, for people', () => expect(isAllowed(SERVICE_RIGHTS.hub.publish, subject)).toBe(true));
});
