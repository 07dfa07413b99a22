/**
 * What is around every room. Without a session the sign-in is shown in place of the room and the address stays, so
 * that signing in leads back to where one was, with no "next" parameter that somebody else could choose.
 */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter-preact';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import { EventsRoom } from '../events/events-room.tsx';
import { CatalogueRoom } from '../install/catalogue-room.tsx';
import { InstallRoom } from '../install/install-room.tsx';
import { JobRoom } from '../jobs/job-room.tsx';
import { JobsRoom } from '../jobs/jobs-room.tsx';
import { isOffline } from '../live/facts.ts';
import { ServerRoom } from '../servers/server-room.tsx';
import { ServersRoom } from '../servers/servers-room.tsx';
import { me } from '../session/me.ts';
import { recognise, signOut } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { strings } from '../strings.ts';
import { Slice } from '../ui/icon.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { useAction } from '../ui/action.ts';

const ROOMS = [['/servers', strings.servers.title], ['/jobs', strings.jobs.title], ['/events', strings.events.title]] as const;

const Account = () => {
  const leaving = useAction();
  return (
    <div class="account">
      <span class="account-name" title={me.value?.email}>{me.value?.name ?? me.value?.email}</span>
      <button type="button" class="plain small" onClick={() => void leaving.run(signOut)}>{strings.shell.signOut}</button>
    </div>
  );
};

const TopBar = () => {
  const [path] = useLocation();
  return (
    <header class="top-bar">
      <Link href="/servers" className="brand"><Slice /><span>{strings.product}</span></Link>
      <nav aria-label={strings.shell.rooms}>
        {ROOMS.map(([href, text]) => <Link key={href} href={href} aria-current={path.startsWith(href) ? 'page' : undefined}>{text}</Link>)}
      </nav>
      <Account />
    </header>
  );
};

const OfflineBanner = () => (
  <div class="banner-place" role="status" aria-label={strings.shell.connection}>
    {isOffline.value && <p class="banner"><Slice turning />{strings.shell.offline}</p>}
  </div>
);

const NoSuchRoom = () => (
  <Page title={strings.shell.notFound}>
    <Empty title={strings.shell.notFoundHint}><Link href="/servers">{strings.shell.toServers}</Link></Empty>
  </Page>
);

const Rooms = () => {
  const [path] = useLocation();
  useEffect(() => scrollTo(0, 0), [path]);
  return (
    <Switch>
      <Route path="/"><Redirect to="/servers" replace /></Route>
      <Route path="/servers/new"><ServersRoom isCreating /></Route>
      <Route path="/servers"><ServersRoom /></Route>
      <Route path="/servers/:serverId/install/:installer">
        {({ serverId, installer }) => <InstallRoom key={serverId + installer} serverId={serverId} installerId={installer} />}
      </Route>
      <Route path="/servers/:serverId/install">{({ serverId }) => <CatalogueRoom key={serverId} serverId={serverId} />}</Route>
      <Route path="/servers/:serverId">{({ serverId }) => <ServerRoom key={serverId} serverId={serverId} />}</Route>
      <Route path="/jobs/:jobId">{({ jobId }) => <JobRoom key={jobId} jobId={jobId} />}</Route>
      <Route path="/jobs"><JobsRoom /></Route>
      <Route path="/events"><EventsRoom /></Route>
      <Route><NoSuchRoom /></Route>
    </Switch>
  );
};

export const Shell = () => {
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const begin = (): void => {
    problem.value = undefined;
    recognise().catch((thrown: unknown) => { problem.value = asProblem(thrown); });
  };
  useEffect(begin, []);
  if (me.value === null) return <SignIn />;
  if (me.value === undefined) return <main class="start">{problem.value ? <ProblemNote problem={problem.value} onRetry={begin} /> : <Slice turning />}</main>;
  return (
    <>
      <a class="skip" href="#content">{strings.shell.skip}</a>
      <TopBar />
      <OfflineBanner />
      <Rooms />
    </>
  );
};
