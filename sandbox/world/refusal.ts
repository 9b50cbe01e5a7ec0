/** The world cannot be changed like that (unknown member, foreign conversation, …); the message says what to do instead. */
export class WorldRefusal extends Error {
  override name = 'WorldRefusal'
}
