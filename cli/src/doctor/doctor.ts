/** `citrus doctor`: everything that is known at once, then what is wrong with it. */
import { connect } from 'node:tls';
import { Agent, Me, RefusedInstaller } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { placesOf } from '../session/places.ts';
import type { DoctorOptions } from './doctor.command.ts';
import { certificateFinding, clockFinding, Examination, findingsOf, type Certificate, type Finding } from './findings.ts';
import { localFindings, lookLocally, type LocalView } from './local.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal; readonly home?: string };
type AgentCounts = Readonly<Record<string, number>>;
type Seen = { readonly examination: Examination; readonly agents: AgentCounts; readonly certificate: Certificate | null; readonly findings: readonly Finding[] };

const TLS_WITHIN_MS = 5000;

/** Of the address that this command talks to; null without TLS, or where it cannot be seen. */
const certificateOf = (url: string): Promise<Certificate | null> => {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:') return Promise.resolve(null);
  return new Promise((resolve) => {
    // Whether it is trusted is fetch's business, which talks to the hub; here it is only looked at.
    const socket = connect({ host: hostname, port: port === '' ? 443 : Number(port), servername: hostname, rejectUnauthorized: false, timeout: TLS_WITHIN_MS });
    const done = (certificate: Certificate | null) => {
      socket.destroy();
      resolve(certificate);
    };
    socket.once('secureConnect', () => done({ host: hostname, validTo: new Date(socket.getPeerCertificate().valid_to).toISOString() })).once('error', () => done(null)).once('timeout', () => done(null));
  });
};

/** Of the projects that one is in: nobody else's are shown, to administrators neither. */
const agentsOf = async (api: Api): Promise<{ counts: AgentCounts; findings: Finding[] }> => {
  const { memberships } = await api.json({ path: '/api/auth/me' }, Me);
  const lists = await Promise.all(memberships.map(({ projectId }) => allOf(api, '/api/agents', Agent, { projectId })));
  const counts: Record<string, number> = {};
  for (const { facts } of lists.flat()) counts[facts?.agentVersion ?? 'unknown'] = (counts[facts?.agentVersion ?? 'unknown'] ?? 0) + 1;
  const older = lists.flat().filter(({ update }) => update === 'available').length;
  return { counts, findings: older === 0 ? [] : [{ where: 'agents', what: `${older} ${older === 1 ? 'runs' : 'run'} an older version`, advice: 'Upgrade them, one after the other: citrus agents upgrade \'*\'' }] };
};

const installersOf = async (api: Api): Promise<Finding[]> => {
  const { refused } = await api.json({ path: '/api/installers' }, z.object({ refused: z.array(RefusedInstaller) }));
  return refused.map(({ folder, file, line, reason }) => ({ where: `installer ${folder}`, what: `it is refused: ${file}${line === null ? '' : `:${line}`}: ${reason}`, advice: 'Correct it, then: citrus installers reload' }));
};

/** What is only seen by members of some project is left out for who is in none. */
const orNothing = async <T>(ask: Promise<T>, otherwise: T): Promise<T> =>
  ask.catch((error: unknown) => (error instanceof CliFailure && error.exit === EXIT.failed ? otherwise : Promise.reject(error)));

export const examine = async (api: Api): Promise<Seen> => {
  const askedAt = Date.now();
  const examination = await api.json({ path: '/api/doctor', isTriedOnce: true }, Examination);
  const answeredAt = Date.now();
  const agents = await orNothing(agentsOf(api), { counts: {}, findings: [] });
  const certificate = await certificateOf(api.url);
  return {
    examination, agents: agents.counts, certificate,
    findings: [
      ...findingsOf(examination), ...clockFinding(examination.at, { askedAt, answeredAt }), ...(certificate ? certificateFinding(certificate, answeredAt) : []), ...agents.findings, ...(await orNothing(installersOf(api), [])),
    ],
  };
};

const sizeOf = (bytes: number): string => `${(bytes / 1024 ** 2).toLocaleString('en-US', { maximumFractionDigits: 0 })} MB`;
const daysOf = (from: string | null, to: string): string => (from === null ? '-' : `${Math.floor((Date.parse(to) - Date.parse(from)) / 86_400_000)} days`);

