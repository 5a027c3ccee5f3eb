// form.js - forms whose faults stand at their fields.
//
//   const form = useForm({ name: '' }, (values) => api.post('/jobs', values), { then: (job) => navigate(`/jobs/${job.id}`) });
//   html`<${Form} form=${form}>
//     <${TextField} form=${form} name="name" label=${t('job.name')} required />
//     <${Submit} form=${form}>${t('save')}</${Submit}>
//   </${Form}>`
//
// A field's NAME is its place in the values ("jobConfiguration.url"), which is also what the API calls it in its errors.
import { html, useEffect, useId, useRef, useState } from '../vendor/preact.js';
import { guardLeaving } from '../router.js';
import { isAbort } from '../api.js';
import { t } from '../texts.js';
import { Button, Icon, classes } from './basics.js';

/** The value at "a.b.c" of an object. */
export const valueAt = (object, name) => name.split('.').reduce((value, key) => value?.[key], object);
/** A copy of the object with that value there. */
export function withValueAt(object, name, value) {
  const [key, ...rest] = name.split('.');
  return { ...object, [key]: rest.length ? withValueAt(object?.[key] ?? {}, rest.join('.'), value) : value };
}

/**
 * What a form holds. SUBMIT(values) does it; a Problem's errors appear at their fields, the others above the form. GUARD asks
 * before one leaves what was typed.
 */
export function useForm(initial, submit, { then, guard = false } = {}) {
  const [values, setValues] = useState(initial);
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const [isDirty, setDirty] = useState(false);
  const names = useRef(new Set());
  useEffect(() => (guard && isDirty ? guardLeaving((closes) => (closes ? false : window.confirm(t('form.leave')))) : undefined), [guard, isDirty]);
  const run = async (event) => {
    event?.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    try {
      const result = await submit(values);
      setDirty(false);
      setBusy(false);
      if (result !== false) setTimeout(() => then?.(result));
    } catch (error) {
      setBusy(false);
      if (isAbort(error)) return;
      setProblem(error);
      setTimeout(() => document.querySelector('.form [aria-invalid=true], .form-faults')?.focus());
    }
  };
  return {
    values, problem, isBusy, isDirty, run, names: names.current,
    errors: problem?.errors ?? {},
    set: (name, value) => { setDirty(true); setValues((old) => withValueAt(old, name, value)); },
    setAll: (next) => { setValues(next); setDirty(false); setProblem(null); },
    change: (next) => { setDirty(true); setValues((old) => ({ ...old, ...next })); },
  };
}

/** The faults that no field of the form shows. */
function FormFaults({ form }) {
  if (!form.problem) return null;
  const others = Object.entries(form.errors).filter(([name]) => !form.names.has(name));
  const shown = Object.keys(form.errors).length - others.length;
  return html`<div class="form-faults" role="alert" tabindex="-1"><${Icon} name="alert" size="18" /><div>
    <p>${shown > 0 && others.length === 0 ? t('form.faults', { count: shown }) : form.problem.message}</p>
    ${others.length > 0 && html`<ul>${others.map(([name, faults]) => html`<li key=${name}>${name && html`<code>${name}</code> `}${faults.join('; ')}</li>`)}</ul>`}
  </div></div>`;
}

export const Form = ({ form, class: extra, children }) => html`<form class=${classes('form', extra)} onSubmit=${form.run} novalidate><${FormFaults} form=${form} />${children}</form>`;

export const Submit = ({ form, kind = 'primary', children, ...rest }) => html`<${Button} type="submit" kind=${kind} isBusy=${form.isBusy} ...${rest}>${children}</${Button}>`;

/** Label, help and faults around a control: CHILDREN(attributes of the control). */
export function Field({ form, name, label, help, faults = form?.errors[name], required = false, wide = false, children }) {
  const id = useId();
  form?.names.add(name);
  const described = [help && `${id}-help`, faults && `${id}-faults`].filter(Boolean).join(' ') || undefined;
  return html`<div class=${classes('field', wide && 'is-wide')}>
    <label class="field-label" for=${id}>${label}${!required && form && html`<span class="field-optional">${t('form.optional')}</span>`}</label>
    ${children({ id, name, 'aria-invalid': faults ? 'true' : undefined, 'aria-describedby': described, required })}
    ${help && html`<p class="field-help" id=${`${id}-help`}>${help}</p>`}
    ${faults && html`<p class="field-faults" id=${`${id}-faults`}><${Icon} name="alert" size="14" />${[faults].flat().join('; ')}</p>`}
  </div>`;
}

