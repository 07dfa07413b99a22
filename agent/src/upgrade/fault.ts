/** Why an upgrade did not happen, for people; final: trying the same again does not help. */
export class UpgradeFault extends Error {
  override readonly name = 'UpgradeFault';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