const tellExamination = async ({ examination: { at, services }, agents, certificate }: Seen, terminal: Terminal): Promise<void> => {
  const rows = services.map(({ service, report, problem }) => !report ? [service, 'DOES NOT ANSWER', '', '', '', '', problem ?? ''] : [
    service, report.isReady ? 'ready' : 'NOT READY', report.version, report.startedAt.slice(0, 16).replace('T', ' '), report.database ? `${report.database.answeredInMs} ms, ${sizeOf(report.database.bytes)}` : '-', report.nats ? `${report.nats.answeredInMs} ms` : '-', sizeOf(report.memoryBytes),
  ]);
  await terminal.out(`${tableOf(['SERVICE', 'STATE', 'VERSION', 'SINCE (UTC)', 'DATABASE', 'NATS', 'MEMORY'], rows, terminal)}\n`);
  const readers = services.flatMap(({ service, report }) => (report?.readers ?? []).map(({ reader, kind, source, position, lag, parked, paused, error }) =>
    [service, reader, kind, source, String(position), lag === null ? '?' : String(lag), kind === 'feed' ? String(parked) : '-', error ?? (paused === null ? '' : 'paused')]));
  await terminal.out(`${tableOf(['SERVICE', 'READER', 'KIND', 'LOG', 'POSITION', 'BEHIND', 'PARKED', ''], readers, terminal)}\n`);
  const keys = services.flatMap(({ service, report }) => (report?.keys ?? []).map(({ key, madeAt, expiresAt }) => [service, key, daysOf(madeAt, at), expiresAt?.slice(0, 16).replace('T', ' ') ?? 'never']));
  await terminal.out(`${tableOf(['SERVICE', 'KEY', 'AGE', 'RUNS OUT (UTC)'], [...keys, ...(certificate ? [[certificate.host, 'certificate', '-', certificate.validTo.slice(0, 16).replace('T', ' ')]] : [])], terminal)}\n`);
  if (Object.keys(agents).length > 0) await terminal.out(`Agents of your projects: ${Object.entries(agents).map(([version, count]) => `${count} of ${printable(version)}`).join(', ')}\n`);
};

const tellLocally = async ({ programs }: LocalView, terminal: Terminal): Promise<void> => {
  const rows = programs.map(({ name, pid, isRunning, port, isListening }) => [name, isRunning ? `runs (${pid ?? '?'})` : 'DOES NOT RUN', port === null ? '-' : `${port}${isListening ? '' : ', nobody listens'}`]);
  if (rows.length > 0) await terminal.out(`${tableOf(['PROGRAM', 'STATE', 'PORT'], rows, terminal)}\n`);
  for (const { name, isRunning, isListening, lastLines } of programs) {
    if (isRunning && isListening !== false) continue;
    for (const line of lastLines) await terminal.out(`${name}: ${printable(line)}`);
  }
};

const conclude = async (findings: readonly Finding[], terminal: Terminal, isTold: boolean): Promise<void> => {
  if (!isTold) for (const { where, what, advice } of findings) await terminal.out(`${terminal.style('yellow', printable(where))}: ${printable(what)}\n    ${printable(advice)}`);
  if (findings.length === 0) return isTold ? undefined : terminal.out('All is well.');
  throw new CliFailure(findings.length === 1 ? 'one thing is not as it should be' : `${findings.length} things are not as they should be`, { exit: EXIT.failed, code: 'doctor.found', advice: 'What to do stands beside each of them.' });
};

const local = async (why: string | null, { json }: DoctorOptions, { terminal, home }: { readonly terminal: Terminal; readonly home: string }): Promise<void> => {
  const view = await lookLocally(home);
  const findings = [...(why === null ? [] : [{ where: 'API', what: why, advice: 'What can be seen on this machine stands here; sign in elsewhere with citrus login --url …' }]), ...localFindings(view)];
  if (json) await terminal.out(JSON.stringify({ ok: findings.length === 0, findings, local: view }));
  else await tellLocally(view, terminal);
  await conclude(findings, terminal, json ?? false);
};

/** Nobody there, or nobody signed in: then this machine is all there is to look at. */
const isAway = (error: unknown): error is CliFailure => error instanceof CliFailure && (error.exit === EXIT.unavailable || error.exit === EXIT.signedOut);

/** @throws CliFailure with exit code 1 where something is wrong, after everything was told */
export const doctor = async (options: DoctorOptions, { api, terminal = processTerminal(), home = placesOf().citrusHome }: Parts = {}): Promise<void> => {
  if (options.local) return local(null, options, { terminal, home });
  let seen: Seen;
  try {
    seen = await examine(api ?? openApi());
  } catch (error) {
    if (!isAway(error)) throw error;
    return local(error.message, options, { terminal, home });
  }
  if (options.json) await terminal.out(JSON.stringify({ ok: seen.findings.length === 0, findings: seen.findings, ...seen.examination, agents: seen.agents, certificate: seen.certificate }));
  else await tellExamination(seen, terminal);
  await conclude(seen.findings, terminal, options.json ?? false);
};
