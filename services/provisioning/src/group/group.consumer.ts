/** The requests about groups that people make, over NATS. A group of another project is not there for the caller. */
import { changeGroup, createGroup, deleteGroup, listGroups, pauseGroup, readGroup, resumeGroup, type GroupId, type ProjectId, type ServerGroup } from '@citrus/contracts';
import { internalScope, NotFound, projectScope, Refusal, Unauthenticated, type Clock } from '@citrus/kit-domain';
import type { Projections } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { CLOCK, PROJECTIONS } from '@citrus/kit-service';
import { Controller, Inject, type BeforeApplicationShutdown } from '@nestjs/common';
import type { z } from 'zod';
import type { Origin } from '../catalog/server-catalog.ts';
import { GROUP_HANDLER, GROUP_LOOP, GROUP_QUERIES } from '../tokens.ts';
import type { GroupCommand } from './group.commands.ts';
import type { GroupHandler } from './group.handler.ts';
import type { GroupLoop } from './group-loop.ts';
import type { GroupQueries } from './group.queries.ts';

type One = { readonly projectId: ProjectId; readonly groupId: GroupId };

const JUST_CHANGED = internalScope('shows what was just changed, by a command that was let through');

const originOf = ({ caller, correlationId, traceparent }: RequestContext, projectId: ProjectId): Origin => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  return { actor: { kind: 'user', id: caller.userId }, projectId, correlationId, ...(traceparent !== undefined && { traceparent }) };
};

@Controller()
export class GroupConsumer implements BeforeApplicationShutdown {
  // oxlint-disable-next-line max-params -- what a change goes through until it is shown
  constructor(
    @Inject(GROUP_HANDLER) private readonly handle: GroupHandler,
    @Inject(GROUP_QUERIES) private readonly queries: GroupQueries,
    @Inject(GROUP_LOOP) private readonly loop: GroupLoop,
    @Inject(PROJECTIONS) private readonly projections: Projections,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  @OnRequest(createGroup)
  async create({ projectId, groupId, spec }: z.infer<typeof createGroup.input>, context: RequestContext): Promise<ServerGroup> {
    const there = await this.queries.read(JUST_CHANGED, groupId);
    if (there && there.projectId !== projectId) throw new Refusal('group.exists', 'This group id is in use already. Choose another one.');
    return this.#carriedOut({ type: 'CreateGroup', at: this.#at(), data: { groupId, projectId, spec } }, context, projectId);
  }

  @OnRequest(listGroups)
  list({ projectId, ...page }: z.infer<typeof listGroups.input>, { caller }: RequestContext): Promise<z.infer<typeof listGroups.reply>> {
    return this.queries.list(projectScope(caller, projectId), page);
  }

  @OnRequest(readGroup)
  read(one: One, context: RequestContext): Promise<ServerGroup> {
    return this.#own(one, context);
  }

  @OnRequest(changeGroup)
  async change({ changes, ...one }: z.infer<typeof changeGroup.input>, context: RequestContext): Promise<ServerGroup> {
    await this.#own(one, context);
    return this.#carriedOut({ type: 'ChangeGroup', at: this.#at(), data: { groupId: one.groupId, changes } }, context, one.projectId);
  }

  @OnRequest(pauseGroup)
  async pause(one: One, context: RequestContext): Promise<ServerGroup> {
    await this.#own(one, context);
    return this.#carriedOut({ type: 'PauseGroup', at: this.#at(), data: { groupId: one.groupId } }, context, one.projectId);
  }

  @OnRequest(resumeGroup)
  async resume(one: One, context: RequestContext): Promise<ServerGroup> {
    await this.#own(one, context);
    return this.#carriedOut({ type: 'ResumeGroup', at: this.#at(), data: { groupId: one.groupId } }, context, one.projectId);
  }

  @OnRequest(deleteGroup)
  async delete({ keepsServers, ...one }: z.infer<typeof deleteGroup.input>, context: RequestContext): Promise<ServerGroup> {
    await this.#own(one, context);
    return this.#carriedOut({ type: 'DeleteGroup', at: this.#at(), data: { groupId: one.groupId, keepsServers } }, context, one.projectId);
  }

  async #own({ projectId, groupId }: One, { caller }: RequestContext): Promise<ServerGroup> {
    const group = await this.queries.read(projectScope(caller, projectId), groupId);
    if (!group) throw new NotFound('group.not_found', `There is no group ${groupId} in this project.`);
    return group;
  }

  async #carriedOut(command: GroupCommand, context: RequestContext, projectId: ProjectId): Promise<ServerGroup> {
    const { position } = await this.handle(command, originOf(context, projectId));
    await this.projections.reached(position);
    this.loop.wake();
    const group = await this.queries.read(projectScope(context.caller, projectId), command.data.groupId);
    if (!group) throw new NotFound('group.not_found', `There is no group ${command.data.groupId} in this project.`);
    return group;
  }

  #at(): string {
    return this.clock().toISOString();
  }
}
