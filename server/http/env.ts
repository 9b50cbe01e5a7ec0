/** What the middlewares put on a request. */
export interface AppEnv {
  Variables: {
    requestId: string
    /** of the problem the request was answered with */
    problemCode: string | undefined
    /** sha256 of the session cookie, when there is one; whether it is valid only the database knows */
    sessionHash: Buffer | undefined
  }
}
