/** Checks and encodes an append before it queues, so that a bad one is refused at once and alone. */
import { ContractViolation } from '@citrus/kit-domain';
import type { AppendContext, ExpectedVersion, NewEvent, StreamAppend } from '../event-store.port.ts';
import type { Upcaster } from '../version/event-versions.ts';
import { newId } from '../uuid.ts';

export const LARGEST_EVENT_BYTES = 256 * 1024;
const LARGEST_VERSION = 2 ** 31 - 1;
const LONGEST_NAME = 128;
/** What contracts call a `Token`; a schema that is asked several times an append costs more than the rest of it. */
export const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;
const STREAM = /^[A-Za-z0-9_]+-[A-Za-z0-9_-]+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export type EncodedEvent = { readonly id: string; readonly type: string; readonly version: number; readonly data: string; readonly about: string | null };
export type EncodedAppend = {
  readonly stream: string;
  readonly expected: number;
  readonly archives: boolean;
  readonly commandId: string;
  readonly projectId: string | null;
  readonly meta: string;
  readonly events: readonly EncodedEvent[];
  readonly bytes: number;
};

type Versions = Pick<Upcaster, 'versionToWrite'>;

const EXPECTED: Record<Exclude<ExpectedVersion, number>, number> = { none: 0, any: -1, exists: -2 };

/** The words are put together only when they are needed. */
const check = (isTrue: boolean, message: () => string): void => {
  if (!isTrue) throw new ContractViolation(message());
};

const quoted = (value: unknown): string => JSON.stringify(value ?? null).slice(0, 80);
const matches = (pattern: RegExp, value: unknown): value is string => typeof value === 'string' && pattern.test(value);

/** The server that an event of another aggregate concerns, by the one payload name that contracts give it. */
const aboutOf = ({ serverId }: Readonly<Record<string, unknown>>): string | null => (matches(TOKEN, serverId) ? serverId : null);

const encodeEvent = (event: NewEvent, { stream, metaBytes, versions }: { stream: string; metaBytes: number; versions: Versions }): EncodedEvent => {
  check(matches(TOKEN, event.type), () => `${stream}: an event's type is one NATS token, not ${quoted(event.type)}`);
  const data = JSON.stringify(event.data);
  const bytes = Buffer.byteLength(data) + metaBytes;
  check(bytes <= LARGEST_EVENT_BYTES, () => `${stream}: ${event.type} takes ${bytes} bytes; an event may take ${LARGEST_EVENT_BYTES}`);
  check(event.id === undefined || matches(UUID, event.id), () => `${stream}: an event's id is a uuid, not ${quoted(event.id)}`);
  const version = versions.versionToWrite(event);
  check(Number.isInteger(version) && version > 0 && version <= LARGEST_VERSION, () => `${stream}: a version of ${event.type} is a whole number from 1, not ${version}`);
  return { id: event.id ?? newId(), type: event.type, version, data, about: aboutOf(event.data) };
};

/** @throws ContractViolation when the append can never be taken */
export const encodeAppend = ({ stream, expected, archives = false, events, projectId: ownProjectId }: StreamAppend, context: AppendContext, versions: Versions): EncodedAppend => {
  check(matches(STREAM, stream) && stream.length <= LONGEST_NAME, () => `a stream is named <aggregate>-<id> and is one NATS token, not ${quoted(stream)}`);
  check(typeof expected === 'string' || (Number.isSafeInteger(expected) && expected >= 0), () => `${stream}: an expected version is a whole number from 0, not ${expected}`);
  check(matches(UUID, context.commandId), () => `${stream}: a command id is a uuid, not ${quoted(context.commandId)}`);
  check(events.length > 0, () => `${stream}: an append holds at least one event`);
  const { commandId, actor, correlationId, causationId, traceparent } = context;
  const projectId = ownProjectId ?? context.projectId;
  check(projectId === undefined || matches(UUID, projectId), () => `${stream}: a project id is a uuid`);
  const meta = JSON.stringify({ commandId, actor, projectId, correlationId, causationId, traceparent });
  const metaBytes = Buffer.byteLength(meta);
  const encoded = events.map((event) => encodeEvent(event, { stream, metaBytes, versions }));
  return {
    stream,
    expected: typeof expected === 'number' ? expected : EXPECTED[expected],
    archives,
    commandId,
    projectId: projectId ?? null,
    meta,
    events: encoded,
    bytes: encoded.reduce((sum, event) => sum + event.data.length + meta.length, 0),
  };
};
