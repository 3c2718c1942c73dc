// Builds everything the console's pages load into ../build/static, from the locked packages and our own files.
// Nothing is fetched when the product runs; nothing of it is committed.
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as sass from 'sass'

const here = dirname(fileURLToPath(import.meta.url))
const finished = join(here, '..', 'build', 'static')
const target = `${finished}.new` // swapped in at the end, so that a console that is running never misses a file
const packages = join(here, 'node_modules')

rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })

const css = sass.compile(join(here, 'scss', 'console.scss'), { loadPaths: [packages], style: 'compressed', quietDeps: true }).css
for (const forbidden of ['GDS Transport', '@font-face', 'crest', 'crown']) {
  if (css.includes(forbidden)) throw new Error(`The style sheet must not carry "${forbidden}": this is not a GOV.UK site.`)
}

const own = join(here, 'js')
for (const file of readdirSync(own)) cpSync(join(own, file), join(target, file))
const images = join(here, 'images')
for (const file of readdirSync(images)) cpSync(join(images, file), join(target, file))
cpSync(join(packages, 'govuk-frontend', 'dist', 'govuk', 'govuk-frontend.min.js'), join(target, 'govuk-frontend.min.js'))
cpSync(join(packages, 'htmx.org', 'dist', 'htmx.min.js'), join(target, 'htmx.min.js'))
writeFileSync(join(target, 'console.css'), css)

rmSync(finished, { recursive: true, force: true })
renameSync(target, finished)
