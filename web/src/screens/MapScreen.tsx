import { lazy } from '../ui/lazy';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { beat, city, picture, state } from '../live/connection';
import { control, worst, type RankBy, type Trouble } from '../live/derive';
import { layers, legends, placeLayers, shadeTokens, type Layer } from '../map/layers';
import type { MapHandle } from '../map/CityMap';
import { address, put, route } from '../route';
import { named, number, seconds, t, type Key } from '../text';
import { Kpis } from '../ui/Kpis';
import { HeadShape, Lamp } from '../ui/shapes';
import { usualText } from '../ui/usual';
import { placesTable, PlaceTable } from './PlaceTable';
import { useExport } from '../ui/exports';

const CityMap = lazy(() => import('../map/CityMap'));

export function MapScreen(): JSX.Element {
  const query = route.value.query;
  const layer = (layers.find(l => l === query.get('layer')) ?? 'speed') as Layer;
  const asTable = query.get('as') === 'table';
  const handle = useRef<MapHandle | null>(null);
  const chosen = city.value?.intersections.findIndex(i => i.id === query.get('id')) ?? -1;
  const wanted = useRef(-1);
  useExport('intersections', placesTable);
  const find = (i: number): void => {
    put({ id: city.value!.intersections[i]!.id, as: null });
    handle.current?.show(i);
  };
  return (
    <>
      <h1 class="unseen">{t('map.label')}</h1>
      <Kpis />
      <div class="mapscreen">
        <div class="mapbox" role="region" aria-label={t('map.label')} aria-describedby="maphelp">
          <p id="maphelp" class="unseen">{t('map.help')}</p>
          {asTable ? <div class="tablebox" tabIndex={0} role="region" aria-label={t('map.table')}><PlaceTable /></div> : city.value && (
            <CityMap layer={layer} chosen={chosen} take={h => {
              handle.current = h;
              if (h && chosen >= 0 && wanted.current !== chosen) { wanted.current = chosen; h.show(chosen); }
            }} />
          )}
          <div class="float mapbar">
            <Search choose={find} />
            <Layers layer={layer} asTable={asTable} />
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
        <aside class="side"><Worst layer={layer} /><Feeds /></aside>
      </div>
    </>
  );
}

/** All layers side by side where there is room, else a list to choose from. */
function Layers({ layer, asTable }: { layer: Layer; asTable: boolean }): JSX.Element {
  return (
    <>
      <span class="seg wide" role="group" aria-label={t('map.layers')}>
        {layers.map(l => <button key={l} aria-pressed={layer === l && !asTable} onClick={() => put({ layer: l, as: null })}>{t(`map.layer.${l}`)}</button>)}
      </span>
      <label class="narrow"><span class="unseen">{t('map.layers')}</span>
        <select value={layer} onChange={e => put({ layer: e.currentTarget.value, as: null })}>{layers.map(l => <option key={l} value={l}>{t(`map.layer.${l}`)}</option>)}</select>
      </label>
    </>
  );
}

/** Where it hurts most; on the layer of the unusual: where more than usual. */
function Worst({ layer }: { layer: Layer }): JSX.Element {
  void beat.value;
  const c = city.value, p = picture.value, known = (state.value?.usual.basis ?? 'None') !== 'None';
  const asked = route.value.query.get('rank') ?? (layer === 'unusual' ? 'usual' : 'delay');
  const by: RankBy = asked === 'usual' && known ? 'usual' : 'delay';
  const list = c && p ? worst(c, p, 8, by) : [];
  const most = Math.max(1, ...list.map(w => Math.max(w.delay, w.usual)));
  return (
    <section class="worst">
      <header class="two">
        <div class="row spread"><h2>{t('worst.title')}</h2>
          <span class="seg small" role="group" aria-label={t('worst.by')}>
            <button aria-pressed={by === 'delay'} title={t('worst.by.delay.help')} onClick={() => put({ rank: 'delay' })}>{t('worst.by.delay')}</button>
            <button aria-pressed={by === 'usual'} disabled={!known} onClick={() => put({ rank: 'usual' })}>{t('worst.by.usual')}</button>
          </span>
        </div>
        <p class="quiet">{usualText(state.value?.usual)}</p>
      </header>
      {list.length === 0 && <p class="quiet">{by === 'usual' ? t('worst.asusual') : t('worst.none')}</p>}
      <ol data-testid="worst">{list.map((w, k) => <WorstRow key={k} w={w} rank={k + 1} most={most} />)}</ol>
    </section>
  );
}

