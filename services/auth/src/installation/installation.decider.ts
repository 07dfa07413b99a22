/** Who runs the installation. Once there is an administrator there is always one. */
import { Refusal, type Decider } from '@citrus/kit-domain';
import type { DataOf, InstallationEvent } from './installation.events.ts';

export const INSTALLATION = 'installation-citrus';

export type InstallationCommand =
  | { readonly type: 'GrantAdministrator'; readonly data: DataOf<'AdministratorGranted'> }
  | { readonly type: 'RevokeAdministrator'; readonly data: DataOf<'AdministratorRevoked'> }
  /** For an installation whose people came before its first administrator: nothing, where there is one. */
  | { readonly type: 'EnsureAdministrator'; readonly data: DataOf<'AdministratorGranted'> }
  | { readonly type: 'Claim'; readonly data: DataOf<'InstallationClaimed'> }
  | { readonly type: 'RequireSecondFactor'; readonly data: DataOf<'SecondFactorRequired'> }
  | { readonly type: 'MakeSecondFactorOptional'; readonly data: DataOf<'SecondFactorMadeOptional'> };

export type Installation = { readonly administrators: readonly string[]; readonly claimedBy?: DataOf<'InstallationClaimed'>; /** Undefined: everybody as he likes. */ readonly secondFactor?: DataOf<'SecondFactorRequired'> | undefined };

const claimed = () => new Refusal('installation.claimed', 'Somebody has claimed this installation already. Sign in, or ask its administrator to invite you.');

const revoke = ({ administrators }: Installation, data: DataOf<'AdministratorRevoked'>): InstallationEvent[] => {
  if (!administrators.includes(data.userId)) return [];
  if (administrators.length === 1) {
    throw new Refusal('administrator.last', 'This is the last administrator of the installation. Make somebody else an administrator first; without one nobody could manage it.');
  }
  return [{ type: 'AdministratorRevoked', data }];
};

const decide = (command: InstallationCommand, installation: Installation): InstallationEvent[] => {
  const { administrators, claimedBy } = installation;
  switch (command.type) {
    case 'GrantAdministrator':
      return administrators.includes(command.data.userId) ? [] : [{ type: 'AdministratorGranted', data: command.data }];
    case 'RevokeAdministrator':
      return revoke(installation, command.data);
    case 'EnsureAdministrator':
      return administrators.length > 0 ? [] : [{ type: 'AdministratorGranted', data: command.data }];
    case 'Claim': {
      const { userId, projectId } = command.data;
      if (claimedBy?.userId === userId && claimedBy.projectId === projectId) return [];
      if (administrators.length > 0) throw claimed();
      return [{ type: 'InstallationClaimed', data: command.data }, { type: 'AdministratorGranted', data: { userId } }];
    }
    case 'RequireSecondFactor': {
      const { secondFactor: before } = installation;
      if (before?.graceDays === command.data.graceDays) return [];
      // Another grace is one for those who were signed in at the beginning.
      return [{ type: 'SecondFactorRequired', data: { ...command.data, at: before?.at ?? command.data.at } }];
    }
    case 'MakeSecondFactorOptional':
      return installation.secondFactor ? [{ type: 'SecondFactorMadeOptional', data: command.data }] : [];
  }
};

const evolve = (installation: Installation, event: InstallationEvent): Installation => {
  const { administrators } = installation;
  switch (event.type) {
    case 'AdministratorGranted':
      return { ...installation, administrators: [...administrators, event.data.userId] };
    case 'AdministratorRevoked':
      return { ...installation, administrators: administrators.filter((userId) => userId !== event.data.userId) };
    case 'InstallationClaimed':
      return { ...installation, claimedBy: event.data };
    case 'SecondFactorRequired':
      return { ...installation, secondFactor: event.data };
    case 'SecondFactorMadeOptional':
      return { ...installation, secondFactor: undefined };
  }
};

export const installationDecider: Decider<Installation, InstallationCommand, InstallationEvent> = { initialState: { administrators: [] }, decide, evolve };
