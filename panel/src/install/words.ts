/** What the catalogue and the page of an installation say beside the common words; fetched with them. */
const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);

export const installWords = {
  categories: 'Kinds of apps', memory: (amount: string) => `${amount} memory`, disk: (amount: string) => `${amount} disk`, within: (time: string) => `at most ${time}`, ports: (list: string) => `port ${list}`,
  installedHere: (version: string) => `Installed ${version}`, noneOfKind: 'No app of this kind matches', clear: 'Show all apps', count: (shown: number, all: number) => `${shown} of ${plural(all, 'one app', `${all} apps`)}`,
  chosen: (label: string) => `“${label}”`, needs: 'Needs', opens: 'Opens', keeps: 'Keeps data in', dependsOn: 'Depends on', conflicts: 'Cannot be with', canDo: 'Offers', nothing: 'nothing',
  more: 'More options', priority: 'Priority', priorityHelp: 'Whose turn it is first while several jobs wait for this server.', withDependencies: (names: string) => `First install what it depends on and is not there: ${names}`,
  sources: 'Where apps come from', commit: 'commit', noCommit: 'nothing is in use yet', fetchNow: 'Fetch now', fetchOf: (name: string) => `Fetch now: ${name}`, sourceState: { waiting: 'Waiting', fetching: 'Fetching', ready: 'Up to date', failing: 'Not fetched' },
  from: 'Comes from', builtIn: 'Citrus itself', fromSource: (name: string) => `from ${name}`, fromCommit: (name: string, commit: string) => `${name}, commit ${commit}`,
  elsewhere: 'Install it on more servers', elsewhereHelp: 'A run takes it to several servers, a few first.',
} as const;
