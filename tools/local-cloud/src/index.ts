export { type LocalCloud, type LocalCloudOptions, startLocalCloud } from './local-cloud.ts';
export { Faults } from './cloud/faults.ts';
export { type Driver, type DriverInfo } from './driver/driver.port.ts';
