/** A step that failed in a way we understand: what happened and what to do, without a stack. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  readonly whatToDo: string;
  constructor(message: string, whatToDo: string, options?: ErrorOptions) {
    super(message, options);
    this.whatToDo = whatToDo;
  }
}
