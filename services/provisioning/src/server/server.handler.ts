/** Commands meet the log here: load, decide, append. */
import { randomUUID } from 'node:crypto';
import { newId, type EventStore, type Known } from '@citrus/kit-event-store';
import type { Actor } from '@citrus/contracts';
import type { ServerCommand } from './server.commands.ts';
import { serverDecider } from './server.decider.ts';
import { streamOf, type ServerEvent } from './server.events.ts';
import type { ServerState } from './server.state.ts';

/** Who asks and why. Without a `commandId` the command is a new one. */
export type Origin = { readonly actor: Actor; readonly correlationId: string; readonly projectId?: string; readonly commandId?: string; readonly causationId?: string; readonly traceparent?: string };
/** With the id that it has in the log: what follows from it names it as its cause. */
export type AppendedEvent = ServerEvent & { readonly id?: string };
export type Handled = Known<ServerState> & { readonly events: readonly AppendedEvent[] };
/** `known`: what a new command is decided on first, before the stream is loaded. */
export type ServerHandler = (command: ServerCommand, origin: Origin, known?: Known<ServerState>) => Promise<Handled>;

export const handleServerCommand = (store: EventStore): ServerHandler => (command, { commandId, ...origin }, known) =>
  store.update<ServerState, AppendedEvent>(streamOf(command.data.serverId), serverDecider, (server) => serverDecider.decide(command, server).map((event) => ({ ...event, id: newId() })), {
    commandId: commandId ?? randomUUID(), ...origin, ...(commandId === undefined && { known }),
  });
