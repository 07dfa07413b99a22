import type { Finding } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { Link, useLocation } from 'wouter-preact';
import type { LiveServer, Page as PageOf } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Search } from '../ui/search.tsx';
import { CreateServer } from './create-server.tsx';
import { DriftBadge, useFindings } from './drift.tsx';
import { JoinServer } from './join-server.tsx';
import { SIZES, textOf } from './server-choices.ts';
import { AddressLink, Presence, ServerStatusBadge } from './server-status.tsx';

const t = strings.servers;

/** Facts that a server's row shows; presence is no fact, so the list is also read every few seconds. */
export const useServers = () => useResource<PageOf<LiveServer>>(may('viewer') ? '/api/servers?limit=200' : undefined, {
  touchedBy: ({ stream }) => stream.startsWith('server-') || stream.startsWith('agent-'),
  everyMs: 10_000,
});

const matches = (server: LiveServer, wanted: string): boolean =>
  [server.name, server.status, server.region, server.size, server.image, server.ipAddress ?? '', ...server.tags].join(' ').toLowerCase().includes(wanted.trim().toLowerCase());

const Row = ({ server, findings }: { server: LiveServer; findings: readonly Finding[] }) => (
  <tr class="row-link">
    <th scope="row"><Link href={`/servers/${server.id}`}>{server.name}</Link></th>
    <td><ServerStatusBadge status={server.status} /> <DriftBadge serverId={server.id} findings={findings} />{server.status === 'failed' && server.note && <p class="row-note">{server.note}</p>}</td>
    <td class="phone-off"><Presence server={server} /></td>
    <td class="phone-off"><AddressLink server={server} /></td>
    <td class="tablet-off">{server.provider === 'none' ? strings.joinServer.joined : server.region}</td>
    <td class="tablet-off nowrap">{server.provider === 'none' ? '–' : textOf(SIZES, server.size)}</td>
    <td class="number fine nowrap"><Ago at={server.createdAt} /></td>
  </tr>
);

const Table = ({ servers, findings }: { servers: readonly LiveServer[]; findings: readonly Finding[] }) => (
  <div class="table-shell">
    <table>
      <caption class="unseen">{t.title}</caption>
      <thead>
        <tr>
          <th scope="col">{t.name}</th><th scope="col">{t.state}</th><th scope="col" class="phone-off">{t.agent}</th>
          <th scope="col" class="phone-off">{t.address}</th><th scope="col" class="tablet-off">{t.region}</th>
          <th scope="col" class="tablet-off">{t.size}</th><th scope="col" class="number">{t.created}</th>
        </tr>
      </thead>
      <tbody>{servers.map((server) => <Row key={server.id} server={server} findings={findings} />)}</tbody>
    </table>
  </div>
);

export const ServersRoom = ({ isCreating = false }: { isCreating?: boolean }) => {
  const [, goTo] = useLocation();
  const servers = useServers();
  const findings = useFindings();
  const wanted = useSignal('');
  const isJoining = useSignal(false);
  const all = servers.data.value?.items;
  const shown = all?.filter((server) => matches(server, wanted.value)) ?? [];
  // As below: behind its own dialog it is inert.
  const join = <button type="button" aria-hidden={isJoining.value || undefined} onClick={() => { isJoining.value = true; }}>{strings.joinServer.open}</button>;
  const create = (
    // Behind the open dialog it is inert, and its name belongs to the dialog's own button.
    <button type="button" class="primary" aria-hidden={isCreating || undefined} onClick={() => goTo('/servers/new')}><Icon name="plus" />{t.create}</button>
  );
  return (
    <Page title={t.title} actions={all?.length !== 0 && may('operator') && <>{join}{create}</>} beside={all && all.length > 0 && <span class="count">{all.length}</span>}>
      {!all && <ProblemNote problem={servers.problem.value} onRetry={() => void servers.refresh()} />}
      {all?.length === 0 && <Empty title={t.none}>{may('operator') ? <><p>{t.noneHint}</p><div class="actions">{create}{join}</div></> : <p>{t.noneHintViewer}</p>}</Empty>}
      {all && all.length > 0 && (
        <>
          <div class="toolbar"><Search label={t.search} value={wanted.value} onInput={(value) => { wanted.value = value; }} /></div>
          {shown.length > 0 ? <Table servers={shown} findings={findings} /> : <Empty title={t.noMatch(wanted.value)} />}
        </>
      )}
      {isCreating && all && may('operator') && <CreateServer taken={all.map(({ name }) => name)} onClose={() => goTo('/servers')} />}
      {isJoining.value && <JoinServer onClose={() => { isJoining.value = false; }} />}
    </Page>
  );
};
