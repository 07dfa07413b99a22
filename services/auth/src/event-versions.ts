/** Every event that auth writes or has ever written. */
import type { EventCatalogue } from '@citrus/contracts';
import { apiTokenEvents } from './api-token/api-token.events.ts';
import { auditEvents } from './audit/audit.events.ts';
import { enrolmentEvents } from './enrolment/enrolment.events.ts';
import { installationEvents } from './installation/installation.events.ts';
import { invitationEvents } from './invitation/invitation.events.ts';
import { projectEvents } from './project/project.events.ts';
import { identityEvents } from './oidc/identity.events.ts';
import { secondFactorEvents } from './second-factor/second-factor.events.ts';
import { serviceAccountEvents } from './service-account/service-account.events.ts';
import { sessionEvents } from './session/session.events.ts';
import { userEvents } from './user/user.events.ts';

export const authEvents = { ...userEvents, ...projectEvents, ...invitationEvents, ...installationEvents, ...sessionEvents, ...secondFactorEvents, ...apiTokenEvents, ...serviceAccountEvents, ...identityEvents, ...enrolmentEvents, ...auditEvents } as const satisfies EventCatalogue;
