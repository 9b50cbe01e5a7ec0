// Small and first: the client is asked and the card fetched while the framework is still on its way.
import { drawFirstLook, readyFont } from './firstLook.ts'
import { opening } from './firstQuestion.ts'
import { nextTask } from './ui/nextTask.ts'

/** So long the framework waits for the client, or for the card, which may come later: the time is not lost then. */
const PATIENCE_MS = 300

const soon = (awaited: Promise<unknown> | undefined): Promise<unknown> =>
  Promise.race([
    Promise.resolve(awaited).catch(() => undefined),
    new Promise(resolve => setTimeout(resolve, PATIENCE_MS)),
  ])

// To evaluate the framework takes a phone longer than to ask the question: the card is asked for first. Where the framework is here
// by then, there is time for it until the card comes; where it is still coming, the card comes about then, and her name goes first.
const asked = opening.then(({ contact }) => contact)
void soon(asked).then(nextTask).then(readyFont)
opening.then(({ card }) => card).then(drawFirstLook, () => undefined)
void soon(asked)
  .then(() => (isHere() ? undefined : soon(opening.then(({ card }) => card))))
  .then(() => import('./main.ts'))
  .catch(explain)

/** The framework, fetched ahead; where browsers do not do that, it comes only when it is asked for. */
function isHere(): boolean {
  const link = document.querySelector<HTMLLinkElement>('link[rel=modulepreload]')
  return !link?.relList.supports('modulepreload') || performance.getEntriesByName(link.href).length > 0
}

/** Whatever else explains lies in the part that did not come; what it is drawn with stands in the document. */
function explain(): void {
  const app = document.getElementById('app')!
  app.innerHTML = `<div class="state card" role="alert"><p>网络不通，没打开</p><button class="button">再试</button></div>`
  app.querySelector('button')!.onclick = () => location.reload()
}
