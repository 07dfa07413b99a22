/** What this service's own classes have injected. */
export const SAMPLES = Symbol('SampleStore');
export const ACTIVITY = Symbol('ActivityStore');
export const LOAD = Symbol('LoadStore');
export const WEBHOOK_PARTS = Symbol('WebhookParts');
export const WEBHOOKS = Symbol('Webhooks');
export const WEBHOOK_UPKEEP = Symbol('WebhookUpkeep');
export const DELIVERY_STORE = Symbol('DeliveryStore');
export const DELIVERIES = Symbol('Deliveries');
export const SENDER = Symbol('Sender');
