/** From what the services tell of themselves to what a person should do about it. Pure: what it goes by is given. */
import { Instant, ServiceName, ServiceReport } from '@citrus/contracts';
import { z } from 'zod';

export const Examination = z.object({ at: Instant, services: z.array(z.object({ service: ServiceName, report: ServiceReport.nullable(), problem: z.string().nullable() })) });
export type Examination = z.infer<typeof Examination>;

export type Finding = { readonly where: string; readonly what: string; readonly advice: string };

const FEW_EVENTS = 100;
const CLOCK_MS = 2000;
const SLOW_MS = 1000;
const DISK = { share: 0.1, bytes: 2 * 1024 ** 3 };
const DAY_MS = 86_400_000;
const OLD_KEY_DAYS = 365;
/** Credentials are renewed long before: less than this part of its life left means that the renewal does not work. */
const LAST_PART = 0.1;

const LOGS = 'Look at its log: .citrus/logs (npm start), or kubectl logs.';
const seconds = (ms: number): string => `${(Math.abs(ms) / 1000).toFixed(1)} s`;
const gigabytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GB`;

type Rule = (report: ServiceReport, at: { readonly now: number }) => (Omit<Finding, 'where'> | undefined)[];

const isReady: Rule = ({ isReady: ready, detail }) => [ready ? undefined : { what: `it is not ready: ${detail ?? 'no reason was told'}`, advice: LOGS }];

const reachesDatabase: Rule = ({ service, database }) => {
  if (service === 'hub') return [];
  if (!database) return [{ what: 'its database does not answer', advice: 'Is PostgreSQL running, and is there room on its disk? The service goes on by itself when it is back.' }];
  return [
    database.answeredInMs > SLOW_MS ? { what: `its database took ${seconds(database.answeredInMs)} to answer`, advice: 'Look at the load of PostgreSQL and its disk.' } : undefined,
    Math.abs(database.aheadMs) > CLOCK_MS ? { what: `the clock of its database is ${seconds(database.aheadMs)} ${database.aheadMs > 0 ? 'ahead' : 'behind'}`, advice: 'Let both machines follow the same time servers (chrony, systemd-timesyncd).' } : undefined,
  ];
};

const reachesBroker: Rule = ({ nats }) => [
  !nats ? { what: 'NATS does not answer it', advice: 'Is nats-server running? The service connects again by itself.' } : nats.answeredInMs > SLOW_MS ? { what: `NATS took ${seconds(nats.answeredInMs)} to answer`, advice: 'Look at the load of nats-server and its disk.' } : undefined,
];

const hasRoom: Rule = ({ disk }) => [
  disk && (disk.freeBytes < DISK.bytes || disk.freeBytes / disk.totalBytes < DISK.share) ? { what: `${gigabytes(disk.freeBytes)} of ${gigabytes(disk.totalBytes)} are left on its disk`, advice: 'Make room: logs, old backups, or a larger disk. PostgreSQL and NATS stop on a full one.' } : undefined,
];

const hasTheTime: Rule = ({ now }, { now: ours }) => {
  const aheadMs = Date.parse(now) - ours;
  return [Math.abs(aheadMs) > CLOCK_MS + SLOW_MS ? { what: `its clock is ${seconds(aheadMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'} the hub's`, advice: 'Let all machines follow the same time servers: tokens and leases go by the clock.' } : undefined];
};

const keepsUp: Rule = ({ readers }) =>
  readers.flatMap(({ reader, kind, lag, parked, paused, error }) => [
    error !== null ? { what: `the ${kind} ${reader} is held up: ${error}`, advice: 'It tries again by itself. If it stays, look at the log of the service.' } : undefined,
    error === null && paused === null && lag !== null && lag > FEW_EVENTS ? { what: `the ${kind} ${reader} is ${lag} events behind`, advice: 'Run this again: a number that falls is work being done. If it does not, look at the log of the service.' } : undefined,
    lag === null ? { what: `nobody can say how far the ${kind} ${reader} is`, advice: 'NATS or the database does not answer the service.' } : undefined,
    parked > 0 ? { what: `${parked} ${parked === 1 ? 'event is' : 'events are'} parked by the feed ${reader}`, advice: `See why: citrus doctor parked; then: citrus doctor parked retry ${reader}` } : undefined,
    paused !== null ? { what: `the ${kind} ${reader} is paused`, advice: kind === 'projection' ? 'If that is not meant: citrus history projections resume <service>/<name>' : 'Somebody has paused it; it goes on when it is resumed.' } : undefined,
  ]);

const hasGoodKeys: Rule = ({ keys }, { now }) =>
  keys.flatMap(({ key, madeAt, expiresAt }) => {
    const [ageMs, leftMs] = [madeAt === null ? undefined : now - Date.parse(madeAt), expiresAt === null ? undefined : Date.parse(expiresAt) - now];
    const isLast = leftMs !== undefined && ageMs !== undefined && leftMs < LAST_PART * (leftMs + ageMs);
    return [
      leftMs !== undefined && leftMs <= 0 ? { what: `its ${key} has run out`, advice: 'Make a new one and put it in the same file: docs/operations.md. The service takes it up by itself.' } : undefined,
      leftMs !== undefined && leftMs > 0 && isLast ? { what: `its ${key} runs out ${expiresAt ?? ''}`, advice: 'Make a new one and put it in the same file: docs/operations.md.' } : undefined,
      expiresAt === null && ageMs !== undefined && ageMs > OLD_KEY_DAYS * DAY_MS && /key of/.test(key) ? { what: `its ${key} is ${Math.floor(ageMs / DAY_MS)} days old`, advice: `Rotate it, which nobody notices: citrus keys rotate ${key.endsWith('commands') ? 'commands' : 'access-tokens'}` } : undefined,
    ];
  });

const RULES: readonly Rule[] = [isReady, reachesDatabase, reachesBroker, hasRoom, hasTheTime, keepsUp, hasGoodKeys];

const versionFindings = ({ services }: Examination): Finding[] => {
  const versions = new Set(services.flatMap(({ report }) => (report ? [report.version] : [])));
  return versions.size > 1 ? [{ where: 'services', what: `they are of different versions: ${[...versions].join(', ')}`, advice: 'While an upgrade runs that is as it should be; else upgrade the older ones.' }] : [];
};

export const findingsOf = (examination: Examination): Finding[] => [
  ...examination.services.flatMap(({ service, report, problem }): Finding[] => {
    if (!report) return [{ where: service, what: `it does not answer: ${problem ?? 'no reason was told'}`, advice: `Is it running? ${LOGS}` }];
    return RULES.flatMap((rule) => rule(report, { now: Date.parse(examination.at) })).flatMap((found) => (found ? [{ where: service, ...found }] : []));
  }),
  ...versionFindings(examination),
];

/** How far this machine's clock is from the hub's, when an answer took so long. */
export const clockFinding = (at: string, { askedAt, answeredAt }: { readonly askedAt: number; readonly answeredAt: number }): Finding[] => {
  const aheadMs = (askedAt + answeredAt) / 2 - Date.parse(at);
  const isSure = Math.abs(aheadMs) > CLOCK_MS + (answeredAt - askedAt);
  return isSure ? [{ where: 'this machine', what: `its clock is ${seconds(aheadMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'} the hub's`, advice: 'Set it right: times that you type are meant by the hub\'s clock.' }] : [];
};

export type Certificate = { readonly host: string; readonly validTo: string };
const WARN_DAYS = 14;

export const certificateFinding = ({ host, validTo }: Certificate, now: number): Finding[] => {
  const days = Math.floor((Date.parse(validTo) - now) / DAY_MS);
  if (days > WARN_DAYS) return [];
  return [{ where: host, what: days < 0 ? 'its certificate has run out' : `its certificate is good for ${days} more ${days === 1 ? 'day' : 'days'}`, advice: 'Renew it where TLS ends (ingress, proxy), and see why that does not happen by itself.' }];
};
