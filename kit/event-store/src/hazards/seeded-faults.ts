/** A guard each, in words, and what the source looks like without it. A test that stays green then guards nothing. */
export type SeededFault = {
  readonly name: string;
  /** What the guard is for. */
  readonly guard: string;
  /** From the root of the repository, as are all paths here. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** What must go red: a spec file, and its test's name behind those of its groups. */
  readonly spec: string;
  readonly test: string;
};

const SRC = 'kit/event-store/src';
const LOG = `${SRC}/migrations/2026-11-21-event-log.ts`;
const APPEND = `${SRC}/migrations/2026-11-21-fast-append.ts`;
const WRITERS = { spec: `${SRC}/hazards/writers.int.spec.ts`, test: 'writers of several processes, among slow transactions > lose, repeat and reorder nothing, and readers see it all while it happens' };
const TWO_RELAYS = { spec: `${SRC}/hazards/relays.int.spec.ts`, test: 'relays > that both lead, in atomic batches, copy each event once' };
const TWO_OLD_RELAYS = { ...TWO_RELAYS, test: 'relays > that both lead, as older servers need it, copy each event once' };
const KILLED_PROJECTIONS = { spec: `${SRC}/hazards/consumers.int.spec.ts`, test: 'projections killed in the middle of a page > apply every event once and in order, also when two replicas run' };
const TWO_FEEDS = { spec: `${SRC}/hazards/consumers.int.spec.ts`, test: 'a feed > killed between an effect and its checkpoint, and led by two at once, makes every effect once' };
const relayTest = (name: string) => ({ spec: `${SRC}/relay/relay.int.spec.ts`, test: `the relay > ${name}` });
const appendTest = (name: string) => ({ spec: `${SRC}/append/append.int.spec.ts`, test: `an append > ${name}` });
const feedTest = (name: string) => ({ spec: `${SRC}/feed/feed.int.spec.ts`, test: `a feed > ${name}` });

const OF_THE_LOG: readonly SeededFault[] = [
  {
    name: 'order-lock', guard: 'positions are given out by one group at a time, until it has committed', ...WRITERS,
    file: APPEND, from: 'from public.log_head h for update;', to: 'from public.log_head h;',
  },
  {
    name: 'order-compare', guard: 'a lone append takes its position only from the head that it has read', ...appendTest('that has waited for another one, of another process, goes behind it'),
    file: APPEND, from: 'where h.position - f.head = 0 and', to: 'where',
  },
  {
    name: 'head-bound', guard: 'a page holds nothing behind the head that it was read at', ...WRITERS,
    file: `${SRC}/read/read.store.ts`, from: `select(pool, { after, before: head + 1, from, until, direction: 'forward', limit }`, to: `select(pool, { after, before: head + 1_000_000, from, until, direction: 'forward', limit }`,
  },
  {
    name: 'chain-linked', guard: 'each hash covers the one before', ...WRITERS,
    file: APPEND, from: 'last_hash := sha256(last_hash ||', to: 'last_hash := sha256(sha256(last_hash) ||',
  },
  {
    name: 'commands-recorded', guard: 'a command that is repeated appends nothing', ...WRITERS,
    file: APPEND, from: 'positions[r], now_ms from generate_series(1, cardinality(p_streams)) as r where (verdicts[r] > 0) is not true', to: 'positions[r], now_ms from generate_series(1, cardinality(p_streams)) as r where false',
  },
  {
    name: 'lone-command-recorded', guard: 'the same for a lone append', ...WRITERS,
    file: APPEND, from: 'select p_command, p_stream, h.version, h.position, h.recorded_at from head h', to: 'select p_command, p_stream, h.version, h.position, h.recorded_at from head h where false',
  },
  {
    name: 'expected-version', guard: 'a stream that was changed meanwhile is not appended to', spec: `${SRC}/append/append.int.spec.ts`, test: 'an append > to several streams is all or nothing',
    file: APPEND, from: '`(${expected} = ${version} or', to: '`(true or',
  },
  {
    name: 'no-overtaking', guard: 'an append never overtakes another one of its stream in the queue', spec: `${SRC}/append/group-appender.spec.ts`, test: 'the group appender > takes a stream once in a call, in the order of asking, and a set as a whole',
    file: `${SRC}/append/group-appender.ts`, from: '      for (const { stream } of waiting.set) streams.add(stream);', to: '      if (group.includes(waiting)) for (const { stream } of waiting.set) streams.add(stream);',
  },
  {
    name: 'append-only', guard: 'not even the owner changes or removes an event', spec: `${SRC}/append/append.int.spec.ts`, test: 'the log > refuses changes even to its own owner',
    file: LOG, from: 'create trigger append_only before update or delete or truncate on events for', to: 'create trigger append_only before delete or truncate on events for',
  },
  {
    name: 'log-read-only', guard: 'the service role may only read the log\'s tables', spec: `${SRC}/append/append.int.spec.ts`, test: 'the log > refuses the service role everything but appending and reading',
    file: `${SRC}/database/migrate.ts`, from: 'if (!LOG_TABLES.includes(name))', to: 'if (name === \'streams\' || !LOG_TABLES.includes(name))',
  },
  {
    name: 'wake-up', guard: 'an append wakes its readers', spec: `${SRC}/database/wake-up.int.spec.ts`, test: 'a wake-up > comes with the append, not with the next look',
    file: APPEND, from: `, pg_notify('event_log', h.position::text) into versions`, to: ' into versions',
  },
  {
    name: 'bell-kept', guard: 'a wake-up that comes while its reader is busy is kept', spec: `${SRC}/database/wake-up.int.spec.ts`, test: 'a wake-up > that comes while its reader is busy is kept for it',
    file: `${SRC}/database/wake-up.ts`, from: 'hasRung = true;', to: '',
  },
];

