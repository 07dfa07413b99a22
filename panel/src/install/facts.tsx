/** What an installer is, needs, opens and keeps, before anybody decides. */
import type { Installer } from '../api/types.ts';
import { strings } from '../strings.ts';
import { Panel } from '../ui/page.tsx';
import { formatBytes, formatDuration } from '../ui/time.ts';
import { installWords as w } from './words.ts';

const t = strings.install;
const MEGABYTE = 1_048_576;

/** The figures that people compare: `64 MB memory`, `at most 2 min`. */
export const figuresOf = ({ resource_requirements: { memory_mb: memory, disk_mb: disk }, timeout_seconds: seconds, ports, portable }: Installer): string[] => [
  ...(memory > 0 ? [w.memory(formatBytes(memory * MEGABYTE))] : []), ...(disk > 0 ? [w.disk(formatBytes(disk * MEGABYTE))] : []), w.within(formatDuration(seconds * 1000)),
  ...(ports.some(({ port }) => typeof port === 'number') ? [w.ports(ports.flatMap(({ port }) => (typeof port === 'number' ? [port] : [])).join(', '))] : []), ...(portable ? [strings.catalogue.portable] : []),
];

const needsOf = ({ resource_requirements: { memory_mb: memory, disk_mb: disk } }: Installer): string =>
  [memory > 0 && w.memory(formatBytes(memory * MEGABYTE)), disk > 0 && w.disk(formatBytes(disk * MEGABYTE))].filter(Boolean).join(', ') || w.nothing;

/** One that is asked for, as it is unless somebody chooses otherwise. */
const portText = ({ inputs }: Installer, port: number | string): string => {
  if (typeof port === 'number') return String(port);
  const input = inputs.find(({ id }) => id === port);
  return input?.default === undefined ? w.chosen(input?.label ?? port) : String(input.default);
};

const Row = ({ name, text }: { name: string; text: string }) => (text === '' ? null : <div><dt>{name}</dt><dd>{text}</dd></div>);

export const Facts = ({ installer }: { installer: Installer }) => (
  <Panel title={t.facts}>
    <p class="lead">{installer.description}</p>
    <dl class="facts">
      <Row name={t.version} text={installer.version} />
      <Row name={t.category} text={installer.category} />
      <Row name={t.author} text={installer.author} />
      <Row name={w.from} text={installer.source ? w.fromCommit(installer.source.name, installer.source.commit.slice(0, 12)) : w.builtIn} />
      <Row name={w.needs} text={needsOf(installer)} />
      <Row name={w.opens} text={installer.ports.map(({ port, protocol, purpose }) => `${portText(installer, port)}/${protocol} (${purpose})`).join(', ')} />
      <Row name={w.keeps} text={installer.files.filter(({ data }) => data).map(({ path }) => path).join(', ')} />
      <Row name={w.dependsOn} text={installer.depends_on.map(({ installer: id, version }) => `${id}${version ? ` ${version}` : ''}`).join(', ')} />
      <Row name={w.conflicts} text={installer.requires.conflicts.join(', ')} />
      <Row name={w.canDo} text={Object.keys(installer.scripts).map((action) => strings.jobs.action[action as keyof typeof strings.jobs.action]).join(', ')} />
      <Row name={t.timeout} text={formatDuration(installer.timeout_seconds * 1000)} />
      <Row name={t.again} text={installer.idempotent ? t.againYes : t.againNo} />
      <div><dt>{t.digest}</dt><dd class="mono" title={installer.digest}>{installer.digest.slice(0, 19)}…</dd></div>
    </dl>
  </Panel>
);
