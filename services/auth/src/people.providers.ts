/** Wiring of projects, members, invitations, administrators and the first of them. */
import type { MasterKeys } from '@citrus/kit-crypto';
import type { Clock } from '@citrus/kit-domain';
import type { EventStore, Keyring, Projections } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, DATABASE, EVENT_STORE, LOGGER, PROJECTIONS, READINESS, type Readiness } from '@citrus/kit-service';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap, type OnModuleInit, type Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { Audit } from './audit/audit.ts';
import type { AuthConfig } from './config.ts';
import type { AuthDatabase } from './database.ts';
import { createAdministrators } from './installation/administrators.ts';
import { announceClaim } from './installation/announce-claim.ts';
import { createClaim, type Claim } from './installation/claim.ts';
import { createClaimTokens, type ClaimTokens } from './installation/claim-token.ts';
import { createAcceptInvitation } from './invitation/accept-invitation.ts';
import { startExpiringInvitations } from './invitation/expire-invitations.ts';
import { createInvitations, type InvitationParts } from './invitation/invitations.ts';
import { readInvitations, type InvitationList } from './invitation/invitations.store.ts';
import { once } from './once.ts';
import { createProjects } from './project/projects.ts';
import { readProjects, type ProjectList } from './project/projects.store.ts';
import {
  ACCEPT_INVITATION, ADMINISTRATORS, ANNOUNCE_CLAIM, AUDIT, CLAIM, CLAIM_TOKENS, EXPIRING_INVITATIONS, FIRST_ADMIN, FORGET, INVITATION_LIST, INVITATION_PARTS, INVITATIONS, KEYRING, MASTER_KEY,
  PASSWORDS, PEOPLE, PROJECT_LIST, PROJECTS, USERS,
} from './tokens.ts';
import type { Forget } from './user/forget.ts';
import type { Passwords } from './user/password.ts';
import { readPeople, type People } from './user/people.store.ts';
import type { Users } from './user/users.store.ts';

type Database = Kysely<AuthDatabase>;
type Stop = { stop(): Promise<void> };

/** What goes on beside requests: the link to claim is told once, and old invitations end. */
@Injectable()
class PeopleInTheBackground implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  #expiring: Stop | undefined;

  constructor(
    @Inject(READINESS) private readonly readiness: Readiness,
    @Inject(ANNOUNCE_CLAIM) private readonly announce: () => Promise<undefined>,
    @Inject(EXPIRING_INVITATIONS) private readonly startExpiring: () => Stop,
  ) {}

  onModuleInit(): void {
    this.readiness.add('claim', this.announce);
  }

  onApplicationBootstrap(): void {
    this.#expiring = this.startExpiring();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#expiring?.stop();
  }
}

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
const lists: Provider[] = [
  { provide: PEOPLE, inject: [DATABASE, KEYRING], useFactory: (db: Database, keyring: Keyring) => readPeople(db, keyring) },
  { provide: PROJECT_LIST, inject: [DATABASE], useFactory: (db: Database) => readProjects(db) },
  { provide: INVITATION_LIST, inject: [DATABASE, KEYRING], useFactory: (db: Database, keyring: Keyring) => readInvitations(db, keyring) },
];

const invitations: Provider[] = [
  {
    provide: INVITATION_PARTS,
    inject: [EVENT_STORE, PROJECTIONS, KEYRING, FORGET, INVITATION_LIST, PROJECT_LIST, AUDIT, CLOCK],
    useFactory: (store: EventStore, projections: Projections, keys: Keyring, forget: Forget, list: InvitationList, projects: ProjectList, audit: Audit, clock: Clock): InvitationParts =>
      ({ store, projections, keys, forget, list, projects, audit, clock }),
  },
  { provide: INVITATIONS, inject: [INVITATION_PARTS], useFactory: createInvitations },
  {
    provide: ACCEPT_INVITATION,
    inject: [INVITATION_PARTS, USERS, PASSWORDS],
    useFactory: (parts: InvitationParts, users: Users, passwords: Passwords) => createAcceptInvitation({ ...parts, users, passwords }),
  },
  {
    provide: EXPIRING_INVITATIONS,
    inject: [INVITATION_PARTS, LOGGER],
    useFactory: (parts: InvitationParts, logger: Logger) => () => startExpiringInvitations({ ...parts, logger }),
  },
];

const installation: Provider[] = [
  { provide: CLAIM_TOKENS, inject: [MASTER_KEY], useFactory: (masterKeys: MasterKeys) => createClaimTokens(masterKeys) },
  {
    provide: CLAIM,
    inject: [EVENT_STORE, PROJECTIONS, USERS, KEYRING, PASSWORDS, CLAIM_TOKENS, AUDIT],
    useFactory: (store: EventStore, projections: Projections, users: Users, keys: Keyring, passwords: Passwords, tokens: ClaimTokens, audit: Audit) =>
      createClaim({ store, projections, users, keys, passwords, tokens, audit }),
  },
  {
    provide: ANNOUNCE_CLAIM,
    inject: [FIRST_ADMIN, CLAIM, CLAIM_TOKENS, CONFIG, LOGGER],
    useFactory: (firstAdmin: () => Promise<undefined>, claim: Claim, tokens: ClaimTokens, config: AuthConfig, logger: Logger) =>
      once(async () => {
        await firstAdmin();
        await announceClaim({ claim, tokens, publicUrl: config.CITRUS_PUBLIC_URL, logger });
        return undefined;
      }),
  },
  {
    provide: ADMINISTRATORS,
    inject: [EVENT_STORE, PROJECTIONS],
    useFactory: (store: EventStore, projections: Projections) => createAdministrators({ store, projections }),
  },
];

export const peopleProviders: Provider[] = [
  ...lists, ...invitations, ...installation, PeopleInTheBackground,
  {
    provide: PROJECTS,
    inject: [EVENT_STORE, PROJECTIONS, USERS, PEOPLE, PROJECT_LIST],
    useFactory: (store: EventStore, projections: Projections, users: Users, people: People, projects: ProjectList) => createProjects({ store, projections, users, people, projects }),
  },
];
/* oxlint-enable max-params */
