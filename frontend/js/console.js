// Small helps on top of pages that already work without any script.
import { initAll } from './govuk-frontend.min.js'
import { answerByNumber } from './call-keys.js'
import { keepOneClick } from './one-click.js'
import { openPrinter } from './printing.js'
import { scrollThreads } from './threads.js'

initAll()
keepOneClick(document)
openPrinter(document)
scrollThreads(document)
answerByNumber(document)

// What htmx swaps in gets the same helps as what came with the page.
document.addEventListener('htmx:load', (event) => {
  initAll({ scope: event.detail.elt })
  scrollThreads(event.detail.elt)
})
