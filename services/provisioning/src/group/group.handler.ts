/** Commands meet the log here: load, decide, append. */
import { newId, type EventStore } from '@citrus/kit-event-store';
import type { Origin } from '../catalog/server-catalog.ts';
import type { GroupCommand } from './group.commands.ts';
import { groupDecider } from './group.decider.ts';
import { groupStreamOf, type GroupEvent } from './group.events.ts';
import type { GroupState } from './group.state.ts';

export type GroupHandled = { readonly state: GroupState; readonly events: readonly GroupEvent[]; readonly position: number };
export type GroupHandler = (command: GroupCommand, origin: Origin) => Promise<GroupHandled>;

export const handleGroupCommand = (store: EventStore): GroupHandler => (command, { commandId, ...origin }) =>
  store.update<GroupState, GroupEvent>(groupStreamOf(command.data.groupId), groupDecider, (group) => groupDecider.decide(command, group), { commandId: commandId ?? newId(), ...origin });
