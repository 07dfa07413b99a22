/** What people look for in a job that is there: lines of its log, and how it ran. */
import { readJobDetails, searchJobLog, type Digest, type JobDetails } from '@citrus/contracts';
import { NotFound, projectScope } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { BundleStore } from '../installer/bundle.store.ts';
import { createLogSearch } from '../job-log/log-search.ts';
import { readLogPage, type LogStore } from '../job-log/log.store.ts';
import { BUNDLES, JOBS, LOGS, type Jobs } from '../tokens.ts';
import { detailsOf } from './job-details.ts';
import type { JobRow } from './job.store.ts';

type One = { projectId: string; jobId: string };

const PIECES_AT_ONCE = 500;
const unknown = () => new NotFound('job.unknown', 'There is no such job in this project.');

@Controller()
export class JobReadingController {
  readonly #search = createLogSearch();

  constructor(
    @Inject(JOBS) private readonly jobs: Jobs,
    @Inject(LOGS) private readonly logs: LogStore,
    @Inject(BUNDLES) private readonly bundles: BundleStore,
  ) {}

  @OnRequest(searchJobLog)
  async search({ projectId, jobId, ...asked }: z.infer<typeof searchJobLog.input>, context: RequestContext): Promise<z.infer<typeof searchJobLog.reply>> {
    const row = await this.#find({ projectId, jobId }, context);
    return await this.#search((after) => readLogPage(this.logs, row, { after, limit: PIECES_AT_ONCE }), asked);
  }

  @OnRequest(readJobDetails)
  async details(one: One, context: RequestContext): Promise<JobDetails> {
    const row = await this.#find(one, context);
    const state = await this.jobs.handler.load(row.job_id);
    const sealed = state.status === 'unknown' ? {} : await this.jobs.secrets.openIfKept(row.job_id, state.job.sealedInputs);
    const details = detailsOf({ events: await this.jobs.handler.events(row.job_id), bundle: await this.bundles.read(row.installer_digest as Digest), sealed });
    if (!details) throw unknown();
    return details;
  }

  async #find({ projectId, jobId }: One, { caller }: RequestContext): Promise<JobRow> {
    const row = await this.jobs.store.find(projectScope(caller, projectId), jobId);
    if (!row) throw unknown();
    return row;
  }
}
