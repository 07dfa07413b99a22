/** The words of the room of webhooks; in the room's own part, so that the first load does not carry them. */
const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);

export const words = {
  title: 'Webhooks', add: 'Add a webhook', none: 'No webhooks yet', noneHint: 'A webhook sends events of this project to an address of yours: to a chat, a ticket system or a program. What is sent is signed.',
  url: 'Address', urlHelp: 'Where events are sent, as in https://hooks.example.com/citrus. It must be reachable from the internet.',
  description: 'Description', descriptionHelp: 'What it is for, for whoever looks here later.',
  events: 'Events', all: 'All events', some: 'Only these', typesHelp: 'An event type, or the beginning of some and a *: Server* means all that begin with Server.', addType: 'Add', type: 'Event type', removeType: (type: string) => `Remove ${type}`, needType: 'Name at least one event type, or choose all.',
  secret: 'Secret', secretHelp: 'The receiver checks the signatures with it. It is not shown again; if it is lost, rotate it.', made: 'The webhook is there', rotated: 'The new secret', rotatedMeans: 'What is sent is signed with the old secret too for a day, so the receiver can change over.',
  active: 'Active', paused: 'Paused', failing: 'Failing', waiting: (count: number) => `${count} waiting`, failed: (count: number) => `${count} given up`, delivered: 'delivered', neverDelivered: 'nothing delivered yet', since: 'failing since', oldSecret: 'old secret until',
  deliveries: 'Deliveries', deliveriesOf: (what: string) => `Deliveries to ${what}`, hide: 'Hide deliveries', hideOf: (what: string) => `Hide deliveries to ${what}`, noDeliveries: 'Nothing was sent yet', noDeliveriesHint: 'Send a test, or wait for an event of those that are meant.',
  ping: 'Send a test', pingOf: (what: string) => `Send a test to ${what}`, pause: 'Pause', pauseOf: (what: string) => `Pause ${what}`, resume: 'Resume', resumeOf: (what: string) => `Resume ${what}`, rotate: 'Rotate the secret', rotateOf: (what: string) => `Rotate the secret of ${what}`,
  rotateTitle: 'Rotate the secret?', change: 'Change', changeOf: (what: string) => `Change ${what}`, remove: 'Delete', removeOf: (what: string) => `Delete ${what}`, removeTitle: 'Delete the webhook?', removeMeans: 'Nothing more is sent, and its deliveries are forgotten. What waits is not sent any more.',
  status: { waiting: 'Waiting', delivered: 'Delivered', failed: 'Given up' } as Readonly<Record<'waiting' | 'delivered' | 'failed', string>>,
  tries: (count: number) => `${count} ${plural(count, 'try', 'tries')}`, next: 'next', answer: 'Answer', noAnswer: 'The answer was empty.', again: 'Send again', againOf: (type: string) => `Send again: ${type}`, againFailed: 'Send again what was given up', more: 'Earlier deliveries', details: 'Answer and body', body: 'What is sent', save: 'Save',
} as const;
