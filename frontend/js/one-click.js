// A button pressed twice in a hurry sends its form once. The server refuses the second one too; this spares the message.
export function keepOneClick (root) {
  root.addEventListener('submit', (event) => {
    const form = event.target
    if (form.dataset.sent === 'yes') {
      event.preventDefault()
      return
    }
    form.dataset.sent = 'yes'
    setTimeout(() => { delete form.dataset.sent }, 3000)
  })
  // Back in the browser's history shows the page as it was left; the form must work again.
  window.addEventListener('pageshow', () => {
    for (const form of root.querySelectorAll('form[data-sent]')) delete form.dataset.sent
  })
}
