// Small and first: the client is asked and the card fetched while the framework is still on its way.
import './firstQuestion.ts'

void import('./main.ts')
