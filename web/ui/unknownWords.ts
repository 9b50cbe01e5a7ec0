/** Said of a write nobody knows the end of; `question` as in 核没核上, `verb` as in 核销. */
export const unknownWords = (question: string, verb: string): string =>
  `没等到回音，不知道${question}。网络通了再点一次，只会${verb}一次。`
/** On the button that asks for the same once more. */
export const ASK_AGAIN = '再问一次'
