/** What the room of a server is made of beside its panels: the way between them, the job at work, and what the machine is. */
import type { CloudList } from '@citrus/contracts';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { LiveServer } from '../api/types.ts';
import { useAppNames } from '../live/app-names.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge } from '../ui/badge.tsx';
import { Slice } from '../ui/icon.tsx';
import { Panel } from '../ui/page.tsx';
import { formatBytes } from '../ui/time.ts';
import type { Machine } from './machine.ts';
import { IMAGES, REGIONS, SIZES, textOf } from './server-choices.ts';
import { AddressLink } from './server-status.tsx';
import { serverWords as w } from './server-words.ts';
import { useBoard } from './use-board.ts';

const t = strings.server;
export type PartName = keyof typeof w.part;

/** A part that an address can name: `/servers/<id>#load`. */
export const Part = ({ name, children }: { name: PartName; children: ComponentChildren }) => <div class="part" id={name} tabIndex={-1}>{children}</div>;

const goToNamed = (): void => {
  const part = document.getElementById(location.hash.slice(1));
  if (!part?.classList.contains('part')) return;
  part.scrollIntoView();
  part.focus({ preventScroll: true });
};

/** Links, so that they work by keyboard, by address and by "open in a new tab". */
export const PartNav = ({ server, parts }: { server: LiveServer; parts: readonly PartName[] }) => {
  useEffect(() => {
    // What an address names may be drawn a moment after the room.
    const timer = setTimeout(goToNamed, 50);
    addEventListener('hashchange', goToNamed);
    return () => {
      clearTimeout(timer);
      removeEventListener('hashchange', goToNamed);
    };
  }, []);
  return <nav class="part-nav" aria-label={w.parts(server.name)}>{parts.map((part) => <a key={part} href={`#${part}`}>{w.part[part]}</a>)}</nav>;
};

/** The job at work with its progress, and the way to its live log. */
export const AtWork = ({ server }: { server: LiveServer }) => {
  const job = useBoard([server.id]).value.get(server.id)?.job;
  const appName = useAppNames();
  if (!job) return null;
  const name = `${strings.jobs.action[job.action]} ${appName(job.installer)}`;
  return (
    <section class="panel at-work" aria-label={w.nowRunning}>
      <Slice turning={job.status !== 'queued'} />
      <p><strong>{name}</strong> <span class="fine">{strings.jobs.status[job.status]} · {w.since} <Ago at={job.since} /></span></p>
      {job.percent !== null && <progress aria-label={name} max={100} value={job.percent} />}
      <Link href={`/jobs/${job.id}`} className="button small">{w.followLog}</Link>
    </section>
  );
};

const Row = ({ name, children }: { name: string; children: ComponentChildren }) => <div><dt>{name}</dt><dd>{children}</dd></div>;

/** By its name, for those who may see the clouds. */
const CloudRow = ({ server }: { server: LiveServer }) => {
  const clouds = useResource<CloudList>(may('operator') ? '/api/clouds' : undefined).data.value;
  const kind = strings.create.clouds.kinds[server.provider === 'none' ? 'digitalocean' : server.provider];
  const name = server.cloudId === null ? strings.create.clouds.installation : clouds?.items.find(({ id }) => id === server.cloudId)?.name;
  return <Row name={w.cloud}>{name === undefined ? kind : `${name} (${kind})`}</Row>;
};

const Disks = ({ disks }: { disks: NonNullable<Machine['disks']> }) => (
  <ul>{disks.map(({ mount, freeBytes, sizeBytes }) => <li key={mount}><span class="mono">{mount}</span> {w.freeOf(formatBytes(freeBytes), formatBytes(sizeBytes))}</li>)}</ul>
);

/** Not every system counts what waits to be updated. */
const packagesText = ({ installed, upgradable }: NonNullable<Machine['packages']>): string =>
  [w.installed(installed), upgradable !== undefined && w.updates(upgradable)].filter(Boolean).join(', ');

const Found = ({ machine }: { machine: Machine }) => (
  <details class="facts-more">
    <summary class="fine">{w.facts}</summary>
    <dl class="facts">
      <Row name={w.hostname}>{machine.hostname}</Row>
      <Row name={w.kernel}>{machine.kernel} ({machine.arch})</Row>
      <Row name={w.processors}>{machine.cpus}</Row>
      <Row name={w.memory}>{formatBytes(machine.memoryBytes)}</Row>
      {machine.disks && machine.disks.length > 0 && <Row name={w.disks}><Disks disks={machine.disks} /></Row>}
      {!machine.disks?.length && machine.diskFreeBytes !== undefined && <Row name={w.freeDisk}>{formatBytes(machine.diskFreeBytes)}</Row>}
      {machine.packages && <Row name={w.packages}>{packagesText(machine.packages)}</Row>}
      <Row name={w.addresses}><span class="mono">{machine.addresses.join(', ') || '–'}</span></Row>
      {machine.listeningPorts && <Row name={w.ports}><span class="mono">{machine.listeningPorts.join(', ') || w.noPorts}</span></Row>}
    </dl>
  </details>
);

export const About = ({ server, machine }: { server: LiveServer; machine: Machine | undefined }) => (
  <Panel title={t.about}>
    <dl class="facts">
      <Row name={t.address}><AddressLink server={server} /></Row>
      {server.provider === 'none' ? <Row name={strings.joinServer.provider}>{strings.joinServer.joined}</Row> : (
        <>
          <CloudRow server={server} />
          <Row name={t.region}>{textOf(REGIONS, server.region)}</Row>
          <Row name={t.size}>{textOf(SIZES, server.size)}</Row>
          <Row name={t.image}>{textOf(IMAGES, server.image)}</Row>
        </>
      )}
      {machine && <Row name={t.system}>{machine.os}</Row>}
      {machine?.needsRestart && <Row name={w.restart}><Badge tone="warn">{w.restartWanted}</Badge></Row>}
      {server.provider !== 'none' && <Row name={t.droplet}><span class="mono">{server.dropletRef ?? '–'}</span></Row>}
      <Row name={t.tags}>{server.tags.length > 0 ? server.tags.join(', ') : '–'}</Row>
      <Row name={t.created}><Ago at={server.createdAt} /></Row>
    </dl>
    {machine && <Found machine={machine} />}
  </Panel>
);
