/** What the hub answers, as the panel reads it. Types only: the browser carries no schema library. */
import type { Agent, App, Caller, CheckedRequirement, EventEnvelope, Installer, InstallerPlan, InstallerSource, Job, JobDetails, JobStatus, LogHit, LogHits, LoggedService, RefusedInstaller, Run, RunOutcome, RunServer, Sample, Schedule, Server } from '@citrus/contracts';

export type { Agent, App, CheckedRequirement, InstallerPlan, Installer, InstallerSource, Job, JobDetails, JobStatus, LogHit, LogHits, RefusedInstaller, Run, RunOutcome, RunServer, Sample, Schedule };

/** A server with what the hub knows of its agent's connection. */
export type LiveServer = Server & { readonly online?: boolean; readonly lastSeenAt?: string | null };

/** One fact of one service's log. */
export type Fact = EventEnvelope & { readonly service?: LoggedService };

export type Page<Item> = { readonly items: Item[]; readonly nextCursor: string | null };
export type Me = Caller & { readonly name: string };
export type Catalogue = { readonly items: Installer[]; readonly refused: RefusedInstaller[] };
export type Samples = { readonly agentId: string | null; readonly samples: Sample[] };

/** One message of a job's live stream. */
export type JobMessage = { readonly status?: JobStatus; readonly progress?: number | null; readonly message?: string | null; readonly output?: string; /** When the output came. */ readonly at?: string };