function WorstRow({ w, rank, most }: { w: Trouble; rank: number; most: number }): JSX.Element {
  const place = city.value!.intersections[w.index]!, p = picture.value!;
  const who = control(p, w.index), times = w.usual > 0.5 ? w.delay / w.usual : 0;
  return (
    <li>
      <a href={address('intersection', { id: place.id })}>
        <span class="rank">{rank}</span>
        <b>{named(place.name)}</b>
        <span class="line">
          <span class="strong">{t('worst.delay', { n: number(w.delay, w.delay < 10 ? 1 : 0) })}</span>
          <span>{t('worst.halted', { n: number(w.halted) })}</span>
          <span>{t('worst.wait', { s: seconds(w.waitS) })}</span>
        </span>
        <span class="against" aria-hidden="true">
          <i class={w.delay > 15 ? 'bad' : w.delay > 6 ? 'warn' : ''} style={{ width: `${100 * w.delay / most}%` }} />
          {w.usual >= 0 && <u style={{ left: `${100 * Math.min(1, w.usual / most)}%` }} />}
        </span>
        {(times >= 1.5 || who.level !== 'ok') && (
          <span class="line tags">
            {times >= 1.5 && <span class={`tag ${times >= 2.5 ? 'bad' : 'warn'}`}>{t('worst.times', { n: number(times, 1) })}</span>}
            {who.level !== 'ok' && <span class={`tag ${who.level}`}>{t(who.key as 'mode.Fault')}</span>}
          </span>
        )}
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
  const badges: [string, Key][] = layer === 'alarms' ? [['1', 'legend.alarms']]
    : [['P', 'legend.fallback'], ['H', 'legend.override'], ...(layer === 'control' ? [['!', 'legend.fault'], ['?', 'legend.unknown']] as [string, Key][] : [])];
  const withoutHistory = layer === 'unusual' && state.value?.usual.basis === 'None';
  return (
    <div class="float legend" role="group" aria-label={t('legend.title')}>
      {withoutHistory && <p>{usualText(state.value?.usual)}</p>}
      <ul>
        {legends[layer].map(([shade, key]) => (
          <li key={key}><svg viewBox="0 0 22 12" aria-hidden="true"><line x1="1" x2="21" y1="6" y2="6" stroke={`var(--${shadeTokens[shade]})`} stroke-width={shade >= 3 ? 5 : 3} /></svg>{t(key)}</li>
        ))}
        {layer === 'queue' && <li><svg viewBox="0 0 22 12" aria-hidden="true"><line x1="1" x2="21" y1="6" y2="6" stroke="var(--queue)" stroke-width="6" stroke-dasharray="4 1.5" /></svg>{t('legend.queue')}</li>}
        {!placeLayers.has(layer) && <li><svg viewBox="0 0 22 12" aria-hidden="true"><circle cx="5" cy="6" r="2.5" fill="var(--strong)" /><circle cx="15" cy="6" r="5.5" fill="var(--slow)" /></svg>{t('legend.trouble')}</li>}
        {layer === 'control' && <li><svg viewBox="0 0 12 12" class="head-shape" aria-hidden="true"><circle cx="6" cy="6" r="4" fill="var(--sig-green)" /></svg>{t('mode.Remote')}</li>}
        {layer === 'signals' && (['green', 'amber', 'red'] as const).map(l => (
          <li key={l}><svg viewBox="0 0 12 12" class="head-shape" aria-hidden="true"><HeadShape look={l} x={6} y={6} r={5} /></svg>{t(`legend.${l}`)}</li>
        ))}
        {badges.map(([letter, key]) => <li key={letter}><span class="tag warn" aria-hidden="true">{letter}</span>{t(key)}</li>)}
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
      .map((place, index) => ({ index, text: place.name === place.id ? place.id : `${named(place.name)} (${place.id})`, also: place.name }))
      .filter(f => `${f.text} ${f.also}`.toLocaleLowerCase().includes(asked)).slice(0, 10);
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

