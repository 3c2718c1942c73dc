// On a call the keys 1 to 9 press the answer with that number, unless somebody is writing. They can be switched off
// (WCAG 2.1.4); the choice is kept on this machine. Without this script every answer is a button all the same.
const KEPT = 'call-keys'

function on () {
  try { return localStorage.getItem(KEPT) !== 'off' } catch { return true }
}

function keep (state) {
  try { localStorage.setItem(KEPT, state ? 'on' : 'off') } catch { /* private browsing: it holds for this page */ }
}

export function answerByNumber (root) {
  const answers = root.querySelector('[data-answers]')
  const toggle = root.querySelector('[data-call-keys]')
  if (!answers || !toggle) return
  let active = on()
  const say = () => {
    toggle.textContent = active ? 'Number keys are on' : 'Number keys are off'
    toggle.setAttribute('aria-pressed', String(active))
  }
  toggle.hidden = false
  toggle.addEventListener('click', () => { active = !active; keep(active); say() })
  say()
  root.addEventListener('keydown', (event) => {
    if (!active || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return
    if (event.target.closest('input, textarea, select, [contenteditable]')) return
    if (!/^[1-9]$/.test(event.key)) return
    const button = answers.querySelectorAll('button')[Number(event.key) - 1]
    if (button) {
      event.preventDefault()
      button.click()
    }
  })
}
