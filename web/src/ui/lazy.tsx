// A component whose code is fetched when it is first shown.
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../text';

export function lazy<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null;
  return function Lazy(props: P): JSX.Element {
    const [, again] = useState(0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded) return;
      load().then(m => { loaded = m.default; again(n => n + 1); }, () => setFailed(true));
    }, []);
    const Part = loaded;
    if (Part) return <Part {...props} />;
    return <p class="quiet" role="status">{failed ? t('error', { why: '' }) : t('loading')}</p>;
  };
}
