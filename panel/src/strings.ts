/**
 * Every word that the panel says. Another language is another file of this shape; what the hub, an installer or a
 * script says is shown as it is.
 */
const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);

export const strings = {
  product: 'Citrus',
  shell: {
    rooms: 'Rooms', breadcrumb: 'Where you are', skip: 'Skip to content', signOut: 'Sign out', loading: 'Loading…',
    connection: 'Connection', offline: 'Connection lost. Trying again; nothing you see is lost.',
    notFound: 'There is nothing here', notFoundHint: 'The address leads nowhere. It may be mistyped, or what it named is gone.', toServers: 'Go to the servers',
    searchKey: 'Press / to search',
  },
  signIn: { title: 'Sign in to Citrus', email: 'E-mail', password: 'Password', submit: 'Sign in' },
  dialog: { close: 'Close', cancel: 'Cancel' },
  problem: {
    unreachable: 'Citrus could not be reached. Check your connection and try again.',
    status: (status: number) => `Citrus answered with an error (${status}).`,
    tryAgain: 'Try again',
  },
  form: {
    optional: 'optional', show: 'Show', generate: 'Generate', choose: 'Choose…',
    summary: (count: number) => plural(count, 'One answer needs another look:', `${count} answers need another look:`),
  },
  servers: {
    title: 'Servers', create: 'Create server', search: 'Find servers', name: 'Name', state: 'State', agent: 'Agent', address: 'Address',
    region: 'Region', size: 'Size', created: 'Created', online: 'Online', offline: 'Offline', lastSeen: 'seen',
    none: 'No servers yet', noneHint: 'Create the first one. It takes about a minute to become active, and you can watch it happen.',
    noMatch: (wanted: string) => (wanted === '' ? 'Nothing of that kind' : `Nothing matches “${wanted}”`),
    status: {
      creating: 'Creating', provisioning: 'Provisioning', initializing: 'Initializing', active: 'Active',
      failed: 'Failed', deleting: 'Deleting', deleted: 'Deleted',
    },
  },
  create: {
    title: 'Create server', submit: 'Create server', name: 'Name', nameHelp: 'Lower-case letters, digits and dashes, as in a host name.',
    region: 'Region', size: 'Size', image: 'Image', tags: 'Tags', tagsHelp: 'Separated by spaces.', more: 'More options', options: 'Options',
    backups: 'Weekly backups', ipv6: 'IPv6', monitoring: 'Provider’s monitoring',
    labelOf: (field: string) => ({ name: 'Name', region: 'Region', size: 'Size', image: 'Image', tags: 'Tags' })[field] ?? field,
  },
  server: {
    lifecycle: 'Life cycle', statusLabel: 'Server status', retry: 'Retry', retryHint: 'The broken machine is destroyed first; the server keeps its name.',
    about: 'About', address: 'Address', region: 'Region', size: 'Size', image: 'Image', system: 'System', droplet: 'Droplet', agent: 'Agent', tags: 'Tags', created: 'Created',
    jobs: 'Jobs', noJobs: 'No jobs yet', timeline: 'Timeline', allEvents: 'All events', unknown: 'No such server',
    phase: { creating: 'Creating', provisioning: 'Provisioning', initializing: 'Initializing', active: 'Active' },
    phaseHint: { creating: 'ask the provider', provisioning: 'boot the machine', initializing: 'wait for the agent', active: 'ready for apps' },
    stoppedHere: 'stopped here',
    stepState: { done: '(done)', current: '(in progress)', waiting: '(not yet)', failed: '(failed)' },
  },
  apps: {
    title: 'Apps', install: 'Install app', none: 'No apps yet', noneHint: 'Install one: choose it, answer its questions, follow the log.',
    notYet: 'Apps can be installed once the server is active.', installed: 'installed', open: 'Open', uninstall: 'Uninstall',
    openApp: (name: string) => `Open ${name}`, uninstallApp: (name: string) => `Uninstall ${name}`,
  },
  metrics: { title: 'Load', cpu: 'CPU', memory: 'Memory', disk: 'Disk', of: (used: string, total: string) => `${used} of ${total}` },
  danger: {
    title: 'Danger zone', hint: 'Deleting destroys the machine and everything on it.', open: 'Delete server', confirm: 'Delete this server',
    dialogTitle: (name: string) => `Delete ${name}?`,
    consequence: 'The machine is destroyed with all apps and data on it. Its history stays. This cannot be undone.',
    typeName: 'Type the server’s name', typeNameHelp: (name: string) => `It is “${name}”.`,
  },
  catalogue: {
    title: 'Install app', search: 'Find apps', none: 'No installers', noneHint: 'Put an installer folder with a manifest.yml into the installers directory.',
    portable: 'portable', cannotRun: 'Cannot run here', refused: (count: number) => plural(count, 'One installer was refused', `${count} installers were refused`),
  },
  install: {
    facts: 'What it is', version: 'Version', category: 'Kind', author: 'Made by', timeout: 'Stops after', again: 'Run again', againYes: 'safe', againNo: 'not safe', digest: 'Digest',
    requirements: 'What it needs', requirementState: { met: '– met', unmet: '– not met', unknown: '– not known yet' },
    serverOffline: 'The server is offline. The job waits until its agent is back.', serverNotActive: 'The server is not active, so it cannot run this.', untilActive: 'Wait until it is active.',
    installedAlready: (version: string) => `Version ${version} is already installed. Running it again is safe and uses the answers below.`,
    installedOnce: (version: string) => `Version ${version} is already installed, and this installer is not made to run twice.`,
    uninstallWarning: (name: string) => `This removes the app from ${name}, with what it keeps there.`,
    form: 'Questions', noInputs: 'It asks nothing.', runsOn: (name: string) => `Runs on ${name}`, cannotRunOn: (name: string) => `Cannot run on ${name}`, unknown: 'No such app', unknownHint: (id: string) => `There is no installer “${id}”.`,
  },
  requirements: {
    machine: 'A machine of its own, with systemd', noMachine: 'this server has none', anyMachine: 'Any machine, with or without systemd',
    needsMachine: 'It needs a machine of its own with systemd, and this server has none.',
    needsMachineRemedy: 'Choose an app that is marked portable, or another server.',
    anySystem: 'Any Linux', or: ' or ', runs: (system: string) => `this server runs ${system}`,
    needsSystem: (families: string, system: string) => `It runs on ${families}, and this server runs ${system}.`,
    needsSystemRemedy: 'Choose another app, or a server with that system.',
    memory: (size: string) => `${size} of memory`, disk: (size: string) => `${size} of free disk`,
    total: (size: string) => `this server has ${size}`, free: (size: string) => `this server has ${size} free`,
  },
  jobs: {
    title: 'Jobs', search: 'Find jobs', job: 'Job', state: 'State', server: 'Server', took: 'Took', when: 'Queued', deletedServer: 'deleted server',
    none: 'No jobs yet', noneHint: 'A job is one run of an installer. Open a server and install an app.',
    action: { install: 'Install', uninstall: 'Uninstall', upgrade: 'Upgrade', reconfigure: 'Reconfigure', backup: 'Back up', restore: 'Restore', health: 'Check' },
    status: {
      queued: 'Queued', dispatched: 'Dispatched', running: 'Running', cancelling: 'Cancelling', succeeded: 'Succeeded', failed: 'Failed',
      timed_out: 'Timed out', cancelled: 'Cancelled', expired: 'Expired', lost: 'Lost',
    },
  },
  job: {
    statusLabel: 'Job status', progress: 'Progress', on: 'on', queued: 'queued', attempt: (attempt: number) => `attempt ${attempt}`, unknown: 'No such job',
    details: 'Details', cancel: 'Cancel job', retry: 'Retry',
    waitsFor: { queued: 'Waiting for its turn.', dispatched: 'On its way to the agent.', running: '', cancelling: 'Waiting until the agent has stopped it.', succeeded: '', failed: '', timed_out: '', cancelled: '', expired: '', lost: '' },
    installer: 'Installer', attemptName: 'Attempt', exitCode: 'Exit code', reason: 'Reason', priority: 'Priority', createdAt: 'Queued', startedAt: 'Started', finishedAt: 'Ended',
    digest: 'Bundle', id: 'Job', inputs: 'Variables', inputsHint: 'As the script found them. Secrets are never shown.', noInputs: 'None.',
    priorities: { critical: 'Critical', high: 'High', normal: 'Normal', low: 'Low' },
    exitCodeMeans: { 0: 'success', 1: 'an answer was not accepted', 2: 'the installation failed', 3: 'the configuration failed', 124: 'it took too long' } as Readonly<Record<number, string>>,
  },
  log: {
    title: 'Job log', tools: 'Log tools', lines: (count: number) => `${count.toLocaleString('en')} ${plural(count, 'line', 'lines')}`, pause: 'Pause',
    pausedWith: (count: number) => `Resume (${count.toLocaleString('en')} new)`, follow: 'Follow', wrap: 'Wrap', copy: 'Copy', copied: 'Copied', raw: 'Raw',
    waiting: 'Waiting for the first line…', nothing: 'It printed nothing.',
  },
  events: {
    title: 'Events', search: 'Find events', filter: 'Kinds of events', none: 'Nothing has happened yet', older: 'Load older', raw: 'The event as it is kept',
    onlyAbout: (name: string) => `Only ${name} ✕`, kinds: { servers: 'Servers', jobs: 'Jobs', agents: 'Agents', access: 'Access', other: 'Other' },
  },
  facts: {
    on: ' · ', somebody: 'somebody', anAgent: 'agent', agentOf: 'The agent of ', someServer: (id: string) => `server ${id}`,
    serverOrdered: ' was ordered', projectCreated: (name: string) => `The project ${name} was created`, userCreated: (who: string) => `${who} was added`,
    memberForgotten: 'A member was forgotten',
    membershipGranted: (who: string, role: string) => `The role ${role} was given to ${who}`,
    serverRequested: ' was requested', dropletAccepted: (ref: string) => `: the provider accepted droplet ${ref}`, dropletReady: (address: string) => ` is up at ${address}`,
    serverActivated: ' is active', serverFailed: (step: string) => ` failed while ${step}`, deletionRequested: ' is to be deleted', serverDeleted: ' was deleted',
    retryRequested: ' tries again', createIntended: ': asking the provider for a machine', createRefused: ': the provider said no', createUnknown: ': the provider’s answer was lost; looking for the machine',
    createLost: ': no machine was made; asking again', strayFound: (ref: string) => `: droplet ${ref} must not exist and is destroyed`, straysRuledOut: ' has no stray droplets',
    dropletGone: (ref: string) => `: droplet ${ref} is gone`, attemptCleared: ': nothing is left of the attempt before', agentSeen: ' came before the address was known',
    machineOf: 'The machine of ', machineChanged: ' is not what it was', agentRetired: ' was retired', enrolmentIssued: ' got a token for its agent', enrolmentRefused: 'An agent was refused for ',
    agentEnrolled: ' got its credentials', agentRegistered: ' was registered', agentConnected: ' connected for the first time',
    theJob: 'The job', jobOf: (action: string, installer: string) => `${action.slice(0, 1).toUpperCase()}${action.slice(1)} ${installer}`,
    jobQueued: ' was queued for ', jobDispatched: ' was sent to ', jobStarted: ' started on ', jobSucceeded: ' succeeded on ', jobFailed: ' failed on ',
    jobTimedOut: ' took too long on ', jobCancelled: ' was cancelled on ', jobExpired: ' expired before it could run on ', jobLost: ' was lost on ', jobEnded: ' ended on ',
    attemptOf: (attempt: string) => `Attempt ${attempt} of `, attemptFailed: ' failed on ', cancelOf: 'Cancelling ', cancelRequested: ' was asked for on ',
  },
} as const;
