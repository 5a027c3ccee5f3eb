// not_found.js - no page has this address.
import { Button, Empty, PageHead, href, html, place, t } from '../core.js';

export default function NotFound() {
  return html`<${PageHead} title=${t('notfound.title')} />
    <${Empty} icon="search" title=${t('notfound.head')} action=${html`<${Button} kind="primary" href=${href('/')}>${t('notfound.home')}</${Button}>`}><code>${place.get().path}</code> ${t('notfound.body')}</${Empty}>`;
}
