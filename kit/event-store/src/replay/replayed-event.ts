/**
 * One event of a replay, over the bytes that the database sent: nothing is decoded before somebody asks for it, because
 * most readers of a long log look at the type and go on. A class, so that a million of them share their getters. It
 * keeps alive the piece of the page that it lies in; what must live longer is copied (`envelope`, `data`).
 */
import type { Actor, EventEnvelope } from '@citrus/contracts';

/** What the log keeps beside the payload. */
export type EventMeta = { readonly commandId: string; readonly actor: Actor; readonly projectId?: string; readonly correlationId: string; readonly causationId?: string; readonly traceparent?: string };

/** In this order: what has a fixed size first, so that its place in the row is fixed too; then what most readers ask for. */
const COLUMNS = ['position', 'version', 'schema_version', 'recorded_at', 'event_id', 'type', 'stream_id', 'data', 'meta', 'project_id'];
/** What only a proof of the log needs stands behind everything else, and may be left out. */
const OF_PROOFS = ['about', 'hash'];
export const columnsOf = ({ proof }: { readonly proof: boolean }): readonly string[] => (proof ? [...COLUMNS, ...OF_PROOFS] : COLUMNS);

/** Places in a row of COPY's binary format: 2 bytes with the number of fields, then each behind 4 bytes of length. */
const POSITION = 6;
const VERSION = 18;
const SCHEMA_VERSION = 30;
const RECORDED_AT = 36;
const EVENT_ID = 48;
const TYPE = 64;

const LENGTH = 4;
/** 2000-01-01, where PostgreSQL counts its microseconds from. */
const POSTGRES_EPOCH_MICROS = 946_684_800_000_000;

const int64At = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * 4_294_967_296 + bytes.readUInt32BE(at + 4);
const uuidAt = (bytes: Buffer, at: number): string => {
  const hex = bytes.toString('hex', at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

export class ReplayedEvent {
  readonly #bytes: Buffer;
  /** Where its row begins. */
  readonly #start: number;
  #data: Readonly<Record<string, unknown>> | undefined;
  #meta: EventMeta | undefined;

  /** @param start where its row begins, all of which is there */
  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#start = start;
  }

  get position(): number {
    return int64At(this.#bytes, this.#start + POSITION);
  }

  /** Of its stream. */
  get version(): number {
    return int64At(this.#bytes, this.#start + VERSION);
  }

  get schemaVersion(): number {
    return this.#bytes.readInt16BE(this.#start + SCHEMA_VERSION);
  }

  /** Microseconds since 1970, as stored; the log itself writes whole milliseconds. */
  get recordedAtMicros(): number {
    return int64At(this.#bytes, this.#start + RECORDED_AT) + POSTGRES_EPOCH_MICROS;
  }

  get recordedAt(): Date {
    return new Date(this.recordedAtMicros / 1000);
  }

  get id(): string {
    return uuidAt(this.#bytes, this.#start + EVENT_ID);
  }

  get projectId(): string | undefined {
    const at = this.#projectAt;
    return this.#bytes.readInt32BE(at) === -1 ? undefined : uuidAt(this.#bytes, at + LENGTH);
  }

  /** The server that it concerns, as a copy beside the payload. @throws when the replay was asked for without proof */
  get about(): string | undefined {
    const at = this.#provenAt;
    return this.#bytes.readInt32BE(at) === -1 ? undefined : this.#asciiAt(at);
  }

  /** @throws when the replay was asked for without proof */
  get hash(): Buffer {
    return this.#fieldAt(this.#behind(this.#provenAt));
  }

  get type(): string {
    return this.#asciiAt(this.#start + TYPE);
  }

  get stream(): string {
    return this.#asciiAt(this.#streamAt);
  }

  /** The payload exactly as stored, UTF-8. */
  get dataBytes(): Buffer {
    return this.#fieldAt(this.#dataAt);
  }

  get metaBytes(): Buffer {
    return this.#fieldAt(this.#metaAt);
  }

  get data(): Readonly<Record<string, unknown>> {
    return (this.#data ??= JSON.parse(this.#textAt(this.#dataAt)) as Record<string, unknown>);
  }

  get meta(): EventMeta {
    return (this.#meta ??= JSON.parse(this.#textAt(this.#metaAt)) as EventMeta);
  }

  /** How much it takes as it travels. */
  get bytes(): number {
    const proof = this.#behind(this.#projectAt);
    return (this.#hasProof ? this.#behind(this.#behind(proof)) : proof) - this.#start;
  }

  /** As the rest of the system knows events; of the version that it was written in. */
  envelope(): EventEnvelope {
    const { actor, causationId, correlationId, traceparent } = this.meta;
    const { projectId } = this;
    return {
      id: this.id,
      type: this.type,
      version: this.schemaVersion,
      stream: this.stream,
      streamVersion: this.version,
      position: this.position,
      at: this.recordedAt.toISOString(),
      actor,
      ...(projectId !== undefined && { projectId }),
      ...(causationId !== undefined && { causationId }),
      correlationId,
      ...(traceparent !== undefined && { traceparent }),
      data: this.data,
    };
  }

  get #streamAt(): number {
    return this.#behind(this.#start + TYPE);
  }

  get #dataAt(): number {
    return this.#behind(this.#streamAt);
  }

  get #metaAt(): number {
    return this.#behind(this.#dataAt);
  }

  get #projectAt(): number {
    return this.#behind(this.#metaAt);
  }

  get #hasProof(): boolean {
    return this.#bytes.readInt16BE(this.#start) > COLUMNS.length;
  }

  get #provenAt(): number {
    if (!this.#hasProof) throw new Error('this replay was asked for without what proves its events');
    return this.#behind(this.#projectAt);
  }

  /** Where the field behind the one that stands here does; a length of -1 is null. */
  #behind(at: number): number {
    const length = this.#bytes.readInt32BE(at);
    return at + LENGTH + (length === -1 ? 0 : length);
  }

  #fieldAt(at: number): Buffer {
    return this.#bytes.subarray(at + LENGTH, at + LENGTH + this.#bytes.readInt32BE(at));
  }

  #textAt(at: number): string {
    return this.#bytes.toString('utf8', at + LENGTH, at + LENGTH + this.#bytes.readInt32BE(at));
  }

  /** Streams and types are ASCII, by their checks in the table. */
  #asciiAt(at: number): string {
    return this.#bytes.toString('latin1', at + LENGTH, at + LENGTH + this.#bytes.readInt32BE(at));
  }
}
