/** What people ask about the past of a service: causes and effects, states and differences at any instant. */
import { readDiffOf, readLinksOf, readStateOf, type DiffPage, type DiffRead, type LinkedEvent, type LinksRead, type LoggedService, type StatePage, type StateRead } from '@citrus/contracts';
import type { EventStore } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject, type Type } from '@nestjs/common';
import { projectsOfCaller } from '../projects-of-caller.ts';
import { EVENT_STORE, PAST_STATES } from '../tokens.ts';
import type { PastStates } from './past-states.ts';

export const historyControllerOf = (service: LoggedService): Type => {
  @Controller()
  class HistoryController {
    constructor(
      @Inject(EVENT_STORE) private readonly store: EventStore,
      @Inject(PAST_STATES) private readonly past: PastStates,
    ) {}

    @OnRequest(readLinksOf(service))
    async readLinks(input: LinksRead, context: RequestContext): Promise<{ links: LinkedEvent[]; isCut: boolean }> {
      const links = await this.store.links({ ...input, limit: input.limit + 1, projectIds: projectsOfCaller(context) });
      return { links: links.slice(0, input.limit), isCut: links.length > input.limit };
    }

    @OnRequest(readStateOf(service))
    readState(input: StateRead, context: RequestContext): Promise<StatePage> {
      return this.past.state(input, projectsOfCaller(context, input.projectId));
    }

    @OnRequest(readDiffOf(service))
    readDiff(input: DiffRead, context: RequestContext): Promise<DiffPage> {
      return this.past.diff(input, projectsOfCaller(context, input.projectId));
    }
  }
  return HistoryController;
};
