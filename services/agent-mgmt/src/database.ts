/** The tables of agent-mgmt beside its log; `migrations/` makes them. */
import type { AgentConnected, AgentLabels, App, AppHealth, AppIs, AppState, BackupMade, BundlePhase, BundleStatus, ChangeAction, ChangeStatus, ChangeStep, InstallerAction, InputValue, JobOutputs, JobPriority, JobStatus, RunSample, RunStatus, RunStrategy } from '@citrus/contracts';
import type { ColumnType, Generated } from 'kysely';
import type { FoldedUpgrade } from './agent-version/upgrade.row.ts';
import type { FoldedApp } from './app/app.projection.ts';
import type { FoldedStep } from './bundle/bundle.projection.ts';
import type { FoldedSummary } from './app/change.projection.ts';

type Instant = ColumnType<Date, Date | string, Date | string>;
type NullableInstant = ColumnType<Date | null, Date | string | null, Date | string | null>;
/** Stored as `json`: given as text, read as a value. */
type Json<Value> = ColumnType<Value, string, string>;

export type AgentMgmtDatabase = {
  /** Projection of `agent-*` streams. */
  agents: {
    agent_id: string; server_id: string; project_id: string; box_key: string; status: 'registered' | 'connected' | 'retired';
    connected_at: NullableInstant; facts: Json<AgentConnected['facts'] | null> | null; updated_at: Instant;
    labels: Json<AgentLabels>; upgrade: Json<FoldedUpgrade | null> | null;
  };
  /** Projection of `job-*` streams. */
  jobs: {
    job_id: string; project_id: string; server_id: string; agent_id: string; run_id: string | null;
    installer: string; installer_version: string; installer_digest: string; action: InstallerAction; inputs: Json<Record<string, InputValue>>;
    status: JobStatus; attempt: number; exit_code: number | null; reason: string | null; priority: JobPriority; priority_rank: number; outputs: Json<JobOutputs>;
    after_jobs: string[]; not_before: Instant; expires_at: Instant; correlation_id: string; traceparent: string | null;
    created_at: Instant; started_at: NullableInstant; finished_at: NullableInstant; updated_at: Instant;
  };
  /** Projection of `run-*` streams. */
  runs: {
    run_id: string; project_id: string; installer: string; installer_digest: string; action: InstallerAction; inputs: Json<Record<string, InputValue>>; filter: string;
    strategy: Json<RunStrategy>; server_ids: string[]; begun: number; refused: Json<readonly { serverId: string; code: string; reason: string }[]>;
    held: Json<readonly { serverId: string; code: string; reason: string; until: string }[]>;
    status: RunStatus; reason: string | null; retry_of: string | null; sample: Json<RunSample | null> | null; schedule_id: string | null; created_at: Instant; finished_at: NullableInstant; updated_at: Instant;
  };
  /** Projection of `schedule-*` streams. */
  schedules: {
    schedule_id: string; project_id: string; name: string; cron: string; time_zone: string;
    installer: string; action: InstallerAction; inputs: Json<Record<string, InputValue>>; priority: JobPriority; filter: string; strategy: Json<RunStrategy>; sample: Json<RunSample | null> | null;
    status: 'active' | 'paused' | 'deleted'; next_due_at: Instant; last_run_id: string | null; last_due_at: NullableInstant;
    missed: number; missed_at: NullableInstant; missed_reason: string | null; created_at: Instant; updated_at: Instant;
  };
  /** Projection of `bundle-*` streams. */
  installed_bundles: {
    installed_bundle_id: string; project_id: string; bundle: string; version: string; digest: string; status: BundleStatus; phase: BundlePhase; attempt: number; without_backup: boolean; reason: string | null;
    inputs: Json<Record<string, InputValue>>; servers: Json<Record<string, string>>; apps: Json<readonly FoldedStep[]>; created_at: Instant; finished_at: NullableInstant; updated_at: Instant;
  };
  /** What `job-*` and `app-*` streams have put on servers. */
  apps: {
    server_id: string; installer: string; project_id: string; state: AppState; settled: FoldedApp['settled']; reason: string | null; version: string | null; inputs: Json<Record<string, InputValue>>; proposal: Json<Record<string, InputValue>>;
    health: AppHealth; health_since: NullableInstant; health_reason: string | null; checked_at: NullableInstant; told_health: AppHealth;
    open_jobs: Json<FoldedApp['open_jobs']>; last_job: Json<App['lastJob']>; backups: Json<FoldedApp['backups']>; change: Json<FoldedSummary | null>; created_at: Instant; updated_at: Instant;
  };
  /** Projection of changes in `app-*` streams. */
  app_changes: {
    change_id: string; project_id: string; server_id: string; installer: string; action: ChangeAction; status: ChangeStatus; with_backup: boolean; backup: Json<BackupMade | null>;
    steps: Json<readonly { step: ChangeStep; jobId: string; at: string }[]>; cause: string | null; app_is: AppIs | null; is_healthy: boolean | null; reason: string | null; advice: string | null;
    created_at: Instant; finished_at: NullableInstant; updated_at: Instant;
  };
  /** When an app is asked next how it is; `taken_until`: a replica is at it. */
  app_checks: { server_id: string; installer: string; due_at: Instant; taken_until: Generated<Date> };
  /** What provisioning's log says about servers, as far as jobs care. */
  servers: { server_id: string; project_id: string; agent_id: string; status: 'known' | 'deleting' | 'deleted'; in_maintenance: Generated<boolean> };
  /** When an agent was last heard of, and for how long beyond the usual it may be silent, because it was told to beat more slowly. */
  agent_beats: { agent_id: string; seen_at: Instant; patience_ms: Generated<number> };
  /** The one attempt that an agent may be busy with; the primary key is what keeps two replicas from giving it two. */
  leases: { agent_id: string; job_id: string; attempt: number; lease_until: Instant; check_at: Instant };
  /** A job's own key, sealed with the master key; destroying the row destroys the job's sensitive inputs. */
  job_keys: { job_id: string; sealed_key: string; created_at: Generated<Date> };
  /** Keys that commands are signed with, sealed with the master key; null once nobody needs it any more. */
  command_keys: { key_id: string; public_key: string; sealed_private_key: string | null; role: 'next' | 'current' | 'retired'; created_at: Instant; retired_at: NullableInstant };
  bundles: { digest: string; json: string; created_at: Generated<Date> };
  installer_reloads: { one: boolean; generation: number };
  /** Which commit of a source is in use, and who is looking for the next; `contents` are in `bundles`. */
  installer_sources: {
    name: string; /** Of the settings that were tried last, and of those that `commit` was taken with. */ fingerprint: string; used_fingerprint: string | null; commit: string | null; committed_at: NullableInstant; since: NullableInstant;
    contents: ColumnType<readonly { folder: string; digest: string }[], string | undefined, string>;
    due_at: Generated<Date>; taken_at: Generated<Date>; taken_by: string | null; tried_at: NullableInstant; reason: string | null;
  };
  /** `cursor` is null while an earlier piece of the same attempt is missing: readers see every piece in its order. */
  job_log: {
    job_id: string; attempt: number; seq: number; at: Instant; text: string;
    progress_percent: number | null; progress_text: string | null; cursor: number | null;
  };
  /** The lock under which cursors are given out. */
  job_log_heads: { job_id: string; last_cursor: number; /** Entries up to there are gone for good. */ removed_at: NullableInstant; removed_to: number | null };
  /** Entries of logs of long ago, packed; never changed. */
  job_log_archives: { job_id: string; part: number; from_cursor: number; to_cursor: number; digest: string; packed: Buffer; archived_at: Instant };
  job_log_attempts: {
    job_id: string; attempt: number; released_seq: Generated<number>; bytes: Generated<number>;
    expected_chunks: number | null; expected_digest: string | null;
    ended_at: NullableInstant; completed_at: NullableInstant; check_at: NullableInstant; checks: Generated<number>;
    /** The agent sent a secret in clear: what is kept differs from what it has. */
    masked: Generated<boolean>;
    /** From here on there was no room: the place of the line that says so. */
    cut_seq: number | null;
    /** The agent had no room for some of it. */
    gone: Generated<boolean>;
    archived_at: NullableInstant;
  };
};
