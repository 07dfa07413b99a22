/** What became of each server of a run, by wave; one box of the score narrows it. */
import { Link } from 'wouter-preact';
import type { Run, RunServer } from '../api/types.ts';
import { useServers } from '../servers/use-servers.ts';
import { strings } from '../strings.ts';
import { Panel } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatExact } from '../ui/time.ts';
import { outcomesOf, wavesOf, type Box } from './figures.ts';
import { OutcomeBadge } from './run-status.tsx';
import { words } from './words.ts';

const t = strings.runs;

const Line = ({ server: { serverId, outcome, jobId, reason, waitsUntil }, name }: { server: RunServer; name: string }) => (
  <li class="row wraps">
    <div class="row-text">
      <p><Link href={`/servers/${serverId}`}>{name}</Link></p>
      {reason && <p class="fine">{reason}{waitsUntil && ` ${words.until(formatExact(waitsUntil))}`}</p>}
    </div>
    <div class="row-end">
      {jobId && <Link href={`/jobs/${jobId}`} aria-label={t.logOf(name)}>{t.log}</Link>}
      <OutcomeBadge outcome={outcome} />
    </div>
  </li>
);

export const Servers = ({ run, chosen, touchedBy }: { run: Run; chosen: Box | undefined; touchedBy: (fact: { stream: string }) => boolean }) => {
  const servers = usePages<RunServer>(`/api/runs/${run.id}/servers?limit=200`, { touchedBy });
  const known = useServers().data.value?.items;
  const nameOf = (id: string): string => known?.find((server) => server.id === id)?.name ?? id.slice(0, 8);
  const isShown = ({ outcome }: RunServer): boolean => chosen === undefined || outcomesOf(chosen).includes(outcome);
  const waves = wavesOf(run, servers.items ?? []).map((wave) => ({ ...wave, shown: wave.servers.filter(isShown) })).filter(({ shown }) => shown.length > 0);
  return (
    <Panel title={t.servers} aside={chosen && <span class="count">{words.boxes[chosen]}</span>}>
      <ProblemNote problem={servers.problem} />
      {servers.items && waves.length === 0 && <p class="panel-text fine">{words.noServers}</p>}
      {waves.map(({ number, size, shown }) => (
        <section key={number} class="wave" aria-label={words.wave(number)}>
          <h3>{words.wave(number)} <span class="fine">{words.waveOf(size)}</span></h3>
          <ul class="rows wave-rows">{shown.map((server) => <Line key={server.serverId} server={server} name={nameOf(server.serverId)} />)}</ul>
        </section>
      ))}
      <More more={servers.more} text={strings.people.more} />
    </Panel>
  );
};
