// login.js - signing in. Where one wanted to go (?next=) is taken only when it is a page of this dashboard.
import { Button, Form, Icon, Logo, Submit, TextField, classes, html, navigate, safeNext, signIn, t, useEffect, useForm, useState } from '../core.js';

export default function Login() {
  const [isShown, setShown] = useState(false);
  useEffect(() => { document.title = `${t('login.title')} · ${t('product')}`; }, []);
  const form = useForm({ email: '', password: '' }, async ({ email, password }) => {
    const next = safeNext(new URLSearchParams(location.search).get('next'));
    await signIn(email, password);
    navigate(next, { replace: true });
  });
  const { problem } = form;
  return html`<main class="login">
    <div class="login-box">
      <div class="login-brand"><${Logo} size="40" /><h1>${t('login.head')}</h1><p>${t('login.lead')}</p></div>
      <${Form} form=${form} class=${classes(problem && 'has-faults')}>
        <${TextField} form=${form} name="email" label=${t('login.email')} type="email" autocomplete="username" required wide autofocus spellcheck="false" />
        <div class="login-password">
          <${TextField} form=${form} name="password" label=${t('login.password')} type=${isShown ? 'text' : 'password'} autocomplete="current-password" required wide />
          <${Button} kind="quiet" small aria-pressed=${isShown} onClick=${() => setShown(!isShown)}>${t(isShown ? 'login.hide' : 'login.show')}</${Button}>
        </div>
        <${Submit} form=${form} class="is-wide">${t('login.submit')}</${Submit}>
      </${Form}>
      <p class="login-help"><${Icon} name="info" size="14" />${t('login.help')}</p>
    </div>
  </main>`;
}
