// On a call the keys 1 to 9 press the answer with that number, a letter presses the way out that shows it, and Backspace
// opens the last answer again, unless somebody is writing. They can be switched off (WCAG 2.1.4); the choice is kept on
// this machine. Without this script every one of them is a button or a link all the same.
const KEPT = 'call-keys'

function on () {
  try { return localStorage.getItem(KEPT) !== 'off' } catch { return true }
}

function keep (state) {
  try { localStorage.setItem(KEPT, state ? 'on' : 'off') } catch { /* private browsing: it holds for this page */ }
}

function pressedBy (key, root, answers) {
  if (/^[1-9]$/.test(key)) return answers && answers.querySelectorAll('button')[Number(key) - 1]
  if (/^[a-z]$/.test(key)) return root.querySelector(`[data-exit-key="${key}"]`)
  return key === 'Backspace' ? root.querySelector('[data-call-back]') : null
}

export function answerByNumber (root) {
  const answers = root.querySelector('[data-answers]')
  const toggle = root.querySelector('[data-call-keys]')
  if (!toggle) return
  let active = on()
  const say = () => {
    toggle.textContent = active ? 'Keys are on' : 'Keys are off'
    toggle.setAttribute('aria-pressed', String(active))
  }
  toggle.hidden = false
  toggle.addEventListener('click', () => { active = !active; keep(active); say() })
  say()
  root.addEventListener('keydown', (event) => {
    if (!active || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.repeat) return
    if (event.target.closest('input, textarea, select, [contenteditable]')) return
    const button = pressedBy(event.key, root, answers)
    if (button) {
      event.preventDefault()
      button.click()
    }
  })
}
