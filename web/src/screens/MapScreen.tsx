import { lazy } from '../ui/lazy';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { beat, city, picture, state } from '../live/connection';
import { control, worst, type Trouble } from '../live/derive';
import { layers, legends, shadeTokens, type Layer } from '../map/layers';
import type { MapHandle } from '../map/CityMap';
import { address, put, route } from '../route';
import { number, seconds, t } from '../text';
import { stageName } from '../text/why';
import { Kpis } from '../ui/Kpis';
import { HeadShape, Lamp } from '../ui/shapes';
import { PlaceTable } from './PlaceTable';
import { TimeBar } from '../ui/TimeBar';

const CityMap = lazy(() => import('../map/CityMap'));

export function MapScreen(): JSX.Element {
  const query = route.value.query;
  const layer = (layers.find(l => l === query.get('layer')) ?? 'speed') as Layer;
  const asTable = query.get('as') === 'table';
  const handle = useRef<MapHandle | null>(null);
  const chosen = city.value?.intersections.findIndex(i => i.id === query.get('id')) ?? -1;
  const wanted = useRef(-1);
  return (
    <>
      <h1 class="unseen">{t('map.label')}</h1>
      <Kpis />
      <div class="mapscreen">
        <div class="mapbox" role="region" aria-label={t('map.label')} aria-describedby="maphelp">
          <p id="maphelp" class="unseen">{t('map.help')}</p>
          {asTable ? <div class="tablebox"><PlaceTable /></div> : city.value && (
            <CityMap layer={layer} chosen={chosen} take={h => {
              handle.current = h;
              if (h && chosen >= 0 && wanted.current !== chosen) { wanted.current = chosen; h.show(chosen); }
            }} />
          )}
          <div class="float mapbar">
            <Search choose={i => {
              put({ id: city.value!.intersections[i]!.id, as: null });
              handle.current?.show(i);
            }} />
            <span class="seg" role="group" aria-label={t('map.layers')}>
              {layers.map(l => (
                <button key={l} aria-pressed={layer === l} onClick={() => put({ layer: l, as: null })}>{t(`map.layer.${l}`)}</button>
              ))}
            </span>
            <button aria-pressed={asTable} onClick={() => put({ as: asTable ? null : 'table' })}>{asTable ? t('map.map') : t('map.table')}</button>
          </div>
          {!asTable && (
            <>
              <div class="float zoom">
                <button aria-label={t('map.in')} onClick={() => handle.current?.closer(1)}>+</button>
                <button aria-label={t('map.out')} onClick={() => handle.current?.closer(-1)}>−</button>
                <button aria-label={t('map.whole')} title={t('map.whole')} onClick={() => handle.current?.whole()}>⤢</button>
              </div>
              <Legend layer={layer} />
            </>
          )}
        </div>
        <aside class="side">
          <Worst />
          <section><header><h2>{t('time.title')}</h2></header><TimeBar /></section>
          <Feeds />
        </aside>
      </div>
    </>
  );
}

function Worst(): JSX.Element {
  void beat.value;
  const c = city.value, p = picture.value;
  const list = c && p ? worst(c, p, 8) : [];
  return (
    <section class="worst">
      <header class="two"><h2>{t('worst.title')}</h2><p class="quiet">{t('worst.help')}</p></header>
      {list.length === 0 && <p class="quiet">{t('worst.none')}</p>}
      <ol data-testid="worst">{list.map((w, k) => <WorstRow key={k} w={w} rank={k + 1} />)}</ol>
    </section>
  );
}

function WorstRow({ w, rank }: { w: Trouble; rank: number }): JSX.Element {
  const place = city.value!.intersections[w.index]!, p = picture.value!;
  const who = control(p, w.index);
  return (
    <li>
      <a href={address('intersection', { id: place.id })}>
        <span class="rank">{rank}</span>
        <b>{place.name}</b>
        <span class="line">
          <span class="strong">{t('worst.halted', { n: number(w.halted) })}</span>
          <span>{t('worst.wait', { s: seconds(w.waitS) })}</span>
          <span>{stageName(place, p.stage[w.index]!)}</span>
          {who.level !== 'ok' && <span class={`tag ${who.level}`}>{t(who.key as 'mode.Fault')}</span>}
        </span>
      </a>
    </li>
  );
}

