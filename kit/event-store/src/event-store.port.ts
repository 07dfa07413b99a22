/**
 * What services use of the event store. One log per service that owns facts, in that service's own database; every
 * event has a dense position in commit order, so a reader who stands at position n has seen everything up to n.
 */
import type { Actor, DomainEvent, EventEnvelope, HistoryRead, LinkedEvent, LinksRead, LogPage } from '@citrus/contracts';
import type { Decider } from '@citrus/kit-domain';

export type NewEvent = {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Version of the payload's schema: the type's current one, which is meant if it is left out. */
  readonly version?: number;
  /** A new uuid v7 if left out. */
  readonly id?: string;
};

/** The stream's version before the append: this one, `none` for a new stream, `exists`, or `any`. */
export type ExpectedVersion = number | 'none' | 'any' | 'exists';

/** Why the events are appended and by whom. */
export type AppendContext = {
  /** A uuid; the same one again on the same stream appends nothing and answers with the first result. */
  readonly commandId: string;
  readonly actor: Actor;
  readonly projectId?: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly traceparent?: string;
};

export type StreamAppend = {
  readonly stream: string;
  readonly expected: ExpectedVersion;
  readonly events: readonly NewEvent[];
  /** Where it is another one than the context's. */
  readonly projectId?: string;
  /** These are the stream's last events: it can be read for ever, and nothing more is appended to it. */
  readonly archives?: boolean;
};

/** Whatever its stream's version is. */
export type LoneAppend = { readonly stream: string; readonly event: NewEvent; readonly context: AppendContext };

/** `version` and `position` are those of the last event appended. */
export type AppendResult = { readonly version: number; readonly position: number; readonly duplicate: boolean };

/** What somebody has loaded or appended just now, in the decider's words. */
export type Known<State> = { readonly state: State; readonly version: number; readonly position: number };
export type UpdateContext<State> = AppendContext & { readonly known?: Known<State> | undefined };
export type UpdateResult<State, Event> = { readonly state: State; readonly events: readonly Event[]; readonly version: number; readonly position: number };

/** `as: 'stored'` gives events in the versions that they were written in, for copies of the log; else they are in their current ones. */
export type LogRequest = { readonly after: number; readonly limit: number; readonly types?: readonly string[] | undefined; readonly as?: 'stored' } & Narrowing;

export type Narrowing = {
  /** The kind of aggregate: `server` for all streams named `server-…`. */
  readonly category?: string | undefined;
  /** From this instant on, and before this one. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly id?: string | undefined;
};

export interface EventStore {
  /** @throws StreamChanged when the stream is not at the expected version, Refusal `stream.archived` when it was closed */
  append(request: StreamAppend & { readonly context: AppendContext }): Promise<AppendResult>;
  /** Several streams in one: all of it or nothing. Results are in the order of the appends. */
  appendAll(appends: readonly StreamAppend[], context: AppendContext): Promise<readonly AppendResult[]>;
  /**
   * Of one event each, in one commit and in this order, also to one stream; each is judged by itself, as if it had come alone.
   * What the log cannot take at all keeps the others out too. @throws Refusal `stream.archived`, although the others stand
   */
  appendEach(appends: readonly LoneAppend[]): Promise<readonly AppendResult[]>;
  load(stream: string): Promise<{ readonly events: readonly EventEnvelope[]; readonly version: number }>;
  /**
   * Loads the stream, decides, appends; from the start again when somebody else appended meanwhile. A command that was
   * carried out before is not decided again: its events are given back. A decider that declares snapshots is loaded from
   * the newest one, and one is kept after the append that makes them long enough. With `known` it decides from there first
   * and loads only if nothing came of that: for commands that are new for certain.
   */
  update<State, Event extends DomainEvent>(
    stream: string,
    decider: Pick<Decider<State, never, Event>, 'evolve' | 'initialState' | 'snapshot'>,
    decide: (state: State) => readonly Event[],
    context: UpdateContext<State>,
  ): Promise<UpdateResult<State, Event>>;
  /**
   * Events by position, fewer than `limit` where they are large; `head` is the log's last position in the same snapshot,
   * so a filtering reader knows how far it has come. A page ends before an event of a newer release.
   * @throws NewerEvent when the page would begin with it
   */
  read(request: LogRequest): Promise<LogPage>;
  /** For people: only events of these projects. */
  history(request: HistoryRead & { readonly projectIds: readonly string[] }): Promise<LogPage>;
  /** For people: these events and what they caused, by position; events of other projects without their contents. */
  links(request: LinksRead & { readonly projectIds: readonly string[] }): Promise<readonly LinkedEvent[]>;
  /** The event at this position in its current shape, whoever it belongs to; undefined where there is none. @throws NewerEvent */
  readAt(position: number): Promise<EventEnvelope | undefined>;
  /** The last position until this instant, itself included; 0 before the first event. */
  positionAt(instant: string): Promise<number>;
  head(): Promise<number>;
  /** An event that was read otherwise, in its current shape. @throws NewerEvent */
  upcast(event: EventEnvelope): EventEnvelope;
}

/** What the store's parts tell about their work; a pino logger fits. */
export type Logger = {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
};
