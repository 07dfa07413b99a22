/**
 * What an analyst finds: `events` (all of them), `servers` and `jobs` (how each stands and how long it took),
 * `server_steps` (how long a server was in each state), and a view for every type of event with its fields as columns.
 * These are set-based twins of the services' own folds; the e2e test compares them with the live API.
 */
import { listOf } from './parquet.ts';
import { quoted, quotedName, textsOf, type Engine } from './duckdb.ts';

const SECONDS = (from: string, to: string): string => `round(epoch(${to} - ${from}), 3)`;

const SERVER_STEPS = `
create view server_steps as
with milestones as (
  select aggregate_id as server_id, stream_version, recorded_at,
    case type
      when 'ServerRequested' then 'creating' when 'RetryRequested' then 'creating' when 'DropletAccepted' then 'provisioning' when 'DropletReady' then 'initializing' when 'JoinOpened' then 'initializing'
      when 'ServerActivated' then 'active' when 'ServerFailed' then 'failed' when 'MachineMissing' then 'failed' when 'DeletionRequested' then 'deleting' when 'ServerDeleted' then 'deleted'
    end as step,
    data->>'$.reason' as reason
  from events where service = 'provisioning' and aggregate = 'server'
), periods as (
  select server_id, step, reason, recorded_at as began_at, lead(recorded_at) over (partition by server_id order by stream_version) as ended_at, stream_version
  from milestones where step is not null
)
select server_id, step, began_at, ended_at, ${SECONDS('began_at', 'ended_at')} as seconds, reason, row_number() over (partition by server_id order by stream_version) as number
from periods`;

const SERVERS = `
create view servers as
with requested as (
  select aggregate_id as id, recorded_at as requested_at, project_id, actor_id as requested_by, data->>'$.spec.name' as name, data->>'$.spec.region' as region, data->>'$.spec.size' as size, data->>'$.spec.image' as image
  from events where service = 'provisioning' and type = 'ServerRequested'
), steps as (
  select server_id, arg_max(step, number) as status, min(began_at) filter (step = 'active') as active_at, max(began_at) filter (step = 'failed') as failed_at,
    max(began_at) filter (step = 'deleted') as deleted_at, count(*) filter (step = 'creating') as attempts, arg_max(reason, number) filter (step = 'failed') as failure
  from server_steps group by server_id
)
select id, name, project_id, status, region, size, image, requested_by, requested_at, active_at, failed_at, deleted_at, ${SECONDS('requested_at', 'active_at')} as seconds_to_active, attempts, failure
from requested join steps on server_id = id`;

const JOBS = `
create view jobs as
with queued as (
  select aggregate_id as id, recorded_at as queued_at, project_id, actor_id as requested_by, data->>'$.serverId' as server_id, data->>'$.installer' as installer,
    data->>'$.installerVersion' as installer_version, data->>'$.action' as action, data->>'$.priority' as priority
  from events where service = 'agent-mgmt' and type = 'JobQueued'
), told as (
  select aggregate_id as job_id,
    arg_max(case type when 'JobQueued' then 'queued' when 'JobDispatched' then 'dispatched' when 'JobStarted' then 'running' when 'JobAttemptFailed' then 'queued' when 'JobCancelRequested' then 'cancelling' else data->>'$.status' end, stream_version) as status,
    count(*) filter (type = 'JobDispatched') as attempts, min(recorded_at) filter (type = 'JobStarted') as started_at, max(recorded_at) filter (type = 'JobFinished') as finished_at,
    arg_max(data->>'$.exitCode', stream_version) filter (type = 'JobFinished') as exit_code, arg_max(data->>'$.reason', stream_version) filter (type in ('JobFinished', 'JobAttemptFailed')) as reason
  from events where service = 'agent-mgmt' and aggregate = 'job' group by aggregate_id
)
select queued.id, queued.project_id, server_id, servers.name as server_name, installer, installer_version, action, priority, told.status, told.attempts, try_cast(exit_code as integer) as exit_code, nullif(reason, '') as reason, queued.requested_by,
  queued_at, started_at, finished_at, ${SECONDS('queued_at', 'started_at')} as seconds_waited, ${SECONDS('started_at', 'finished_at')} as seconds_ran
from queued join told on job_id = queued.id left join servers on servers.id = server_id`;

/** `JobFinished` → `job_finished`. */
export const snakeCase = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('-', '_').toLowerCase();

const ENVELOPE_COLUMNS = ['service', 'position', 'recorded_at', 'id', 'version', 'stream', 'aggregate_id', 'actor_kind', 'actor_id', 'project_id', 'causation_id', 'correlation_id'];
const SQL_TYPES: Readonly<Record<string, string>> = { BOOLEAN: 'boolean', UBIGINT: 'bigint', BIGINT: 'bigint', DOUBLE: 'double' };

const columnOf = (key: string, shape: unknown): string => {
  const path = quoted(`$."${key}"`);
  const name = quotedName(snakeCase(key));
  if (typeof shape !== 'string') return `data->${path} as ${name}`;
  if (shape === 'VARCHAR' && /(?:At|Until)$/.test(key)) return `try_cast(data->>${path} as timestamp) as ${name}`;
  return SQL_TYPES[shape] ? `try_cast(data->>${path} as ${SQL_TYPES[shape]}) as ${name}` : `data->>${path} as ${name}`;
};

/** A payload field that the envelope has too (`at`, `projectId`) is told once; both are in `data`. */
const typeView = (type: string, structure: string): string => {
  const shapes = Object.entries(JSON.parse(structure) as Record<string, unknown>).filter(([key]) => key !== 'at' && /^[A-Za-z0-9_]+$/.test(key) && !ENVELOPE_COLUMNS.includes(snakeCase(key)));
  return `create view ${quotedName(snakeCase(type))} as select ${[...ENVELOPE_COLUMNS, ...shapes.map(([key, shape]) => columnOf(key, shape)), 'data'].join(', ')} from events where type = ${quoted(type)}`;
};

const VIEWS = ['events', 'servers', 'server_steps', 'jobs'];

export const createViews = async (engine: Engine, parquetFiles: readonly string[], query: string | undefined): Promise<void> => {
  await engine.run(`create view events as select * from read_parquet(${listOf(parquetFiles)})`);
  for (const view of [SERVER_STEPS, SERVERS, JOBS]) await engine.run(view);
  const types = await textsOf(engine, 'select distinct type from events order by 1');
  // Finding out the fields of a type reads all its events, so only for those that are asked for.
  const mentioned = types.filter((type) => !VIEWS.includes(snakeCase(type)) && (query === undefined || new RegExp(`\\b${snakeCase(type)}\\b`, 'i').test(query)));
  for (const type of mentioned) {
    const [structure = '{}'] = await textsOf(engine, `select json_group_structure(data)::varchar from events where type = ${quoted(type)}`);
    await engine.run(typeView(type, structure));
  }
};
