/** What the panel about machines at the clouds says; fetched with its room. */
export const words = {
  title: 'Machines at the cloud', compare: 'Compare now', never: 'The machines at the clouds are compared with the servers here, to find what is left over, lost or changed. Nothing was compared yet.', good: 'All is as it should be.', at: 'Compared', unconfirmed: 'seen once', counts: (machines: number, servers: number) => `${machines} machines, ${servers} servers`,
  kind: { orphan: 'Of nobody', duplicate: 'Second machine', ghost: 'No machine', drift: 'Changed' }, repair: { remove: 'being removed', destroy: 'Destroy', 'mark-failed': 'Mark failed', accept: 'Accept', retag: 'Put tags back' },
  repairTitle: { remove: '', destroy: 'Destroy this machine?', 'mark-failed': 'Mark the server failed?', accept: 'Accept what the cloud shows?', retag: 'Put the tags back?' },
  destroyMeans: 'Everything on it is lost, for ever. Another installation may be using it.', typeRef: 'Type its reference', typeRefHelp: (ref: string) => `It is “${ref}”.`
} as const;