function Feeds(): JSX.Element | null {
  const feeds = state.value?.feeds ?? [];
  if (feeds.length === 0) return null;
  return (
    <section>
      <header><h2><a href="/feeds">{t('feeds.title')}</a></h2></header>
      <div class="row">{feeds.map(f => <Lamp key={f.name} level={f.up ? 'ok' : 'bad'}>{t(`feed.${f.name}` as 'feed.loop')}</Lamp>)}</div>
    </section>
  );
}

function Legend({ layer }: { layer: Layer }): JSX.Element {
  return (
    <div class="float legend" role="group" aria-label={t('legend.title')}>
      <ul>
        {legends[layer].map(([shade, key]) => (
          <li key={key}><svg viewBox="0 0 22 12" aria-hidden="true"><line x1="1" x2="21" y1="6" y2="6" stroke={`var(--${shadeTokens[shade]})`} stroke-width="4" stroke-linecap="round" /></svg>{t(key)}</li>
        ))}
        {layer !== 'sensors' && <li><svg viewBox="0 0 22 12" aria-hidden="true"><line x1="1" x2="21" y1="6" y2="6" stroke="var(--queue)" stroke-width="6" stroke-dasharray="4 1.5" /></svg>{t('legend.queue')}</li>}
        {(['green', 'amber', 'red'] as const).map(l => (
          <li key={l}><svg viewBox="0 0 12 12" class="head-shape" aria-hidden="true"><HeadShape look={l} x={6} y={6} r={5} /></svg>{t(`legend.${l}`)}</li>
        ))}
        <li><span class="tag warn" aria-hidden="true">P</span>{t('legend.fallback')}</li>
        <li><span class="tag warn" aria-hidden="true">H</span>{t('legend.override')}</li>
      </ul>
    </div>
  );
}

interface Found { index: number; text: string }

/** Finds by name of the intersection, its id, or a street that leads to it. */
function Search({ choose }: { choose(index: number): void }): JSX.Element {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const found = useMemo<Found[]>(() => {
    const asked = text.trim().toLocaleLowerCase();
    if (!asked || !city.value) return [];
    return city.value.intersections
      .map((place, index) => ({ index, text: place.name === place.id ? place.id : `${place.name} (${place.id})` }))
      .filter(f => f.text.toLocaleLowerCase().includes(asked)).slice(0, 10);
  }, [text, city.value]);
  const take = (f: Found | undefined): void => {
    if (!f) return;
    setText('');
    choose(f.index);
  };
  const onKey = (e: KeyboardEvent): void => {
    if (e.key === 'ArrowDown') { setAt(Math.min(found.length - 1, at + 1)); e.preventDefault(); }
    else if (e.key === 'ArrowUp') { setAt(Math.max(0, at - 1)); e.preventDefault(); }
    else if (e.key === 'Enter') take(found[at]);
    else if (e.key === 'Escape') setText('');
  };
  return (
    <div class="search">
      <input type="text" role="combobox" aria-expanded={found.length > 0} aria-controls="found" aria-autocomplete="list"
        {...(found[at] ? { 'aria-activedescendant': `found-${at}` } : {})} aria-label={t('map.search')}
        placeholder={t('map.search')} value={text} onInput={e => { setText(e.currentTarget.value); setAt(0); }} onKeyDown={onKey} />
      <ul id="found" role="listbox" aria-label={t('map.search')} hidden={!text.trim()}>
        {found.map((f, k) => (
          <li key={f.index} id={`found-${k}`} role="option" aria-selected={k === at} onMouseDown={e => { e.preventDefault(); take(f); }}>{f.text}</li>
        ))}
        {found.length === 0 && <li role="option" aria-selected={false} aria-disabled="true">{t('map.none')}</li>}
      </ul>
    </div>
  );
}

