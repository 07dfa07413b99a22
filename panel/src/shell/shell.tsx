/**
 * What is around every room. Without a session the sign-in is shown in place of the room and the address stays, so
 * that signing in leads back to where one was, with no "next" parameter that somebody else could choose.
 */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter-preact';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import { isOffline } from '../live/facts.ts';
import { listenToKeys, overlay } from '../palette/keys.ts';
import { remember } from '../palette/recent.ts';
import { me } from '../session/me.ts';
import { recognise, recogniseAgain } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { SignInNotice } from '../session/sign-in-notice.tsx';
import { projectId } from '../session/project.ts';
import { isAdministrator, may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Slice } from '../ui/icon.tsx';
import { lazyPart, lazyRoom } from '../ui/lazy.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { openRooms } from './doors.ts';
import { RoomBoundary } from './room-boundary.tsx';
import { TopBar } from './top-bar.tsx';

const ServersRoom = lazyRoom<{ isCreating?: boolean }>(async () => (await import('../servers/servers-room.tsx')).ServersRoom);
const ServerRoom = lazyRoom<{ serverId: string }>(async () => (await import('../servers/server-room.tsx')).ServerRoom);
const ServerHistoryRoom = lazyRoom<{ serverId: string }>(async () => (await import('../history/server-history.tsx')).ServerHistoryRoom);
const FleetHistoryRoom = lazyRoom(async () => (await import('../history/fleet-history.tsx')).FleetHistoryRoom);
const JobsRoom = lazyRoom(async () => (await import('../jobs/jobs-room.tsx')).JobsRoom);
const Overlay = lazyPart(async () => (await import('../palette/overlay.tsx')).Overlay, () => { overlay.value = undefined; });
const CatalogueRoom = lazyRoom<{ serverId: string }>(async () => (await import('../install/catalogue-room.tsx')).CatalogueRoom);
const InstallRoom = lazyRoom<{ serverId: string; installerId: string }>(async () => (await import('../install/install-room.tsx')).InstallRoom);
const JobRoom = lazyRoom<{ jobId: string }>(async () => (await import('../jobs/job-room.tsx')).JobRoom);
const EventsRoom = lazyRoom<{ eventId: string | undefined }>(async () => (await import('../events/events-room.tsx')).EventsRoom);
const ClaimRoom = lazyRoom(async () => (await import('../session/doors.tsx')).ClaimRoom);
const JoinRoom = lazyRoom(async () => (await import('../session/doors.tsx')).JoinRoom);
const RecoverRoom = lazyRoom(async () => (await import('../session/doors.tsx')).RecoverRoom);
const PeopleRoom = lazyRoom(async () => (await import('../people/people.tsx')).PeopleRoom);
const AccountRoom = lazyRoom(async () => (await import('../account/account.tsx')).AccountRoom);
const AdministrationRoom = lazyRoom(async () => (await import('../administration/administration.tsx')).AdministrationRoom);
const FactorRoom = lazyRoom(async () => (await import('../account/factor.tsx')).FactorRoom);
const GroupsRoom = lazyRoom(async () => (await import('../groups/groups.tsx')).GroupsRoom);
const CloudsRoom = lazyRoom(async () => (await import('../clouds/clouds.tsx')).CloudsRoom);
const WebhooksRoom = lazyRoom(async () => (await import('../webhooks/webhooks.tsx')).WebhooksRoom);
const BundlesRoom = lazyRoom(async () => (await import('../bundles/bundles.tsx')).BundlesRoom);
const RunsRoom = lazyRoom(async () => (await import('../runs/runs.tsx')).RunsRoom);
const AuditRoom = lazyRoom(async () => (await import('../audit/audit.tsx')).AuditRoom);

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
      <Route path="/servers/:serverId/history">{({ serverId }) => <ServerHistoryRoom key={serverId} serverId={serverId} />}</Route>
      <Route path="/servers/:serverId">{({ serverId }) => <ServerRoom key={serverId} serverId={serverId} />}</Route>
      <Route path="/jobs/:jobId">{({ jobId }) => <JobRoom key={jobId} jobId={jobId} />}</Route>
      <Route path="/jobs"><JobsRoom /></Route>
      <Route path="/runs/*?"><RunsRoom /></Route>
      <Route path="/bundles/*?"><BundlesRoom /></Route>
      <Route path="/events/fleet"><FleetHistoryRoom /></Route>
      <Route path="/events/:eventId?">{({ eventId }) => <EventsRoom eventId={eventId} />}</Route>
      <Route path="/people"><PeopleRoom /></Route>
      <Route path="/groups"><GroupsRoom /></Route>
      {may('admin') && <Route path="/webhooks"><WebhooksRoom /></Route>}
      {may('admin') && <Route path="/clouds"><CloudsRoom /></Route>}
      <Route><NoSuchRoom /></Route>
    </Switch>
  );
};

const Rooms = () => {
  const [path] = useLocation();
  useEffect(() => {
    scrollTo(0, 0);
    remember(path);
  }, [path]);
  return (
    <RoomBoundary path={path}>
      <Switch>
        <Route path="/account"><AccountRoom /></Route>
        <Route path="/administration">{isAdministrator() ? <AdministrationRoom /> : <NoSuchRoom />}</Route>
        <Route path="/audit">{may('admin') || isAdministrator() ? <AuditRoom key={projectId.value} /> : <NoSuchRoom />}</Route>
        <Route><RoomsOfProject key={projectId.value} /></Route>
      </Switch>
    </RoomBoundary>
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
  const isIn = Boolean(me.value) && !me.value?.isFactorDue;
  useEffect(() => (isIn ? listenToKeys() : undefined), [isIn]);
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
      {overlay.value && <Overlay />}
    </>
  );
};
