import { PUBLIC_EVENTS } from '@citrus/contracts';
import { goldenEvents, goldenStreams } from '@citrus/kit-testing';
import { apiTokenDecider } from './api-token/api-token.decider.ts';
import { apiTokensProjection } from './api-token/api-token.projection.ts';
import { auditProjection } from './audit/audit.projection.ts';
import { enrolmentDecider } from './enrolment/enrolment.decider.ts';
import { enrolmentsProjection } from './enrolment/enrolment.projection.ts';
import { authEvents } from './event-versions.ts';
import { administratorsProjection } from './installation/administrator.projection.ts';
import { installationDecider } from './installation/installation.decider.ts';
import { invitationDecider } from './invitation/invitation.decider.ts';
import { invitationsProjection } from './invitation/invitation.projection.ts';
import { projectDecider } from './project/project.decider.ts';
import { projectsProjection } from './project/project.projection.ts';
import { identityDecider } from './oidc/identity.decider.ts';
import { secondFactorDecider } from './second-factor/second-factor.decider.ts';
import { serviceAccountDecider } from './service-account/service-account.decider.ts';
import { serviceAccountsProjection } from './service-account/service-account.projection.ts';
import { sessionDecider } from './session/session.decider.ts';
import { sessionsProjection } from './session/session.projection.ts';
import { membershipsProjection } from './user/membership.projection.ts';
import { userDecider } from './user/user.decider.ts';
import { usersProjection } from './user/user.projection.ts';

const isPrivate = ([type]: [string, unknown]) => !Object.hasOwn(PUBLIC_EVENTS.auth, type);

goldenEvents('auth’s private events', Object.fromEntries(Object.entries(authEvents).filter(isPrivate)), new URL('../golden/', import.meta.url));
goldenStreams({
  folder: new URL('../golden/streams/', import.meta.url),
  events: authEvents,
  deciders: { user: userDecider, project: projectDecider, invitation: invitationDecider, installation: installationDecider, session: sessionDecider, secondfactor: secondFactorDecider, apitoken: apiTokenDecider, serviceaccount: serviceAccountDecider, identity: identityDecider, enrolment: enrolmentDecider },
  folds: [usersProjection, membershipsProjection, projectsProjection, administratorsProjection, invitationsProjection, sessionsProjection, apiTokensProjection, serviceAccountsProjection, enrolmentsProjection, auditProjection],
});
