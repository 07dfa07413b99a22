/**
 * What is around every room. Without a session the sign-in is shown in place of the room and the address stays, so
 * that signing in leads back to where one was, with no "next" parameter that somebody else could choose.
 */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter-preact';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import { JobsRoom } from '../jobs/jobs-room.tsx';
import { ProjectPicker } from '../project/project-picker.tsx';
import { isOffline } from '../live/facts.ts';
import { ServerRoom } from '../servers/server-room.tsx';
import { ServersRoom } from '../servers/servers-room.tsx';
import { me } from '../session/me.ts';
import { recognise, recogniseAgain, signOut } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { SignInNotice } from '../session/sign-in-notice.tsx';
import { projectId } from '../session/project.ts';
import { isAdministrator, may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Icon, Slice } from '../ui/icon.tsx';
import { lazyRoom } from '../ui/lazy.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { useAction } from '../ui/action.ts';

const CatalogueRoom = lazyRoom<{ serverId: string }>(async () => (await import('../install/catalogue-room.tsx')).CatalogueRoom);
const InstallRoom = lazyRoom<{ serverId: string; installerId: string }>(async () => (await import('../install/install-room.tsx')).InstallRoom);
const JobRoom = lazyRoom<{ jobId: string }>(async () => (await import('../jobs/job-room.tsx')).JobRoom);
const EventsRoom = lazyRoom(async () => (await import('../events/events-room.tsx')).EventsRoom);
const ClaimRoom = lazyRoom(async () => (await import('../session/doors.tsx')).ClaimRoom);
const JoinRoom = lazyRoom(async () => (await import('../session/doors.tsx')).JoinRoom);
const RecoverRoom = lazyRoom(async () => (await import('../session/doors.tsx')).RecoverRoom);
const PeopleRoom = lazyRoom(async () => (await import('../people/people.tsx')).PeopleRoom);
const AccountRoom = lazyRoom(async () => (await import('../account/account.tsx')).AccountRoom);
const AdministrationRoom = lazyRoom(async () => (await import('../administration/administration.tsx')).AdministrationRoom);
const FactorRoom = lazyRoom(async () => (await import('../account/factor.tsx')).FactorRoom);
const GroupsRoom = lazyRoom(async () => (await import('../groups/groups.tsx')).GroupsRoom);
const CloudsRoom = lazyRoom(async () => (await import('../clouds/clouds.tsx')).CloudsRoom);
const RunsRoom = lazyRoom(async () => (await import('../runs/runs.tsx')).RunsRoom);
const AuditRoom = lazyRoom(async () => (await import('../audit/audit.tsx')).AuditRoom);

type Door = { readonly href: string; readonly text: string; readonly isOpen: () => boolean };
const ROOMS: readonly Door[] = [
  { href: '/servers', text: strings.servers.title, isOpen: () => may('viewer') },
  { href: '/groups', text: strings.shell.groups, isOpen: () => may('viewer') },
  { href: '/jobs', text: strings.jobs.title, isOpen: () => may('viewer') },
  { href: '/runs', text: strings.shell.runs, isOpen: () => may('viewer') },
  { href: '/events', text: strings.events.title, isOpen: () => may('analyst') },
  { href: '/people', text: strings.shell.people, isOpen: () => may('viewer') },
  { href: '/clouds', text: strings.shell.clouds, isOpen: () => may('admin') },
  { href: '/audit', text: strings.shell.audit, isOpen: () => may('admin') || isAdministrator() },
  { href: '/administration', text: strings.shell.administration, isOpen: isAdministrator },
];
const openRooms = (): readonly Door[] => ROOMS.filter(({ isOpen }) => isOpen());

/** What is about one server or job is not there in another project. */
const roomOf = (path: string): string => openRooms().find(({ href }) => path.startsWith(href))?.href ?? '/';

const Account = () => {
  const [path] = useLocation();
  const leaving = useAction();
  return (
    <div class="account">
      <Link href="/account" className="account-name" title={strings.shell.account} aria-current={path.startsWith('/account') ? 'page' : undefined}><Icon name="person" /><span>{me.value?.name}</span></Link>
      <button type="button" class="plain small" onClick={() => void leaving.run(signOut)}>{strings.shell.signOut}</button>
    </div>
  );
};

