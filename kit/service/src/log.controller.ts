/** The ways into a service's log from outside: `log.read` for services, `history.read` for people, and `log.verify` for administrators. */
import { readHistoryOf, readLogOf, verifyLogOf, type HistoryRead, type LoggedService, type LogPage, type LogRead, type LogVerification, type LogVerify } from '@citrus/contracts';
import type { EventStore } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject, type Type } from '@nestjs/common';
import type { z } from 'zod';
import { projectsOfCaller } from './projects-of-caller.ts';
import type { LogVerifier } from './sealing.ts';
import { EVENT_STORE, VERIFIER } from './tokens.ts';

export const logControllerOf = (service: LoggedService): Type => {
  @Controller()
  class LogController {
    constructor(
      @Inject(EVENT_STORE) private readonly store: EventStore,
      @Inject(VERIFIER) private readonly verifier: LogVerifier,
    ) {}

    /** A copy of the log, like its stream: readers make old shapes new by themselves. */
    @OnRequest(readLogOf(service))
    readLog(input: z.infer<typeof LogRead>): Promise<LogPage> {
      return this.store.read({ ...input, as: 'stored' });
    }

    /** A person sees the events of the projects that he or she is a member of, and no others. */
    @OnRequest(readHistoryOf(service))
    async readHistory(input: HistoryRead, context: RequestContext): Promise<LogPage> {
      return this.store.history({ ...input, projectIds: projectsOfCaller(context, input.projectId) });
    }

    /** Tells positions and hashes, never an event: the log of all projects is proven, whoever asks. */
    @OnRequest(verifyLogOf(service))
    verify(input: LogVerify): Promise<LogVerification> {
      return this.verifier.verify(input);
    }
  }
  return LogController;
};