/** A line of text. TYPE as of an input; MONO for what programs read. */
export function TextField({ form, name, label, help, required, wide, type = 'text', mono = false, value, onInput, ...rest }) {
  return html`<${Field} form=${form} name=${name} label=${label} help=${help} required=${required} wide=${wide}>${(own) => html`<input class=${classes('input', mono && 'is-mono')} type=${type} value=${value ?? valueAt(form?.values, name) ?? ''} onInput=${onInput ?? (({ currentTarget }) => form.set(name, currentTarget.value))} autocomplete="off" ...${own} ...${rest} />`}</${Field}>`;
}

/** A whole number, or null when it is empty. */
export const NumberField = ({ form, name, ...rest }) => html`<${TextField} form=${form} name=${name} type="number" inputmode="numeric" onInput=${({ currentTarget }) => form.set(name, currentTarget.value === '' ? null : Number(currentTarget.value))} ...${rest} />`;

export const AreaField = ({ form, name, label, help, required, wide = true, mono = false, rows = 4, ...rest }) => html`<${Field} form=${form} name=${name} label=${label} help=${help} required=${required} wide=${wide}>${(own) => html`<textarea class=${classes('input', mono && 'is-mono')} rows=${rows} value=${valueAt(form.values, name) ?? ''} onInput=${({ currentTarget }) => form.set(name, currentTarget.value)} spellcheck=${!mono} ...${own} ...${rest}></textarea>`}</${Field}>`;

/** OPTIONS: texts, or {value, label}. */
export const SelectField = ({ form, name, label, help, required = true, wide, options, value, onChange, ...rest }) => html`<${Field} form=${form} name=${name} label=${label} help=${help} required=${required} wide=${wide}>${(own) => html`<${Select} options=${options} value=${value ?? valueAt(form?.values, name) ?? ''} onChange=${onChange ?? ((next) => form.set(name, next))} ...${own} ...${rest} />`}</${Field}>`;

/** The control alone, for rows of filters: give it a LABEL. */
export const Select = ({ options, value, onChange, label, ...rest }) => html`<span class="select"><select class="input" aria-label=${label} value=${value} onChange=${({ currentTarget }) => onChange(currentTarget.value)} ...${rest}>${options.map((option) => html`<option key=${option.value ?? option} value=${option.value ?? option} selected=${String(option.value ?? option) === String(value)}>${option.label ?? option}</option>`)}</select><${Icon} name="down" size="14" /></span>`;

export function CheckField({ form, name, label, help, value, onChange }) {
  const id = useId();
  form?.names.add(name);
  return html`<div class="field is-check"><label class="check"><input type="checkbox" checked=${value ?? Boolean(valueAt(form?.values, name))} onChange=${({ currentTarget }) => (onChange ?? ((next) => form.set(name, next)))(currentTarget.checked)} aria-describedby=${help ? id : undefined} /><span>${label}</span></label>${help && html`<p class="field-help" id=${id}>${help}</p>`}</div>`;
}

/** What to search for: tells ON_CHANGE a moment after the last key. `/` goes there. */
export function SearchField({ value, onChange, label, placeholder = label }) {
  const [text, setText] = useState(value);
  const box = useRef(null);
  const told = useRef(value);
  useEffect(() => { if (value !== told.current) { told.current = value; setText(value); } }, [value]);
  useEffect(() => {
    if (text === told.current) return undefined;
    const timer = setTimeout(() => { told.current = text; onChange(text); }, 200);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<div class="search"><${Icon} name="search" /><input class="input" ref=${box} type="search" data-search value=${text} aria-label=${label} placeholder=${placeholder} onInput=${({ currentTarget }) => setText(currentTarget.value)} autocomplete="off" spellcheck="false" /></div>`;
}