const TopBar = () => {
  const [path, goTo] = useLocation();
  const doors = useRef<HTMLElement>(null);
  // On a phone not all of them fit, and the one that one is in should be seen.
  useEffect(() => doors.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [path]);
  return (
    <header class="top-bar">
      <Link href="/" className="brand" aria-label={strings.product}><Slice /><span>{strings.product}</span></Link>
      <ProjectPicker onChosen={() => goTo(roomOf(path))} />
      <nav ref={doors} aria-label={strings.shell.rooms}>
        {openRooms().map(({ href, text }) => <Link key={href} href={href} aria-current={path.startsWith(href) ? 'page' : undefined}>{text}</Link>)}
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

const LOOK_AGAIN_MS = 10_000;

/** Nobody tells facts to somebody who is in no project, so this page asks by itself. */
const NoProject = () => {
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') recogniseAgain(); }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <Page title={strings.project.none}>
      <Empty title={isAdministrator() ? strings.project.noneHintAdministrator : strings.project.noneHint}>
        {isAdministrator() && <Link href="/administration">{strings.shell.administration}</Link>}
      </Empty>
    </Page>
  );
};

const RoomsOfProject = () => {
  if (projectId.value === undefined) return <NoProject />;
  return (
    <Switch>
      <Route path="/"><Redirect to={openRooms()[0]?.href ?? '/account'} replace /></Route>
      <Route path="/servers/new"><ServersRoom isCreating /></Route>
      <Route path="/servers"><ServersRoom /></Route>
      <Route path="/servers/:serverId/install/:installer">
        {({ serverId, installer }) => <InstallRoom key={serverId + installer} serverId={serverId} installerId={installer} />}
      </Route>
      <Route path="/servers/:serverId/install">{({ serverId }) => <CatalogueRoom key={serverId} serverId={serverId} />}</Route>
      <Route path="/servers/:serverId">{({ serverId }) => <ServerRoom key={serverId} serverId={serverId} />}</Route>
      <Route path="/jobs/:jobId">{({ jobId }) => <JobRoom key={jobId} jobId={jobId} />}</Route>
      <Route path="/jobs"><JobsRoom /></Route>
      <Route path="/runs/*?"><RunsRoom /></Route>
      <Route path="/events"><EventsRoom /></Route>
      <Route path="/people"><PeopleRoom /></Route>
      <Route path="/groups"><GroupsRoom /></Route>
      {may('admin') && <Route path="/clouds"><CloudsRoom /></Route>}
      <Route><NoSuchRoom /></Route>
    </Switch>
  );
};

const Rooms = () => {
  const [path] = useLocation();
  useEffect(() => scrollTo(0, 0), [path]);
  return (
    <Switch>
      <Route path="/account"><AccountRoom /></Route>
      <Route path="/administration">{isAdministrator() ? <AdministrationRoom /> : <NoSuchRoom />}</Route>
      <Route path="/audit">{may('admin') || isAdministrator() ? <AuditRoom key={projectId.value} /> : <NoSuchRoom />}</Route>
      <Route><RoomsOfProject key={projectId.value} /></Route>
    </Switch>
  );
};

export const Shell = () => {
  const [path] = useLocation();
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const begin = (): void => {
    problem.value = undefined;
    recognise().catch((thrown: unknown) => { problem.value = asProblem(thrown); });
  };
  useEffect(begin, []);
  if (me.value === undefined) return <main class="start">{problem.value ? <ProblemNote problem={problem.value} onRetry={begin} /> : <Slice turning />}</main>;
  if (path === '/claim') return <ClaimRoom />;
  if (path === '/join') return <JoinRoom />;
  if (path === '/recover') return <RecoverRoom />;
  if (me.value === null) return <SignIn />;
  if (me.value.isFactorDue) return <FactorRoom />;
  return (
    <>
      <a class="skip" href="#content">{strings.shell.skip}</a>
      <TopBar />
      <OfflineBanner />
      <SignInNotice />
      <Rooms />
    </>
  );
};