const OF_THE_RELAY: readonly SeededFault[] = [
  {
    name: 'relay-fence', guard: 'JetStream takes events only right behind their predecessors', ...TWO_RELAYS,
    file: `${SRC}/relay/publish.ts`, from: `, 'Nats-Expected-Last-Sequence': [String(last)]`, to: '',
  },
  {
    name: 'relay-fence-single', guard: 'the same where messages go one by one', ...TWO_OLD_RELAYS,
    file: `${SRC}/relay/publish.ts`, from: `, 'Nats-Expected-Last-Sequence': [String(last)]`, to: '',
  },
  {
    name: 'foreign-stream', guard: 'a stream is compared with the log before it is gone on with', ...relayTest('makes a stream anew that is the copy of another log, although it is not ahead'),
    file: `${SRC}/relay/feed-stream.ts`, from: 'return copiedIdOf(message.data) === (await log.eventIdAt(last_seq)) ?', to: 'return true ?',
  },
  {
    name: 'stream-protected', guard: 'nobody takes single messages out of the stream', ...relayTest('protects its stream, and one that an older release made, from losing single messages'),
    file: `${SRC}/relay/remake-stream.ts`, from: 'deny_delete: true,', to: 'deny_delete: false,',
  },
];

const OF_CONSUMERS: readonly SeededFault[] = [
  {
    name: 'projection-turns', guard: 'a page is applied only where the checkpoint stands', ...KILLED_PROJECTIONS,
    file: `${SRC}/projection/apply-page.ts`, from: 'if (position !== after) return { position, head };', to: '',
  },
  {
    name: 'projection-transaction', guard: 'a page and its checkpoint are one transaction', ...KILLED_PROJECTIONS,
    file: `${SRC}/projection/apply-page.ts`, from: 'await applyEvents(trx, projection, events);', to: 'await applyEvents(db as never, projection, events);',
  },
  {
    name: 'feed-compare-and-set', guard: 'a feed moves its checkpoint only from where it stood', ...feedTest('of which several save in one moment is moved by itself'),
    file: `${SRC}/feed/feed-checkpoint.store.ts`, from: ' and c.position = a.stood', to: '',
  },
  {
    name: 'effect-keyed', guard: 'an effect that is made again is known by the id of its cause', ...TWO_FEEDS,
    file: `${SRC}/hazards/hazard.process.ts`, from: `commandId: uuidFrom('hazard-feed', id)`, to: 'commandId: crypto.randomUUID()',
  },
  {
    name: 'feed-paused', guard: 'a paused feed takes no event', ...feedTest('that is paused takes no event, whoever reads for it, and goes on where it stopped'),
    file: `${SRC}/feed/reactor.ts`, from: `reactor.paused = (await readPause(db, consumer))?.reason;`, to: 'reactor.paused = undefined;',
  },
  {
    name: 'parked-order', guard: 'what follows a parked event in its stream waits behind it', ...feedTest('parks what is hopeless with what follows in its stream, and takes it up again in order'),
    file: `${SRC}/feed/reactor.ts`, from: 'if (reactor.parked > 0 &&', to: 'if (reactor.parked < 0 &&',
  },
];

export const SEEDED_FAULTS: readonly SeededFault[] = [...OF_THE_LOG, ...OF_THE_RELAY, ...OF_CONSUMERS];
