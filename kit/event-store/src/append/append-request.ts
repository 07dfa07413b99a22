/** Checks and encodes an append before it queues, so that a bad one is refused at once and alone. */
import { Token } from '@citrus/contracts';
import { ContractViolation } from '@citrus/kit-domain';
import type { AppendContext, ExpectedVersion, NewEvent, StreamAppend } from '../event-store.port.ts';
import type { Upcaster } from '../version/event-versions.ts';
import { newId } from '../uuid.ts';

export const LARGEST_EVENT_BYTES = 256 * 1024;
const LARGEST_VERSION = 2 ** 31 - 1;
const STREAM = /^[A-Za-z0-9_]+-[A-Za-z0-9_-]+$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

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

const check = (isTrue: boolean, message: string): void => {
  if (!isTrue) throw new ContractViolation(message);
};

/** The server that an event of another aggregate concerns, by the one payload name that contracts give it. */
const aboutOf = ({ serverId }: Readonly<Record<string, unknown>>): string | null => (typeof serverId === 'string' && Token.safeParse(serverId).success ? serverId : null);

const encodeEvent = (event: NewEvent, { stream, meta, versions }: { stream: string; meta: string; versions: Versions }): EncodedEvent => {
  check(Token.safeParse(event.type).success, `${stream}: an event's type is one NATS token, not ${JSON.stringify(event.type).slice(0, 80)}`);
  const data = JSON.stringify(event.data);
  const bytes = Buffer.byteLength(data) + Buffer.byteLength(meta);
  check(bytes <= LARGEST_EVENT_BYTES, `${stream}: ${event.type} takes ${bytes} bytes; an event may take ${LARGEST_EVENT_BYTES}`);
  const id = event.id ?? newId();
  check(UUID.test(id), `${stream}: an event's id is a uuid, not ${JSON.stringify(id).slice(0, 80)}`);
  const version = versions.versionToWrite(event);
  check(Number.isInteger(version) && version > 0 && version <= LARGEST_VERSION, `${stream}: a version of ${event.type} is a whole number from 1, not ${version}`);
  return { id, type: event.type, version, data, about: aboutOf(event.data) };
};

/** @throws ContractViolation when the append can never be taken */
export const encodeAppend = ({ stream, expected, archives = false, events, projectId: ownProjectId }: StreamAppend, context: AppendContext, versions: Versions): EncodedAppend => {
  check(Token.safeParse(stream).success && STREAM.test(stream), `a stream is named <aggregate>-<id> and is one NATS token, not ${JSON.stringify(stream).slice(0, 80)}`);
  check(typeof expected === 'string' || (Number.isSafeInteger(expected) && expected >= 0), `${stream}: an expected version is a whole number from 0, not ${expected}`);
  check(UUID.test(context.commandId), `${stream}: a command id is a uuid, not ${JSON.stringify(context.commandId).slice(0, 80)}`);
  check(events.length > 0, `${stream}: an append holds at least one event`);
  const { commandId, actor, correlationId, causationId, traceparent } = context;
  const projectId = ownProjectId ?? context.projectId;
  check(projectId === undefined || UUID.test(projectId), `${stream}: a project id is a uuid`);
  const meta = JSON.stringify({ commandId, actor, projectId, correlationId, causationId, traceparent });
  const encoded = events.map((event) => encodeEvent(event, { stream, meta, versions }));
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
