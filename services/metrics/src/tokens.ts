/** What this service's own classes have injected. */
export const SAMPLES = Symbol('SampleStore');
export const ACTIVITY = Symbol('ActivityStore');
export const LOAD = Symbol('LoadStore');
