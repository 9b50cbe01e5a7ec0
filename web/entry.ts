// Small and first: the client is asked and the card fetched while the framework is still on its way.
import { opening } from './firstQuestion.ts'

/** So long the framework waits for the client to say who is in view; it may come later, and the time is not lost then. */
const PATIENCE_MS = 80

// To evaluate the framework takes a phone longer than to ask the question: the card is asked for first, and meanwhile there is time.
const asked = opening.then(({ contact }) => contact).catch(() => undefined)
const waited = new Promise(resolve => setTimeout(resolve, PATIENCE_MS))
void Promise.race([asked, waited])
  .then(() => import('./main.ts'))
  .catch(explain)

/** Whatever else explains lies in the part that did not come; what it is drawn with stands in the document. */
function explain(): void {
  const app = document.getElementById('app')!
  app.innerHTML = `<div class="state card" role="alert"><p>网络不通，没打开</p><button class="button">再试</button></div>`
  app.querySelector('button')!.onclick = () => location.reload()
}
