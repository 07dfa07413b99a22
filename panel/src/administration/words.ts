/** What the room of administration says; fetched with it. */
export const words = {
  signOut: 'Sign out', signOutOf: (name: string) => `Sign out ${name} everywhere`, signOutTitle: (name: string) => `Sign ${name} out everywhere?`,
  signOutMeans: 'Every session of the person ends within seconds. API tokens stay, and whoever knows the password can sign in again.',
  recover: 'Recover', recoverOf: (name: string) => `Recover the account of ${name}`, recoverTitle: (name: string) => `Let ${name} back in?`, recoverMake: 'Make a link', recoverLink: 'Link',
  recoverMeans: 'You get a link with which a new password can be chosen, good once and for one hour. When it is used, every session and API token of the person ends. A second factor stays, and a code of it is asked for: reset it too, as a step of its own, for somebody who has lost phone and recovery codes. Be sure whom you give it to.',
  recoverLinkHelp: (email: string, until: string) => `Citrus sends no mail: pass it on to ${email} yourself. Good once, until ${until}, and shown only now.`,
  reset: 'Reset second factor', resetOf: (name: string) => `Reset second factor of ${name}`, resetTitle: (name: string) => `Reset the second factor of ${name}?`,
  resetMeans: 'For somebody who has lost phone and recovery codes: the second factor is turned off and every session of the person ends. Until a new one is set up, the password alone is enough to sign in. Be sure who asks you.',
  factor: 'Second factor for everybody', factorOff: 'People decide for themselves whether signing in asks for a code of their phone.', factorOn: 'Everybody needs one. Who has none sets it up at the next sign-in, before anything else.',
  factorFrom: (from: string) => `Who was signed in already has until ${from}.`, factorRequire: 'Require', factorStop: 'No longer require', factorRequireTitle: 'Require a second factor of everybody?', factorStopTitle: 'No longer require a second factor?',
  factorRequireMeans: 'From now on a sign-in without a second factor is good for setting one up and nothing else. API tokens and service accounts go on as they are.', factorStopMeans: 'People who have one keep it, and may turn it off.',
  grace: 'Days for those who are signed in', graceHelp: '0 to 30. When they are over, open sessions ask for it too.',
  users: 'Users', administrator: 'Administrator', since: 'Since', grant: 'Make administrator', grantOf: (name: string) => `Make administrator: ${name}`, grantTitle: (name: string) => `Make ${name} administrator?`,
  grantMeans: 'Administrators run the whole installation: they make projects, see all users, rotate keys, erase people, and make other administrators. A role in a project does not come with it.',
  revoke: 'No longer administrator', revokeOf: (name: string) => `${name} is no longer administrator`, revokeTitle: (name: string) => `Take administration from ${name}?`, revokeMeans: (name: string) => `${name} keeps all roles in projects.`,
  revokeOwnMeans: 'This is you. Only another administrator can give it back. You keep your roles in projects.',
  erase: 'Erase', eraseOf: (name: string) => `Erase ${name}`, eraseTitle: (name: string) => `Erase ${name}?`,
  eraseMeans: 'The person is signed out and can never sign in again. Name and address become unreadable everywhere, also in the history. This cannot be undone.',
  projects: 'Projects', noProjects: 'No projects', newProject: 'New project', makeProject: 'Make project', rename: 'Rename', renameOf: (name: string) => `Rename ${name}`, youAre: (role: string) => `you are ${role}`, notAMember: 'you are not a member',
} as const;

export const keyWords = {
  title: 'Keys', rotate: 'Rotate', rotateOf: (name: string) => `Rotate: ${name}`,
  name: { 'access-tokens': 'Access tokens', commands: 'Commands to agents' },
  what: { 'access-tokens': 'Proves to services who is asking.', commands: 'Proves to agents that a command is ours.' },
  confirmTitle: { 'access-tokens': 'Rotate the key of access tokens?', commands: 'Rotate the key of commands?' },
  can: {
    analyst: 'read what happened', viewer: 'see servers, jobs and people', operator: 'make servers, install apps, and delete both', admin: 'do all but make owners', owner: 'do everything in it',
  },
  means: {
    'access-tokens': 'New access tokens are signed with the next key, which everybody has known for a while. Those that are out stay good for the few minutes they live. Nobody is signed out.',
    commands: 'Commands are signed with a new key from now on. Agents that are online learn it at once, others when they come back. The old key stays good until they have.',
  },
  leaked: 'The present key may be in other hands', leakedMeans: 'The present key and the next one are given up at once. Each agent fetches the new ones by itself, and commands wait for that.',
  rotated: { 'access-tokens': 'Access tokens are signed with the next key now.', commands: 'Commands are signed with a new key now.' },
} as const;

export const quotaWords = {
  title: 'Quotas', of: (name: string) => `Quota of ${name}`, change: 'Change', changeOf: (name: string) => `Change the quota of ${name}`, save: 'Save', unlimited: 'No limit but the cloud account’s own',
  servers: 'Servers', empty: 'Empty: no limit. What is there stays.', creations: 'Servers asked for in an hour', creationsHelp: 'Deleted ones count too.',
  usedServers: (used: number, limit: number | null) => (limit === null ? `${used} servers, no limit` : `${used} of ${limit} servers`),
  usedCreations: (used: number, limit: number | null) => (limit === null ? `${used} asked for in the last hour, no limit` : `${used} of ${limit} asked for in the last hour`),
} as const;
